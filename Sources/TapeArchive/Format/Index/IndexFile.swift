/// A part of an archive as it lies on a volume.
package struct StoredPart: Hashable, Codable, Sendable {
    package var part: Int
    package var label: String
    package var nonce: String
    /// The tape file with its bytes; of a raw part the one behind its text.
    package var file: Int
    package var blocks: Int64
    package var headBytes: Int
    /// Of the archive's stream.
    package var offset: Int64
    package var length: Int64
    /// Of the volume, as the drive counts; -1 where it does not tell.
    package var firstBlock: Int64

    /// Bytes of a packed stream and nothing else; the text about it is in the tape file before.
    package var isRaw: Bool { headBytes == 0 }

    package init(
        part: Int, label: String, nonce: String, file: Int, blocks: Int64, headBytes: Int, offset: Int64,
        length: Int64, firstBlock: Int64 = -1
    ) {
        self.part = part
        self.label = label
        self.nonce = nonce
        self.file = file
        self.blocks = blocks
        self.headBytes = headBytes
        self.offset = offset
        self.length = length
        self.firstBlock = firstBlock
    }
}

/// What an index file says of its archive, beside the listing: enough to rebuild the catalog from tapes alone (F25).
package struct IndexFacts: Hashable, Codable, Sendable {
    package static let currentFormat = 1
    package static let fileName = "HOLDFAST-INDEX.json"

    package var format = IndexFacts.currentFormat
    package var set: String
    package var archive: String
    package var job: String
    package var pool: String
    package var started: String
    package var finished: String
    package var blockSize: Int
    package var compression = Compression.none
    package var key = ""
    /// Of the archive's stream before compression.
    package var streamBytes: Int64 = 0
    package var parts: [StoredPart] = []
    /// Where each compressed frame begins.
    package var frames: [FramePlace] = []
    /// The archive this incremental needs, or empty.
    package var base = ""
    package var deletions: Int64 = 0
    package var entries: Int64 = 0
    /// Serial and firmware of the drive that wrote it.
    package var drive = ""
    package var listing = Listing()

    /// The listing beside it, packed or plain, and its hash as it lies there.
    package struct Listing: Hashable, Codable, Sendable {
        package var name = "HOLDFAST-INDEX.jsonl"
        package var compression = Compression.none
        package var bytes: Int64 = 0
        package var sha256 = ""

        package init(compression: Compression = .none, bytes: Int64 = 0, sha256: String = "") {
            name = "HOLDFAST-INDEX.jsonl" + compression.suffix
            self.compression = compression
            self.bytes = bytes
            self.sha256 = sha256
        }
    }

    package struct FramePlace: Hashable, Codable, Sendable {
        package var plain: Int64
        package var packed: Int64

        package init(plain: Int64, packed: Int64) {
            self.plain = plain
            self.packed = packed
        }
    }

    package init(
        set: String, archive: String, job: String = "", pool: String = "", started: String, finished: String,
        blockSize: Int
    ) {
        self.set = set
        self.archive = archive
        self.job = job
        self.pool = pool
        self.started = started
        self.finished = finished
        self.blockSize = blockSize
    }

    /// Volume, tape file and block in it of an entry's first header; nil for what is compressed or on no part.
    package func place(of start: Int64) -> TapePlace? {
        guard compression.isPlain, key.isEmpty,
            let part = parts.last(where: { $0.offset <= start && start < $0.offset + $0.length })
        else { return nil }
        let frame = PartFrame(start: part.offset, headBytes: part.headBytes, blockSize: blockSize)
        return TapePlace(volume: part.label, file: part.file, block: frame.position(of: start).block)
    }

    /// The tar stream of the index file: these facts, then the listing, whose bytes the caller writes by itself, since
    /// it may be larger than memory. `writer` stands within the listing's member afterwards: write its `bytes`, then
    /// `finish` and `close`. It is an archive like any other, and may be spanned.
    package func begin<Sink: ByteSink>(_ writer: inout ArchiveWriter<Sink>) throws {
        let text = try JSON.encode(self, pretty: true) + [10]
        try writer.begin(ArchiveEntry(.file, Array(Self.fileName.utf8), size: Int64(text.count)))
        try text.withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        try writer.begin(ArchiveEntry(.file, Array(listing.name.utf8), size: listing.bytes))
    }

    /// All of the index file.
    func write<Sink: ByteSink>(_ listing: ArchiveListing, into sink: Sink) throws {
        var writer = ArchiveWriter(into: sink)
        try begin(&writer)
        try listing.forEachPiece { try writer.write($0) }
        try writer.finish()
        try writer.close()
        try writer.sink.finish()
    }

    /// The facts in the member of that name, or nil.
    package static func read(_ member: [UInt8]) -> IndexFacts? {
        guard let facts = JSON.decode(IndexFacts.self, member), facts.format <= currentFormat, facts.blockSize > 0,
            facts.blockSize % Tar.record == 0
        else { return nil }
        return facts
    }
}

/// Cuts a listing that comes in pieces of any size into its rows.
package struct IndexLines {
    /// A name of 64 KiB in base 64 and its facts are less.
    package static let longest = 1 << 20

    private var rest: [UInt8] = []
    /// Lines that were no rows.
    package private(set) var badLines = 0
    package private(set) var rows = 0

    package init() {}

    /// The whole rows in what came so far.
    package mutating func take(_ bytes: UnsafeRawBufferPointer) -> [IndexRow] {
        var out: [IndexRow] = []
        for byte in bytes {
            if byte != 10 {
                if rest.count < Self.longest { rest.append(byte) }
                continue
            }
            if let row = IndexRow(line: rest) { out.append(row) } else { badLines += 1 }
            rest.removeAll(keepingCapacity: true)
        }
        rows += out.count
        return out
    }

    /// Nothing is left of a last line.
    package var isWhole: Bool { rest.isEmpty }
}
