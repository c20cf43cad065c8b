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
    /// The index of an archive: its facts and all rows, whose hash was right. Throws `FormatFault.malformed` otherwise.
    package func index(_ parts: [StoredPart]) async throws -> (facts: IndexFacts, rows: [IndexRow]) {
        let read = try await read(parts, into: MemberCollector())
        guard read.damage.isEmpty, read.sink.troubles.isEmpty,
            let text = read.sink.members[Array(IndexFacts.fileName.utf8)], let facts = IndexFacts.read(text),
            let listing = read.sink.members[Array(facts.listing.name.utf8)],
            try Digest.sha256(listing) == facts.listing.sha256
        else { throw FormatFault.malformed("the index is damaged", offset: 0) }
        var lines = IndexLines()
        let rows = listing.withUnsafeBytes { lines.take($0) }
        guard lines.badLines == 0, lines.isWhole else {
            throw FormatFault.malformed("the listing is damaged", offset: 0)
        }
        return (facts, rows)
    }

    /// Reads every block of an archive and compares each file with the index on the tape.
    package func verify(index parts: [StoredPart]) async throws -> ArchiveVerdict {
        let (facts, rows) = try await index(parts)
        let wanted = rows.compactMap { row -> IndexedEntry? in
            if case .entry(let entry) = row.subject { entry } else { nil }
        }
        let read = try await read(facts.parts, into: HashComparer(wanted))
        var verdict = ArchiveVerdict(facts: facts)
        (verdict.files, verdict.bytes) = (read.sink.files, read.sink.bytes)
        (verdict.bad, verdict.damage) = (read.sink.bad, read.damage)
        for missing in wanted.dropFirst(read.sink.next) {
            verdict.bad.append(ArchiveVerdict.Bad(name: missing.entry.name, words: "not on the tape"))
        }
        return verdict
    }
}

/// Keeps the members of a small archive.
private struct MemberCollector: ArchiveSink, Sendable {
    var members: [[UInt8]: [UInt8]] = [:]
    var troubles: [ArchiveTrouble] = []
    private var name: [UInt8] = []
    private var bytes: [UInt8] = []

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) { (name, bytes) = (entry.name, []) }
    mutating func data(_ more: UnsafeRawBufferPointer, at offset: Int64) { bytes.append(contentsOf: more) }
    mutating func end(isWhole: Bool) { members[name] = bytes }
    mutating func trouble(_ trouble: ArchiveTrouble) { troubles.append(trouble) }
}

/// Compares members, in order, with the rows of an index.
private struct HashComparer: ArchiveSink, Sendable {
    let wanted: [IndexedEntry]
    private(set) var next = 0
    private(set) var files: Int64 = 0
    private(set) var bytes: Int64 = 0
    private(set) var bad: [ArchiveVerdict.Bad] = []
    private var hasher: HasherBox?
    private var name: [UInt8] = []

    init(_ wanted: [IndexedEntry]) { self.wanted = wanted }

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) throws {
        name = entry.name
        hasher = try HasherBox()
        // A damaged header costs its member: the rows before the one that comes are what is missing.
        while next < wanted.count, wanted[next].place.start < place.start {
            bad.append(ArchiveVerdict.Bad(name: wanted[next].entry.name, words: "not on the tape"))
            next += 1
        }
        guard next < wanted.count, wanted[next].place.start == place.start, wanted[next].entry.name == name else {
            bad.append(ArchiveVerdict.Bad(name: name, words: "not in the index"))
            hasher = nil
            return
        }
        next += 1
    }

    mutating func data(_ more: UnsafeRawBufferPointer, at offset: Int64) {
        bytes += Int64(more.count)
        hasher?.raw.update(more)
    }

    mutating func end(isWhole: Bool) throws {
        guard let hasher, next > 0 else { return }
        files += 1
        let hash = wanted[next - 1].hash
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
