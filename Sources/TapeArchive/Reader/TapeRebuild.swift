import BackupModel
import WorkerKit

/// What scans of volumes say of archives, without a catalog (F25). Volumes may come in any order.
package struct TapeRebuild: Sendable {
    /// An archive, as far as the scanned volumes have it.
    package struct Found: Hashable, Sendable {
        package var set: String
        package var archive: String
        /// From the first on, up to the first that is missing; where one was written twice, the later.
        package var parts: [StoredPart]
        /// Of its index; read them with `TapeReader.index`. Empty where there is none: then `TapeReader.reindex`.
        package var index: [StoredPart]
        package var blockSize: Int
        package var compression: Compression
        package var key: String
    }

    private struct Piece {
        var facts: PartFacts
        var part: StoredPart
    }

    private var pieces: [String: [Piece]] = [:]

    package init() {}

    /// `files`: of `TapeReader.scan`. What was cut off counts for nothing; numbers of tape files are those found on the
    /// tape, whatever their heads say (F19).
    package mutating func add(_ label: VolumeLabel, _ files: [ScannedFile]) {
        for file in files where file.isEnded && !file.isFront {
            guard let facts = file.facts, facts.nonce == label.nonce, facts.kind == .archive || facts.kind == .index,
                file.bytes > Int64(file.headBytes)
            else { continue }
            let part = StoredPart(
                part: facts.part, label: label.label, nonce: label.nonce, file: file.file, blocks: file.blocks,
                headBytes: file.headBytes, offset: facts.offset, length: file.bytes - Int64(file.headBytes),
                firstBlock: file.firstBlock)
            pieces[facts.archive, default: []].append(Piece(facts: facts, part: part))
        }
    }

    /// By their names.
    package var archives: [Found] {
        pieces.sorted { $0.key < $1.key }.compactMap { name, pieces in
            guard let facts = (pieces.first { $0.facts.kind == .archive } ?? pieces.first)?.facts else { return nil }
            return Found(
                set: facts.set, archive: name, parts: Self.chain(pieces, .archive), index: Self.chain(pieces, .index),
                blockSize: facts.blockSize, compression: facts.compression, key: facts.key)
        }
    }

    /// Each part begins where the one before ends; a part that was given up was begun again later.
    private static func chain(_ pieces: [Piece], _ kind: PartFacts.Kind) -> [StoredPart] {
        var chain: [StoredPart] = []
        var offset: Int64 = 0
        while true {
            let next = pieces.filter {
                $0.facts.kind == kind && $0.facts.part == chain.count + 1 && $0.facts.offset == offset
            }
            // ISO 8601 sorts as time does; of one second the one behind.
            guard let found = next.max(by: { ($0.facts.created, $0.part.file) < ($1.facts.created, $1.part.file) })
            else { return chain }
            chain.append(found.part)
            offset += found.part.length
        }
    }
}

extension TapeReader {
    /// The index of an archive whose own is missing, made of the archive itself, each block read. Throws `malformed`
    /// where the archive is not whole.
    package func reindex(_ found: TapeRebuild.Found) async throws -> ReadIndex {
        let read = try await read(found.parts, into: RowCollector(in: scratch))
        guard read.damage.isEmpty, !read.sink.isBad else {
            throw FormatFault.malformed("the archive has no index, and is not whole", offset: 0)
        }
        var facts = IndexFacts(
            set: found.set, archive: found.archive, started: "", finished: "", blockSize: found.blockSize)
        (facts.compression, facts.key, facts.parts) = (found.compression, found.key, found.parts)
        facts.streamBytes = read.sink.end
        let listing = try read.sink.rows.located(by: facts)
        (facts.entries, facts.listing) = (listing.entries, listing.facts)
        return ReadIndex(facts: facts, listing: listing)
    }
}

/// Makes rows of members.
private struct RowCollector: ArchiveSink, Sendable {
    private(set) var rows: ListingDraft
    private(set) var isBad = false
    /// Of the archive's stream.
    private(set) var end: Int64 = 2 * Int64(Tar.record)
    private var open: IndexedEntry?
    private let hasher = try? HasherBox()

    init(in scratch: PathBytes) throws { rows = try ListingDraft(in: scratch) }

    mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) {
        open = IndexedEntry(entry, at: place)
        hasher?.raw.reset()
    }

    mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) { hasher?.raw.update(bytes) }

    mutating func end(isWhole: Bool) throws {
        guard var row = open, let hasher, isWhole else { return isBad = true }
        if row.place.dataBytes > 0 { row.hash = try hasher.raw.finish().description }
        end = row.place.end + 2 * Int64(Tar.record)
        try rows.append(IndexRow(.entry(row)))
    }

    mutating func trouble(_ trouble: ArchiveTrouble) { isBad = true }
}
