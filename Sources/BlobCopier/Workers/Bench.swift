import BackupModel
import WorkerKit

/// What one worker thread works with: an aligned buffer, a hasher, its place on the screen.
final class Bench {
    /// 512 KiB: large enough for the disk, small enough for 64 of them; aligned for `O_DIRECT`.
    static let bufferBytes = 512 << 10

    let number: Int
    let buffer: UnsafeMutableRawBufferPointer
    let hasher: BlobHasher
    let slot: WorkerSlot
    let gauges: CopyGauges

    init(number: Int, hash: HashKind, gauges: CopyGauges) throws(Failure) {
        self.number = number
        self.gauges = gauges
        hasher = try BlobHasher(hash)
        slot = gauges.slot(number)
        buffer = .allocate(byteCount: Self.bufferBytes, alignment: 4096)
    }

    deinit { buffer.deallocate() }
}
