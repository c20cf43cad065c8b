import BackupModel
import Foundation
import Synchronization
import TapeArchive
import Testing
import WorkerKit

/// A source, a ring and a drive in simulated time, all of them a ten-thousandth of their real size.
private final class Simulated {
    static let scale = 1e-4
    let clock = ManualTime()
    let ring: BlockRing
    let gauges: FlowGauges
    var drive: SimulatedDrive
    private var phases: [FlowTrace.Phase]
    private let chunk: [UInt8]
    private var owed = 0.0
    private(set) var remaining: Int64

    init(_ trace: FlowTrace, buffer: Double, drive model: DriveModel, rule: FlowRule) throws {
        var small = model
        small.speeds = model.speeds.map { $0 * Self.scale }
        small.buffer *= Self.scale
        drive = SimulatedDrive(small)
        ring = try BlockRing(bytes: Int(buffer * Self.scale), blockSize: 1024, time: clock.time)
        gauges = FlowGauges(rule, ring: ring, time: clock.time)
        phases = trace.phases.reversed()
        chunk = [UInt8](repeating: 7, count: ring.capacity)
        remaining = Int64(trace.bytes * Self.scale)
    }

    var now: Double { Double(clock.time.monotonic()) / 1e9 }

    /// Lets time pass for source and drive, in steps that neither notices.
    func pass(_ seconds: Double, isEnding: Bool = false) {
        var left = seconds
        while left > 1e-9 {
            let step = min(left, 0.02)
            clock.advance(seconds: step)
            give(step)
            drive.advance(step, taking: 0, isEnding: isEnding)
            left -= step
        }
    }

    /// As much as the trace gives in that time and the ring has room for.
    private func give(_ seconds: Double) {
        var left = seconds
        while left > 1e-9, let phase = phases.last, Double(ring.space) > owed + 1 {
            let part = min(left, phase.seconds)
            owed += part * phase.rate * Self.scale
            left -= part
            phases[phases.count - 1].seconds -= part
            if phases[phases.count - 1].seconds <= 1e-9 { phases.removeLast() }
        }
        let count = min(Int(owed), ring.space)
        chunk.withUnsafeBytes { try? ring.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        owed -= Double(count)
        remaining -= Int64(count)
        if phases.isEmpty, owed < 1 { ring.finish() }
    }

    /// Waits while the drive's own buffer is full, as a driver's write does.
    func take(_ block: UnsafeRawBufferPointer) {
        while drive.room < Double(block.count) { pass(0.001) }
        drive.advance(1e-6, taking: Double(block.count), isEnding: false)
    }

    var loop: DrainLoop {
        let range = drive.model.range
        let feed = DriveFeed(range: range, buffer: Int64(drive.model.buffer), remaining: { nil })
        return DrainLoop(
            ring: ring, gauges: gauges, drive: feed,
            time: DrainTime(
                now: clock.time.monotonic, sleep: { self.pass(max($0, 1e-6)) },
                sleepUntilBlock: { self.pass(min($0, 0.01)) }))
    }
}

@Suite("The loop that feeds a drive")
struct DrainLoopTests {
    static let matching = DriveModel(
        speeds: [180, 210, 240, 270, 300, 330, 360, 400].map { $0 * 1e6 }, buffer: 1e9, stopCost: 3, startLevel: 0.5)

    /// A source that gives its mean in turns of more and of nothing.
    static func bursts(_ rate: Double, silent: Double, times: Int) -> FlowTrace {
        FlowTrace(
            phases: (0..<times * 2).map {
                FlowTrace.Phase(seconds: $0 % 2 == 0 ? 10 : silent, rate: $0 % 2 == 0 ? rate * 1e6 : 0)
            })
    }

    @Test("F36 paced keeps the drive going through silences that the buffer can hold")
    func paced() throws {
        let world = try Simulated(
            Self.bursts(400, silent: 5, times: 40), buffer: 4e9, drive: Self.matching, rule: .paced)
        var loop = world.loop
        #expect(
            try loop.run {
                world.take($0); return .written
            } == .endOfStream)
        #expect(world.drive.stops == 0)
        let reading = world.gauges.read()
        #expect(reading.counts.stops == 0)
        #expect(reading.fill == 0)
        #expect(abs(reading.limits.source + reading.limits.buffer + reading.limits.drive - 1) < 1e-9)
        #expect(reading.limits.source > 0.9)
        #expect(world.now < 40 * 15 * 1.02)
    }

    @Test("F36 a source slower than the drive: stops and under-runs are counted as the drive had them")
    func slow() throws {
        let world = try Simulated(
            Self.bursts(150, silent: 5, times: 60), buffer: 4e9, drive: Self.matching, rule: .paced)
        var loop = world.loop
        #expect(
            try loop.run {
                world.take($0); return .written
            } == .endOfStream)
        let counts = world.gauges.counts
        #expect(world.drive.stops > 3)
        #expect(counts.backHitches == world.drive.stops)
        #expect(counts.underRuns == counts.stops)
        #expect(counts.longestGap > 20 && counts.longestGap < 60)
    }

    @Test("marks can be changed while it runs")
    func knobs() throws {
        let world = try Simulated(
            Self.bursts(300, silent: 0.01, times: 4), buffer: 4e9, drive: Self.matching,
            rule: .watermark(high: 90, low: 0))
        var loop = world.loop
        var first: (level: Double, at: Double)?
        world.gauges.rule = .watermark(high: 30, low: 0)
        _ = try loop.run { block in
            if first == nil { first = (Double(world.ring.fill) / Double(world.ring.room), world.now) }
            world.take(block)
            return .written
        }
        let begun = try #require(first)
        #expect(begun.level > 0.29 && begun.level < 0.4)
        #expect(world.gauges.read().rule == .watermark(high: 30, low: 0))
    }

    @Test("a refused block is the first of the next run, a thrown fault leaves it too, and a run can be stopped")
    func refused() throws {
        struct Fault: Error {}
        let ring = try BlockRing(bytes: 8192, blockSize: 1024)
        try BlockRingTests.fill(ring, from: 0, count: 3 * 1024 + 10)
        ring.finish()
        var loop = DrainLoop(ring: ring, gauges: FlowGauges(.paced, ring: ring))
        var written: [UInt8] = []
        func run(_ limit: Int, _ answer: () throws -> BlockWritten) throws -> DrainEnd {
            try loop.run { block in
                guard written.count < limit else { return try answer() }
                written += Array(block)
                return .written
            }
        }
        #expect(try run(1024) { .earlyWarning } == .refused)
        #expect(throws: Fault.self) { try run(2048) { throw Fault() } }
        #expect(try loop.run(while: { false }) { _ in .written } == .stopped)
        #expect(try run(.max) { .written } == .endOfStream)
        #expect(written == BlockRingTests.expected(0, 3 * 1024 + 10))
        #expect(ring.released == written.count)
    }

    @Test("a source that needs more room than is free cannot wait for a fill that never comes", .timeLimit(.minutes(1)))
    func noDeadlock() async throws {
        let ring = try BlockRing(bytes: 8192, blockSize: 1024)
        let gauges = FlowGauges(.watermark(high: 100, low: 0), ring: ring)
        async let source: Void = runBlocking(name: "source") {
            for _ in 0..<50 {
                _ = try ring.reserve(least: 5000)
                ring.commit(1000)
            }
            ring.finish()
        }
        async let drive = runBlocking(name: "drive") {
            var loop = DrainLoop(ring: ring, gauges: gauges)
            var bytes = 0
            _ = try loop.run { block in
                bytes += block.count
                return .written
            }
            return bytes
        }
        let (_, bytes) = try await (source, drive)
        #expect(bytes == 50_000)
    }
}
