import BackupModel
import WorkerKit

/// The index of an archive as it was read from tape, its listing on disk: ten million rows need no memory.
struct ReadIndex: Sendable {
    let facts: IndexFacts
    let listing: ArchiveListing

    /// Reads the index and checks the listing's hash. Throws `FormatFault.malformed` where it is damaged, and what
    /// `TapeReader.read` throws. `folder`: of our own, existing.
    init(_ parts: [StoredPart], with reader: TapeReader, in folder: PathBytes, files: any FileCalls) async throws {
        let sink: IndexSink
        do throws(FileError) { sink = IndexSink(try Spool(in: folder, files: files)) } catch { throw error.failure }
        let spool = sink.spool
        let read = try await reader.read(parts, into: sink)
        guard read.damage.isEmpty, !read.sink.hasTrouble, let facts = IndexFacts.read(read.sink.text),
            facts.listing.compression == .none, facts.listing.name.utf8.elementsEqual(read.sink.listing),
            try await runBlocking(name: "tape listing", { try Self.hash(spool) }) == facts.listing.sha256
        else { throw FormatFault.malformed("the index is damaged", offset: 0) }
        self.facts = facts
        listing = ArchiveListing(spool, facts.listing, entries: facts.entries, deletions: facts.deletions)
    }

    private static func hash(_ spool: Spool) throws -> String {
        let hasher = try BlobHasher(.sha256)
        try spool.forEach { hasher.update($0) }
        return try hasher.finish().description
    }
}

/// Takes the two members of an index: the facts into memory, the listing onto disk.
private struct IndexSink: ArchiveSink, Sendable {
    let spool: Spool
    private(set) var text: [UInt8] = []
    private(set) var listing: [UInt8] = []
    private(set) var hasTrouble = false
    private var isFacts = false

    init(_ spool: Spool) { self.spool = spool }

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) {
        isFacts = entry.name.elementsEqual(IndexFacts.fileName.utf8)
        if !isFacts {
            hasTrouble = hasTrouble || !listing.isEmpty
            listing = entry.name
        }
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        if isFacts {
            // The parts of the largest archive there can be are less.
            hasTrouble = hasTrouble || text.count + bytes.count > 64 << 20
            if !hasTrouble { text.append(contentsOf: bytes) }
        } else {
            do throws(FileError) { try spool.append(bytes) } catch { throw error.failure }
        }
    }

    mutating func end(isWhole: Bool) { hasTrouble = hasTrouble || !isWhole }
    mutating func trouble(_ trouble: ArchiveTrouble) { hasTrouble = true }
}
