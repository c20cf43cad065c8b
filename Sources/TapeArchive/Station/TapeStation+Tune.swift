import BackupModel
import WorkerKit

/// Which block size a drive is quickest with, measured on a blank tape.
extension TapeStation {
    /// Writes and rewinds with each size; the tape is blank again afterwards. Only a proved blank one is taken.
    func tune(_ drive: String) async throws(Failure) -> String {
        let time = time
        return try await with(drive, for: "tune") { bay in
            let sighting = try await self.sight(bay)
            guard case .blank = sighting.probe.reading, !sighting.sight.isWriteProtected else {
                throw StationFailure.refused(
                    "TAPE_REFUSED", drive, "the tape in drive \(drive) is not blank: nothing was written",
                    hint: "Put in a blank tape that is not write-protected.")
            }
            let share = (sighting.probe.facts.capacity ?? BlockTrial.most) / 8
            return try await bay.use(as: .writing) { drive throws in
                defer {
                    try? drive.rewind()
                    try? drive.erase(long: false)
                    try? drive.rewind()
                }
                var trials: [BlockTrial] = []
                for size in BlockTrial.sizes {
                    trials.append(try BlockTrial(size, bytes: min(share, BlockTrial.most), drive, time))
                }
                return BlockTrial.words(trials)
            }
        }
    }
}

/// One size of block, and how quick the drive was with it.
struct BlockTrial: Hashable, Sendable {
    /// Those that `block_size` takes.
    static let sizes = [256 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20]
    /// Bytes for each: some seconds of the quickest drive.
    static let most: Int64 = 4 << 30

    var size: Int
    /// Bytes a second.
    var rate: Double

    init(size: Int, rate: Double) { (self.size, self.rate) = (size, rate) }

    init(_ size: Int, bytes: Int64, _ drive: any TapeDrive, _ time: SystemTime) throws {
        var random = SystemRandomNumberGenerator()
        let words = (0..<size / 8).map { _ in random.next() }
        try drive.rewind()
        let count = max(1, bytes / Int64(size)), start = time.monotonic()
        try words.withUnsafeBytes { block in
            for _ in 0..<count {
                guard try drive.write(block) == .written else { break }
            }
        }
        try drive.writeFilemarks(1, immediate: false)
        let seconds = max(Double(time.monotonic() - start) / 1e9, 1e-9)
        self.init(size: size, rate: Double(count) * Double(size) / seconds)
    }

    /// The smallest within three percent of the best: larger blocks cost memory and gain nothing.
    static func best(_ trials: [BlockTrial]) -> Int? {
        let most = trials.map(\.rate).max() ?? 0
        return trials.filter { $0.rate >= 0.97 * most }.map(\.size).min()
    }

    static func words(_ trials: [BlockTrial]) -> String {
        let lines = trials.map { "\(Quantity.bytes(Int64($0.size))) \(Quantity.rate($0.rate))" }
        let best = best(trials).map { "; block_size = \"\(Quantity.bytes(Int64($0)))\"" } ?? ""
        return lines.joined(separator: ", ") + best
    }
}
