import BackupModel
import WorkerKit

/// An archive's index as it was read: its facts and its rows, whose hash was right.
package struct ReadIndex: Hashable, Sendable {
    package var facts: IndexFacts
    package var listing: ArchiveListing
}

/// Takes an index file: facts into memory, the listing to disk.
struct IndexCollector: ArchiveSink, Sendable {
    private let scratch: PathBytes
    private var text: [UInt8] = []
    private var listing: (name: [UInt8], spool: Spool)?
    private var isListing = false
    private var isBad = false

    /// Frames of a full tape's archive, a line each, are a quarter of it.
    private static let largestFacts = 256 << 20

    init(in scratch: PathBytes) { self.scratch = scratch }

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) throws {
        isListing = !entry.name.elementsEqual(IndexFacts.fileName.utf8)
        if isListing { listing = try (entry.name, Spool(in: scratch)) }
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        if isListing { return try listing?.spool.append(bytes) ?? () }
        guard text.count + bytes.count <= Self.largestFacts else { throw Self.damaged }
        text.append(contentsOf: bytes)
    }

    mutating func end(isWhole: Bool) {}
    mutating func trouble(_ trouble: ArchiveTrouble) { isBad = true }

    /// Throws `malformed` for anything but a whole index.
    func index() throws -> ReadIndex {
        guard !isBad, let facts = IndexFacts.read(text), let listing,
            listing.name.elementsEqual(facts.listing.name.utf8),
            listing.spool.bytes == facts.listing.bytes, try Self.sha256(listing.spool) == facts.listing.sha256
        else { throw Self.damaged }
        return ReadIndex(
            facts: facts,
            listing: ArchiveListing(
                listing.spool, facts.listing, entries: facts.entries, deletions: facts.deletions))
    }

    private static func sha256(_ spool: Spool) throws -> String {
        let hasher = try BlobHasher(.sha256)
        try spool.forEach { hasher.update($0) }
        return try hasher.finish().description
    }

    static var damaged: FormatFault { .malformed("the index is damaged", offset: 0) }
}
