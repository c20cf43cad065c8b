import BackupModel
import WorkerKit

/// Writes into the ring what a source gives, as one archive. Runs on the producer's thread.
struct ArchiveProducer: Sendable {
    /// What an archive's bytes go through on their way to the tape.
    var packing: StreamPacking
    /// A folder for rows.
    var scratch: PathBytes
    /// Gets the rows too.
    var taker: (any RowTaker)?

    /// What the index will say.
    struct Product: Sendable {
        var rows: ListingDraft
        /// Before it was packed.
        var streamBytes: Int64
        var frames: [IndexFacts.FramePlace] = []
    }

    /// Ends the ring's stream, by `finish` or by `abort`.
    func archive(_ source: any EntrySource, into ring: BlockRing) throws -> Product {
        try ending(ring) { try packed(source, into: RingSink(ring: ring)) }
    }

    /// Over a spool on disk: built on a thread of its own at the source's pace, given to the ring in bursts.
    func staged(
        _ source: @escaping @Sendable () throws -> any EntrySource, over stage: StageSpool, into ring: BlockRing
    ) throws -> Product {
        let built = Monitor<Result<Product, any Error>?>(nil)
        return try ending(ring) {
            try WorkerThread.start(name: "stage") {
                let result = Result { try packed(source(), into: StageSink(stage)) }
                if case .failure(let error) = result { stage.stop(error) }
                built.change { $0 = result }
            }
            do { try stage.drain(into: ring) } catch {
                stage.stop(error)
                _ = built.wait { $0 }
                throw error
            }
            return try built.wait { $0 }.get()
        }
    }

    private func packed(_ source: any EntrySource, into out: some ByteSink) throws -> Product {
        guard !packing.compression.isPlain else {
            guard let seal = packing.seal else { return try members(source, out).product }
            return try members(source, seal.sealer(into: out)).product
        }
        let packer = ChildCompressor(packing.compression)
        guard let seal = packing.seal else {
            var (product, sink) = try members(source, FrameCutter(packer, into: out))
            product.frames = sink.frames
            return product
        }
        var (product, sink) = try members(source, FrameCutter(packer, into: seal.sealer(into: out)))
        product.frames = sink.frames
        return product
    }

    /// The index file of an archive; it is sealed when its archive is.
    func index(_ facts: IndexFacts, _ listing: ArchiveListing, into ring: BlockRing) throws {
        try ending(ring) {
            let out = RingSink(ring: ring)
            guard let seal = packing.seal else { return try facts.write(listing, into: out) }
            try facts.write(listing, into: seal.sealer(into: out))
        }
    }

    private func ending<Value>(_ ring: BlockRing, _ body: () throws -> Value) throws -> Value {
        do {
            let value = try body()
            ring.finish()
            return value
        } catch {
            ring.abort(error)
            throw error
        }
    }

    private func members<Sink: ByteSink>(
        _ source: any EntrySource, _ sink: Sink
    ) throws -> (product: Product, sink: Sink) {
        var rows = try ListingDraft(in: scratch)
        var writer = ArchiveWriter(into: sink)
        var open: IndexedEntry?
        func keep(_ row: IndexRow) throws {
            try rows.append(row)
            try taker?.take(row)
        }
        while let item = try source.next() {
            switch item {
            case .entry(let entry, let identity):
                open = IndexedEntry(entry, at: try writer.begin(entry), identity: identity)
            case .data(let bytes): try writer.write(bytes)
            case .deleted(let name): try keep(IndexRow(.deleted(name)))
            case .end(let hash, let grew):
                let verdict = try writer.finish(grew: grew)
                guard var row = open else { throw FormatFault.outOfTurn("an end without a member") }
                row.hash = hash
                row.verdict = verdict
                try keep(IndexRow(.entry(row)))
            }
        }
        try writer.close()
        try writer.sink.finish()
        try taker?.end()
        return (Product(rows: rows, streamBytes: writer.offset), writer.sink)
    }

    private struct RingSink: ByteSink {
        let ring: BlockRing
        mutating func put(_ bytes: UnsafeRawBufferPointer) throws { try ring.append(bytes) }
    }
}

/// How a stream is changed between archive and tape. What is changed lies raw on its tapes, a small text before it.
struct StreamPacking: Sendable {
    var compression = Compression.none
    var seal: Seal?

    var isRaw: Bool { !compression.isPlain || seal != nil }

    /// One stream's encryption.
    struct Seal: Sendable {
        var key: ArchiveKey
        /// Of the key.
        var id: String
        /// Never used twice.
        var salt: [UInt8]

        init(_ key: ArchiveKey, random: () -> UInt64) throws(FormatFault) {
            self.key = key
            id = try key.id()
            salt = (0..<4).flatMap { _ in withUnsafeBytes(of: random()) { Array($0) } }
        }

        func sealer<Sink: ByteSink>(into sink: Sink) throws -> CipherSealer<Sink> {
            try CipherSealer(key, salt: salt, into: sink)
        }
    }
}
