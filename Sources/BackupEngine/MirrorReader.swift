import BackupCatalog
import BackupModel
import BlobCopier
import WorkerKit

/// Looks into a mirror's index on a thread and a connection of its own, so that looking never waits for copying.
actor MirrorReader {
    private let store: BlobIndexStore
    private let thread: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init(_ store: BlobIndexStore) throws(Failure) {
        self.store = store
        do throws(ThreadError) { thread = try ThreadExecutor(name: "index reader") } catch { throw .noThread(error) }
    }

    /// What the screens show beside the gauges.
    struct Look: Hashable, Sendable {
        var volume: IndexedVolume?
        var tally = Tally()
        var map = BlobMap()
        var failures: [BlobFailure] = []
        var lastRun: RunSummary?
    }

    func look() throws(Failure) -> Look {
        guard let volume = try store.volumes().first else { return Look() }
        let uuid = volume.identity.uuid
        return Look(
            volume: volume, tally: try store.tally(volume: uuid), map: BlobMap(counts: try store.map(volume: uuid)),
            failures: try store.failures(volume: uuid, after: nil, limit: 20),
            lastRun: try store.runs(volume: uuid, limit: 1).first)
    }

    func failures(after: BlobID?, limit: Int) throws(Failure) -> [BlobFailure] {
        guard let volume = try store.volumes().first else { return [] }
        return try store.failures(volume: volume.identity.uuid, after: after, limit: limit)
    }

    func runs(limit: Int) throws(Failure) -> [RunSummary] {
        guard let volume = try store.volumes().first else { return [] }
        return try store.runs(volume: volume.identity.uuid, limit: limit)
    }

    func close() { store.close() }
}
