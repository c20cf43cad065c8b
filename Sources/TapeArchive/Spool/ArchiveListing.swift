import BackupModel
import WorkerKit

/// The rows of an archive's index, on disk: however many they are, they take no memory. Equal are listings of the same
/// bytes.
package struct ArchiveListing: Hashable, Sendable {
    package let facts: IndexFacts.Listing
    package let entries: Int64
    package let deletions: Int64
    private let spool: Spool

    /// `spool` holds nothing but whole lines of rows.
    init(_ spool: Spool, _ facts: IndexFacts.Listing, entries: Int64, deletions: Int64) {
        self.spool = spool
        self.facts = facts
        self.entries = entries
        self.deletions = deletions
    }

    package static func == (a: ArchiveListing, b: ArchiveListing) -> Bool { a.facts == b.facts }
    package func hash(into hasher: inout Hasher) { hasher.combine(facts) }

    /// The rows from the first on. Any number of readers may read at a time, each on one thread that may block.
    package func reader() -> Reader { Reader(spool) }

    /// The lines as they lie in the index file.
    package func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws { try spool.forEach(body) }

    /// Gives rows in order.
    package struct Reader: Sendable {
        private let spool: Spool
        private var lines = IndexLines()
        private var rows: ArraySlice<IndexRow> = []
        private var offset: Int64 = 0

        fileprivate init(_ spool: Spool) { self.spool = spool }

        /// Up to `most` rows; none after the last. Throws `FileError`, and `malformed` for a line that is no row.
        package mutating func next(_ most: Int) throws -> [IndexRow] {
            var batch: [IndexRow] = []
            while batch.count < most, try fill() {
                let piece = rows.prefix(most - batch.count)
                batch += piece
                rows = rows.dropFirst(piece.count)
            }
            return batch
        }

        package mutating func next() throws -> IndexRow? { try fill() ? rows.popFirst() : nil }

        /// False after the last row.
        private mutating func fill() throws -> Bool {
            while rows.isEmpty {
                let piece = try [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
                    count = try spool.read(at: offset, into: UnsafeMutableRawBufferPointer(buffer))
                }
                offset += Int64(piece.count)
                rows = piece.withUnsafeBytes { lines.take($0) }[...]
                guard lines.badLines == 0, !piece.isEmpty || lines.isWhole else {
                    throw FormatFault.malformed("the listing is damaged", offset: offset)
                }
                if piece.isEmpty { return false }
            }
            return true
        }
    }
}

/// Rows while their archive is written: where on the tapes each will be is not known before the end.
struct ListingDraft: Sendable {
    private let spool: Spool
    private let folder: PathBytes
    private var pending: [UInt8] = []
    private var entries: Int64 = 0
    private var deletions: Int64 = 0

    init(in folder: PathBytes) throws {
        self.folder = folder
        spool = try Spool(in: folder)
    }

    /// Lines lie there without their ends, each behind its length and the place of the entry in the stream.
    mutating func append(_ row: IndexRow) throws {
        var start: Int64 = -1
        switch row.subject {
        case .entry(let entry):
            start = entry.place.start
            entries += 1
        case .deleted: deletions += 1
        }
        let line = row.line.dropLast(IndexRow.lineEnd.count)
        withUnsafeBytes(of: start) { pending += $0 }
        withUnsafeBytes(of: UInt32(line.count)) { pending += $0 }
        pending += line
        if pending.count >= Self.piece { try flush() }
    }

    /// The listing as it goes to tape, by parts that are known now.
    consuming func located(by facts: IndexFacts) throws -> ArchiveListing {
        try flush()
        let out = try Spool(in: folder)
        let hasher = try BlobHasher(.sha256)
        func send(_ bytes: inout [UInt8]) throws {
            try bytes.withUnsafeBytes {
                hasher.update($0)
                try out.append($0)
            }
            bytes.removeAll(keepingCapacity: true)
        }
        var (rest, lines): ([UInt8], [UInt8]) = ([], [])
        try spool.forEach { piece in
            rest += piece
            rest.removeFirst(Self.take(rest, facts, into: &lines))
            if lines.count >= Self.piece { try send(&lines) }
        }
        try send(&lines)
        let listing = IndexFacts.Listing(bytes: out.bytes, sha256: try hasher.finish().description)
        return ArchiveListing(out, listing, entries: entries, deletions: deletions)
    }

    /// Ends the whole lines in `bytes`; how many bytes they were.
    private static func take(_ bytes: [UInt8], _ facts: IndexFacts, into lines: inout [UInt8]) -> Int {
        bytes.withUnsafeBytes { raw in
            var at = 0
            while at + 12 <= raw.count {
                let start = raw.loadUnaligned(fromByteOffset: at, as: Int64.self)
                let end = at + 12 + Int(raw.loadUnaligned(fromByteOffset: at + 8, as: UInt32.self))
                guard end <= raw.count else { break }
                lines += raw[at + 12..<end]
                if start >= 0, let place = facts.place(of: start) { lines += place.fields }
                lines += IndexRow.lineEnd
                at = end
            }
            return at
        }
    }

    private mutating func flush() throws {
        try pending.withUnsafeBytes { try spool.append($0) }
        pending.removeAll(keepingCapacity: true)
    }

    private static let piece = 256 << 10
}
