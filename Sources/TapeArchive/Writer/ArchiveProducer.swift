import WorkerKit

/// Writes into the ring what a source gives, as one archive. Runs on the producer's thread.
enum ArchiveProducer {
    /// The rows of the index, in order. Ends the ring's stream, by `finish` or by `abort`.
    static func archive(
        _ source: any EntrySource, scratch: PathBytes, into ring: BlockRing
    ) throws -> ListingDraft {
        do {
            var rows = try ListingDraft(in: scratch)
            var writer = ArchiveWriter(into: RingSink(ring: ring))
            var open: IndexedEntry?
            while let item = try source.next() {
                switch item {
                case .entry(let entry, let identity):
                    open = IndexedEntry(entry, at: try writer.begin(entry), identity: identity)
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
            ring.finish()
            return rows
        } catch {
            ring.abort(error)
            throw error
        }
    }

    /// The index file of an archive.
    static func index(_ facts: IndexFacts, _ listing: ArchiveListing, into ring: BlockRing) throws {
        do {
            var writer = ArchiveWriter(into: RingSink(ring: ring))
            try facts.begin(&writer)
            try listing.forEachPiece { try writer.write($0) }
            try writer.finish()
            try writer.close()
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
