import BackupModel
import Synchronization

@testable import BlobCopier

/// An index whose writes fail from the n-th settlement on, as on a full disk.
final class FailingIndex: BlobIndex {
    private let inner: any BlobIndex
    private let left: Mutex<Int>

    init(_ inner: any BlobIndex, failing number: Int) {
        self.inner = inner
        left = Mutex(number)
    }

    private func write() throws(Failure) {
        let isFull = left.withLock { left in
            left -= 1
            return left <= 0
        }
        if isFull { throw Failure(code: "CATALOG_FULL", side: .catalog, message: "catalog is full", errno: 28) }
    }

    func volume(_ uuid: String) async throws(Failure) -> IndexedVolume? { try await inner.volume(uuid) }
    func volumes() async throws(Failure) -> [IndexedVolume] { try await inner.volumes() }
    func enrol(_ volume: IndexedVolume) async throws(Failure) { try await inner.enrol(volume) }
    func intend(_ generation: VolumeGeneration, volume: String) async throws(Failure) {
        try await inner.intend(generation, volume: volume)
    }
    func confirm(_ generation: VolumeGeneration, volume: String) async throws(Failure) {
        try await inner.confirm(generation, volume: volume)
    }
    func stamps(volume: String) async throws(Failure) -> [Int: BucketStamp] { try await inner.stamps(volume: volume) }
    func record(_ buckets: [ScannedBucket], volume: String) async throws(Failure) -> ScanDelta {
        try await inner.record(buckets, volume: volume)
    }
    func vanished(volume: String, after: BlobID?, limit: Int) async throws(Failure) -> [BlobID] {
        try await inner.vanished(volume: volume, after: after, limit: limit)
    }
    func finishScan(volume: String, stillThere: Set<BlobID>, fullWalkAt: WallTime?) async throws(Failure) {
        try await inner.finishScan(volume: volume, stillThere: stillThere, fullWalkAt: fullWalkAt)
    }
    func abandonScan(volume: String) async throws(Failure) { try await inner.abandonScan(volume: volume) }
    func lastFullWalk(volume: String) async throws(Failure) -> WallTime? {
        try await inner.lastFullWalk(volume: volume)
    }
    func claim(
        run: RunID, volume: String, after: BlobID?, limit: Int, bytes: Int64
    ) async throws(Failure) -> [BlobRecord] {
        try await inner.claim(run: run, volume: volume, after: after, limit: limit, bytes: bytes)
    }
    func remaining(volume: String, after: BlobID?, limit: Int) async throws(Failure) -> [BlobRecord] {
        try await inner.remaining(volume: volume, after: after, limit: limit)
    }
    func settle(
        _ outcomes: [BlobOutcome], run: RunID, volume: String, at: WallTime
    ) async throws(Failure) -> Tally {
        try write()
        return try await inner.settle(outcomes, run: run, volume: volume, at: at)
    }
    func abandoned(besides run: RunID, volume: String, limit: Int) async throws(Failure) -> [AbandonedBlob] {
        try await inner.abandoned(besides: run, volume: volume, limit: limit)
    }
    func unproved(volume: String, before: WallTime, limit: Int) async throws(Failure) -> [BlobRecord] {
        try await inner.unproved(volume: volume, before: before, limit: limit)
    }
    func tally(volume: String) async throws(Failure) -> Tally { try await inner.tally(volume: volume) }
    func map(volume: String) async throws(Failure) -> [MapCell] { try await inner.map(volume: volume) }
    func record(of blob: BlobID, volume: String) async throws(Failure) -> BlobRecord? {
        try await inner.record(of: blob, volume: volume)
    }
    func failures(volume: String, after: BlobID?, limit: Int) async throws(Failure) -> [BlobFailure] {
        try await inner.failures(volume: volume, after: after, limit: limit)
    }
    func requeue(_ blob: BlobID?, volume: String) async throws(Failure) -> Int {
        try await inner.requeue(blob, volume: volume)
    }
    func begin(_ run: RunSummary, volume: String) async throws(Failure) { try await inner.begin(run, volume: volume) }
    func end(_ run: RunSummary, volume: String) async throws(Failure) { try await inner.end(run, volume: volume) }
    func runs(volume: String, limit: Int) async throws(Failure) -> [RunSummary] {
        try await inner.runs(volume: volume, limit: limit)
    }
}
