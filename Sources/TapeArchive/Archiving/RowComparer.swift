import BackupCatalog
import BackupModel
import WorkerKit

/// Compares the members of an archive, as they are read, with its index and with the catalog. Memory is one row.
struct RowComparer: ArchiveSink, Sendable {
    /// Says what is wrong with a name, and counts on.
    struct Report: Hashable, Sendable {
        var files: Int64 = 0
        var bytes: Int64 = 0
        var bad: Int64 = 0
        /// The first of them, in words.
        var words: [String] = []

        mutating func add(_ name: [UInt8], _ what: String) {
            bad += 1
            if words.count < 20 { words.append("/\(printable(name)) \(what)") }
        }
    }

    private(set) var report = Report()
    private var rows: ArchiveListing.Reader
    private var ahead: IndexedEntry?
    private var walk: FormerWalk?
    private var known: EntryRecord?
    private var current: IndexedEntry?
    private let hasher: HasherBox
    private let isStopped: @Sendable () -> Bool
    private var name: [UInt8] = []
    private var size: Int64 = 0

    /// `known`: the archive in the catalog; nil: there is none to compare with. `isStopped` is asked with all data.
    init(_ listing: ArchiveListing, known: FormerWalk?, isStopped: @escaping @Sendable () -> Bool = { false }) throws {
        self.isStopped = isStopped
        rows = listing.reader()
        walk = known
        hasher = try HasherBox()
        try advance()
        self.known = try walk?.next()
    }

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) throws {
        (name, size) = (entry.name, 0)
        hasher.raw.reset()
        // A damaged header costs its member: the rows before the one that comes are what is missing.
        while let row = ahead, row.place.start < place.start {
            report.add(row.entry.name, "is not on the tape")
            try advance()
        }
        current = nil
        guard let row = ahead, row.place.start == place.start, row.entry.name == name else {
            return report.add(name, "is not in the index")
        }
        current = row
        try advance()
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        if isStopped() { throw CancellationError() }
        size += Int64(bytes.count)
        hasher.raw.update(bytes)
    }

    mutating func end(isWhole: Bool) throws {
        guard let row = current else { return }
        current = nil
        report.files += row.entry.kind == .file ? 1 : 0
        if !isWhole { return report.add(name, "is not whole") }
        let hash = row.hash.isEmpty ? nil : try hasher.raw.finish()
        if let hash, hash.description != row.hash { return report.add(name, "has other bytes than the index says") }
        report.bytes += size
        try compare(row, hash)
    }

    mutating func trouble(_ trouble: ArchiveTrouble) {
        report.add(trouble.name, "is damaged (\(trouble.kind.rawValue) at byte \(trouble.offset))")
    }

    /// What the index has and no member came for.
    mutating func finish() throws -> Report {
        while let row = ahead {
            report.add(row.entry.name, "is not on the tape")
            try advance()
        }
        if walk != nil, let known { report.add(known.path, "is in the catalog and not in the index") }
        return report
    }

    private mutating func advance() throws {
        ahead = nil
        while ahead == nil, let row = try rows.next() {
            if case .entry(let entry) = row.subject { ahead = entry }
        }
    }

    /// Both are in the order of the walk.
    private mutating func compare(_ row: IndexedEntry, _ hash: BlobID?) throws {
        guard walk != nil else { return }
        while let entry = known, PathOrder.precedes(entry.path, row.entry.name) {
            report.add(entry.path, "is in the catalog and not in the index")
            known = try walk?.next()
        }
        guard let entry = known, entry.path == row.entry.name else {
            return report.add(row.entry.name, "is not in the catalog")
        }
        if entry.hash != hash || entry.size != row.entry.size || entry.start != row.place.start {
            report.add(row.entry.name, "is another in the catalog")
        }
        known = try walk?.next()
    }
}
