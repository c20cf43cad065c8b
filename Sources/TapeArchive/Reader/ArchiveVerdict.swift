import BackupModel
import WorkerKit

/// What `TapeReader.verify` found. Sound: every block could be read, and every file has the hash of the index.
package struct ArchiveVerdict: Hashable, Sendable {
    package struct Bad: Hashable, Sendable {
        package var name: [UInt8]
        package var words: String
    }

    package var facts: IndexFacts
    package var files: Int64 = 0
    package var bytes: Int64 = 0
    package var bad: [Bad] = []
    package var damage: [TapeReader.Damage] = []

    package var isSound: Bool { bad.isEmpty && damage.isEmpty }
}

extension TapeReader {
    /// The index of an archive. Throws `FormatFault.malformed` when it is not whole.
    package func index(_ parts: [StoredPart]) async throws -> ReadIndex {
        let read = try await read(parts, into: IndexCollector(in: scratch))
        guard read.damage.isEmpty else { throw IndexCollector.damaged }
        return try read.sink.index()
    }

    /// Reads every block of an archive and compares each file with the index on the tape.
    package func verify(index parts: [StoredPart]) async throws -> ArchiveVerdict {
        let index = try await index(parts)
        let facts = index.facts
        let read = try await read(facts.parts, frames: facts.frames, into: HashComparer(index.listing))
        var comparer = read.sink
        try comparer.finish()
        var verdict = ArchiveVerdict(facts: facts)
        (verdict.files, verdict.bytes) = (comparer.files, comparer.bytes)
        (verdict.bad, verdict.damage) = (comparer.bad, read.damage)
        return verdict
    }
}

/// Compares members, in order, with the rows of an index.
private struct HashComparer: ArchiveSink, Sendable {
    private(set) var files: Int64 = 0
    private(set) var bytes: Int64 = 0
    private(set) var bad: [ArchiveVerdict.Bad] = []
    private var rows: ArchiveListing.Reader
    /// The row that comes next, and that of the open member.
    private var next: IndexedEntry?
    private var open: IndexedEntry?
    private var hasher: HasherBox?
    private var name: [UInt8] = []

    init(_ listing: ArchiveListing) throws {
        rows = listing.reader()
        next = try nextEntry()
    }

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) throws {
        (name, open, hasher) = (entry.name, nil, try HasherBox())
        // A damaged header costs its member: the rows before the one that comes are what is missing.
        while let row = next, row.place.start < place.start { try miss(row) }
        guard let row = next, row.place.start == place.start, row.entry.name == name else {
            bad.append(ArchiveVerdict.Bad(name: name, words: "not in the index"))
            return
        }
        (open, next) = (row, try nextEntry())
    }

    /// All that is left of the rows is not on the tape.
    mutating func finish() throws { while let row = next { try miss(row) } }

    private mutating func miss(_ row: IndexedEntry) throws {
        bad.append(ArchiveVerdict.Bad(name: row.entry.name, words: "not on the tape"))
        next = try nextEntry()
    }

    private mutating func nextEntry() throws -> IndexedEntry? {
        while let row = try rows.next() {
            if case .entry(let entry) = row.subject { return entry }
        }
        return nil
    }

    mutating func data(_ more: UnsafeRawBufferPointer, at offset: Int64) {
        bytes += Int64(more.count)
        hasher?.raw.update(more)
    }

    mutating func end(isWhole: Bool) throws {
        guard let hasher, let hash = open?.hash else { return }
        files += 1
        if !isWhole {
            bad.append(ArchiveVerdict.Bad(name: name, words: "not whole"))
        } else if !hash.isEmpty, try hasher.raw.finish().description != hash {
            bad.append(ArchiveVerdict.Bad(name: name, words: "other bytes than the index says"))
        }
    }

    mutating func trouble(_ trouble: ArchiveTrouble) {
        bad.append(ArchiveVerdict.Bad(name: trouble.name, words: "\(trouble.kind.rawValue) at byte \(trouble.offset)"))
    }
}

// @unchecked Sendable: it is handed from one actor's call to its own end, never used by two.
final class HasherBox: @unchecked Sendable {
    let raw: BlobHasher
    init() throws { raw = try BlobHasher(.blake3) }
}
