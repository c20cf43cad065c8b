import WorkerKit

/// Where the rows of an index go while their archive is made.
struct RowKeeping: Sendable {
    /// A folder for what is too much for memory.
    var scratch: PathBytes
    var taker: (any RowTaker)?
}

/// Makes an archive's stream of what a source gives. Runs on the producer's thread.
enum ArchiveProducer {
    /// Into the ring, whose stream it ends, by `finish` or by `abort`. The rows of the index come back, in order.
    static func archive(
        _ source: any EntrySource, _ keeping: RowKeeping, into ring: BlockRing
    ) throws -> ListingDraft {
        try ending(ring) { try compose(source, keeping, into: RingSink(ring: ring)).rows }
    }

    /// Over a spool on disk: built on a thread of its own at the source's pace, given to the ring in bursts.
    static func staged(
        _ source: @escaping @Sendable () throws -> any EntrySource, _ keeping: RowKeeping, over stage: StageSpool,
        into ring: BlockRing
    ) throws -> ListingDraft {
        let built = Monitor<Result<ListingDraft, any Error>?>(nil)
        return try ending(ring) {
            try WorkerThread.start(name: "stage") {
                let result = Result {
                    var (rows, sink) = try compose(source(), keeping, into: StageSink(stage))
                    try sink.close()
                    return rows
                }
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

    /// The whole stream.
    static func compose<Sink: ByteSink>(
        _ source: any EntrySource, _ keeping: RowKeeping, into sink: Sink
    ) throws -> (rows: ListingDraft, sink: Sink) {
        var rows = try ListingDraft(in: keeping.scratch)
        var writer = ArchiveWriter(into: sink)
        var open: IndexedEntry?
        func keep(_ row: IndexRow) throws {
            try rows.append(row)
            try keeping.taker?.take(row)
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
        try keeping.taker?.end()
        return (rows, writer.sink)
    }

    /// The index file of an archive.
    static func index(_ facts: IndexFacts, _ listing: ArchiveListing, into ring: BlockRing) throws {
        try ending(ring) {
            var writer = ArchiveWriter(into: RingSink(ring: ring))
            try facts.begin(&writer)
            try listing.forEachPiece { try writer.write($0) }
            try writer.finish()
            try writer.close()
        }
    }

    private static func ending<Product>(_ ring: BlockRing, _ body: () throws -> Product) throws -> Product {
        do {
            let product = try body()
            ring.finish()
            return product
        } catch {
            ring.abort(error)
            throw error
        }
    }

    private struct RingSink: ByteSink {
        let ring: BlockRing
        mutating func put(_ bytes: UnsafeRawBufferPointer) throws { try ring.append(bytes) }
    }
}
