import BackupModel
import SystemPackage
import TapeArchive
import WorkerKit

/// Standard input through the ring and the loop that feeds a drive to standard output, as a tape writer would.
struct PipeBenchmark {
    let rule: FlowRule
    let bytes: Int
    let blockSize: Int
    let drive: DriveModel
    /// Of the whole stream, or 0 where it is not known.
    let total: Int64

    /// Prints the counts to standard error, one `key value` a line.
    func run() async throws {
        let ring = try BlockRing(bytes: bytes, blockSize: blockSize)
        let gauges = FlowGauges(rule, ring: ring)
        async let source: Void = runBlocking(name: "source") { try read(into: ring) }
        async let sink: Void = runBlocking(name: "drive") { try write(from: ring, gauges) }
        _ = try await (source, sink)
        let counts = gauges.read().counts
        let words = "stops \(counts.stops)\nunder_runs \(counts.underRuns)\nlongest_gap \(counts.longestGap)\n"
        try FileDescriptor.standardError.writeAll(words.utf8)
    }

    private func read(into ring: BlockRing) throws {
        while true {
            let span = try ring.reserve(most: blockSize)
            let count = try FileDescriptor.standardInput.read(into: span)
            if count == 0 { break }
            ring.commit(count)
        }
        ring.finish()
    }

    private func write(from ring: BlockRing, _ gauges: FlowGauges) throws {
        let total = total
        let feed = DriveFeed(range: drive.range, buffer: Int64(drive.buffer)) {
            total > 0 ? max(0, total - Int64(ring.received)) : nil
        }
        var loop = DrainLoop(ring: ring, gauges: gauges, drive: feed)
        _ = try loop.run { block in
            try FileDescriptor.standardOutput.writeAll(block)
            return .written
        }
    }
}
