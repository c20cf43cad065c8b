import WorkerKit

/// Makes an archive's stream of what a source gives. Runs on the producer's thread.
enum ArchiveProducer {
    /// Into the ring, whose stream it ends, by `finish` or by `abort`.
    static func archive(_ source: any EntrySource, _ rows: RowSpool, into ring: BlockRing) throws {
        try ending(ring) { _ = try compose(source, rows, into: RingSink(ring: ring)) }
    }

    /// Over a spool on disk: built on a thread of its own at the source's pace, given to the ring in bursts.
    static func staged(
        _ source: @escaping @Sendable () throws -> any EntrySource, _ rows: RowSpool, over spool: StageSpool,
        into ring: BlockRing
    ) throws {
        let isOver = Monitor(false)
        try ending(ring) {
            try WorkerThread.start(name: "stage") {
                do {
                    var sink = try compose(source(), rows, into: StageSink(spool))
                    try sink.close()
                } catch { spool.stop(error) }
                isOver.change { $0 = true }
            }
            defer { isOver.wait { $0 ? () : nil } }
            do { try spool.drain(into: ring) } catch {
                spool.stop(error)
                throw error
            }
        }
    }

    /// The whole stream; the rows of its index go to `rows`, in order. The sink comes back.
    static func compose<Sink: ByteSink>(_ source: any EntrySource, _ rows: RowSpool, into sink: Sink) throws -> Sink {
        var writer = ArchiveWriter(into: sink)
        var open: IndexedEntry?
        while let item = try source.next() {
            switch item {
            case .entry(let entry, let identity):
                open = IndexedEntry(entry, at: try writer.begin(entry), identity)
            case .data(let bytes): try writer.write(bytes)
            case .deleted(let name): try rows.append(IndexRow(.deleted(name)))
            case .end(let hash, let grew):
                let verdict = try writer.finish(grew: grew)
                guard var row = open else { throw FormatFault.outOfTurn("an end without a member") }
                row.hash = hash
                row.verdict = verdict
                try rows.append(IndexRow(.entry(row)))
            }
        }
        try writer.close()
        try rows.end()
        return writer.sink
    }

    /// The index file of an archive.
    static func index(_ facts: IndexFacts, _ rows: RowSpool, into ring: BlockRing) throws {
        try ending(ring) {
            var writer = ArchiveWriter(into: RingSink(ring: ring))
            try facts.begin(&writer)
            try rows.lines(facts) { try writer.write($0) }
            try writer.finish()
            try writer.close()
        }
    }

    static func ending(_ ring: BlockRing, _ body: () throws -> Void) throws {
        do {
            try body()
            ring.finish()
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
