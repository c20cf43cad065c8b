import TapeArchive
import WorkerKit

/// The ring by itself: one thread copies bytes in, another copies blocks out, as fast as they can.
struct RingBenchmark {
    let bytes: Int
    let blockSize: Int
    let total: Int

    /// Prints one `key value` a line. `calls_percent` is the time in the ring's calls without sleeping in them.
    func measure() async throws {
        let ring = try BlockRing(bytes: bytes, blockSize: blockSize)
        // The first turn through fresh memory is the kernel's time, not the ring's.
        try await pass(ring, ring.capacity)
        ring.restart()
        let before = ring.slept
        let begun = ContinuousClock().now
        let (given, taken) = try await pass(ring, total)
        let seconds = begun.duration(to: ContinuousClock().now).seconds
        print("pages", ring.pages.rawValue)
        print("gb_per_second", Double(total) / seconds / 1e9)
        print("source_slept_percent", (ring.slept.source - before.source) / seconds * 100)
        print("drive_slept_percent", (ring.slept.drive - before.drive) / seconds * 100)
        let calls = given + taken - (ring.slept.source - before.source) - (ring.slept.drive - before.drive)
        print("calls_percent", max(0, calls) / (2 * seconds) * 100)
    }

    /// Seconds that each side spent in the ring's calls.
    @discardableResult
    private func pass(_ ring: BlockRing, _ total: Int) async throws -> (Double, Double) {
        async let given = runBlocking(name: "source") { try fill(ring, total) }
        async let taken = runBlocking(name: "drive") { try drain(ring) }
        return try await (given, taken)
    }

    private func fill(_ ring: BlockRing, _ total: Int) throws -> Double {
        let source = [UInt8](repeating: 7, count: blockSize)
        let clock = ContinuousClock()
        var (left, inside) = (total, Duration.zero)
        while left > 0 {
            var begun = clock.now
            let span = try ring.reserve(least: min(blockSize, left), most: min(blockSize, left))
            inside += begun.duration(to: clock.now)
            source.withUnsafeBytes { span.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[..<span.count])) }
            left -= span.count
            begun = clock.now
            ring.commit(span.count)
            inside += begun.duration(to: clock.now)
        }
        ring.finish()
        return inside.seconds
    }

    private func drain(_ ring: BlockRing) throws -> Double {
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: blockSize, alignment: 4096)
        defer { target.deallocate() }
        let clock = ContinuousClock()
        var inside = Duration.zero
        while true {
            var begun = clock.now
            let found = try ring.peek()
            switch found {
            case .end: return inside.seconds
            case .nothing:
                ring.sleepUntilBlock(seconds: 1)
                inside += begun.duration(to: clock.now)
            case .block(let block):
                inside += begun.duration(to: clock.now)
                target.copyMemory(from: block)
                begun = clock.now
                ring.release()
                inside += begun.duration(to: clock.now)
            }
        }
    }
}
