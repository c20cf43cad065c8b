package import BackupCatalog
package import BackupModel
package import WorkerKit

/// The blob index in an SQLite file, on a thread of its own.
package actor SQLiteBlobIndex: BlobIndex {
    private let store: BlobIndexStore
    private let thread: ThreadExecutor
    private let lock: InstanceLock?

    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// Throws `NO_THREAD` when the system gives none. `lock` is looked at before each commit: without it another
    /// instance may be writing (B24).
    package init(_ store: BlobIndexStore, lock: InstanceLock? = nil) throws(Failure) {
        self.store = store
        self.lock = lock
        do throws(ThreadError) { thread = try ThreadExecutor(name: "blob index") } catch { throw .noThread(error) }
    }

    package func volume(_ uuid: String) throws(Failure) -> IndexedVolume? { try store.volume(uuid) }
    package func volumes() throws(Failure) -> [IndexedVolume] { try store.volumes() }
    package func enrol(_ volume: IndexedVolume) throws(Failure) { try store.enrol(volume) }

    package func intend(_ generation: VolumeGeneration, volume: String) throws(Failure) {
        try store.intend(generation, volume: volume)
    }

    package func confirm(_ generation: VolumeGeneration, volume: String) throws(Failure) {
        try store.confirm(generation, volume: volume)
    }

    package func stamps(volume: String) throws(Failure) -> [Int: BucketStamp] { try store.stamps(volume: volume) }

    package func record(_ buckets: [ScannedBucket], volume: String) throws(Failure) -> ScanDelta {
        try store.record(buckets, volume: volume)
    }

    package func vanished(volume: String, after: BlobID?, limit: Int) throws(Failure) -> [BlobID] {
        try store.vanished(volume: volume, after: after, limit: limit)
    }

    package func finishScan(volume: String, stillThere: Set<BlobID>, fullWalkAt: WallTime?) throws(Failure) {
        try store.finishScan(volume: volume, stillThere: stillThere, fullWalkAt: fullWalkAt)
    }

    package func abandonScan(volume: String) throws(Failure) { try store.abandonScan(volume: volume) }
    package func lastFullWalk(volume: String) throws(Failure) -> WallTime? { try store.lastFullWalk(volume: volume) }

    package func claim(
        run: RunID, volume: String, after: BlobID?, limit: Int, bytes: Int64
    ) throws(Failure) -> [BlobRecord] {
        try lock?.checkHeld()
        return try store.claim(run: run, volume: volume, after: after, limit: limit, bytes: bytes)
    }

    package func remaining(volume: String, after: BlobID?, limit: Int) throws(Failure) -> [BlobRecord] {
        try store.remaining(volume: volume, after: after, limit: limit)
    }

    package func settle(
        _ outcomes: [BlobOutcome], run: RunID, volume: String, at: WallTime
    ) throws(Failure) -> Tally {
        try lock?.checkHeld()
        return try store.settle(outcomes, run: run, volume: volume, at: at)
    }

    package func abandoned(besides run: RunID, volume: String, limit: Int) throws(Failure) -> [AbandonedBlob] {
        try store.abandoned(besides: run, volume: volume, limit: limit)
    }

    package func unproved(volume: String, before: WallTime, limit: Int) throws(Failure) -> [BlobRecord] {
        try store.unproved(volume: volume, before: before, limit: limit)
    }

    package func tally(volume: String) throws(Failure) -> Tally { try store.tally(volume: volume) }
    package func map(volume: String) throws(Failure) -> [MapCell] { try store.map(volume: volume) }

    package func record(of blob: BlobID, volume: String) throws(Failure) -> BlobRecord? {
        try store.record(of: blob, volume: volume)
    }

    package func failures(volume: String, after: BlobID?, limit: Int) throws(Failure) -> [BlobFailure] {
        try store.failures(volume: volume, after: after, limit: limit)
    }

    package func requeue(_ blob: BlobID?, volume: String) throws(Failure) -> Int {
        try store.requeue(blob, volume: volume)
    }

    package func begin(_ run: RunSummary, volume: String) throws(Failure) { try store.begin(run, volume: volume) }
    package func end(_ run: RunSummary, volume: String) throws(Failure) { try store.end(run, volume: volume) }

    package func runs(volume: String, limit: Int) throws(Failure) -> [RunSummary] {
        try store.runs(volume: volume, limit: limit)
    }
}
