import BackupModel
import TapeArchive
import TapeContract
import Testing
import WorkerKit

/// The time model of a drive, fed with blocks of 1 MiB at a steady or bursty rate.
@Suite struct StreamingTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var model: DriveModel
        /// Bytes in a second, and seconds, of the phases of the source.
        var phases: [(rate: Double, seconds: Double)]
        var stops: ClosedRange<Int>
        /// Seconds in all.
        var total: ClosedRange<Double>
    }

    static let cases: [Case] = [
        Case(
            testDescription: "LTO-9 matches a source inside its range", model: .lto9,
            phases: [(250e6, 120)], stops: 1...1, total: 119...125),
        Case(
            testDescription: "LTO-9 stops again and again below its lowest speed", model: .lto9,
            phases: [(100e6, 120)], stops: 8...24, total: 119...130),
        Case(
            testDescription: "a source faster than LTO-9 is held back to 408 MB/s", model: .lto9,
            phases: [(1000e6, 60)], stops: 1...1, total: 144...150),
        Case(
            testDescription: "LTO-6 follows 100 MB/s", model: .lto6,
            phases: [(100e6, 120)], stops: 1...1, total: 119...126),
        Case(
            testDescription: "a dip that the buffer holds is no stop", model: .lto9,
            phases: [(300e6, 30), (0, 1), (300e6, 30)], stops: 1...1, total: 60...66),
        Case(
            testDescription: "a dip longer than the buffer is one", model: .lto9,
            phases: [(300e6, 30), (0, 10), (300e6, 30)], stops: 2...2, total: 69...76),
    ]

    @Test(arguments: cases)
    func streams(_ row: Case) {
        var drive = Streaming(row.model)
        var source = 0.0
        var clock = 0.0
        for phase in row.phases {
            let end = source + phase.seconds
            if phase.rate == 0 {
                source = end
                continue
            }
            while source < end {
                source += 1_048_576 / phase.rate
                clock = drive.take(1_048_576, at: max(clock, source))
            }
        }
        let done = drive.drain(at: clock)
        #expect(row.stops.contains(drive.counters.stops), "\(drive.counters)")
        #expect(row.total.contains(done), "\(done)")
        #expect(drive.fill == 0)
    }

    @Test func `a synchronous filemark empties the buffer, and the next write winds back`() {
        var drive = Streaming(.lto9)
        _ = drive.take(600_000_000, at: 0)
        let done = drive.drain(at: 0)
        #expect(done > 1 && done < 4)
        #expect(drive.counters.backHitches == 0)
        _ = drive.take(600_000_000, at: done)
        let again = drive.drain(at: done)
        #expect(drive.counters.backHitches == 1)
        #expect(again - done > 4)
        #expect(drive.counters.underRuns == 0)
    }

    static let windings: [(Double, Double, ClosedRange<Double>)] = [
        (0, 0, 0...0), (0, 1.0 / 280, 121...122), (0, 2.0 / 280, 2...2.1), (0, 0.5 / 280, 61...62),
        (1.5 / 280, 2.5 / 280, 2...2.1),
    ]

    @Test("winding follows the passes of the tape", arguments: windings)
    func winds(from: Double, to: Double, seconds: ClosedRange<Double>) {
        #expect(seconds.contains(DriveModel.lto9.seconds(from: from, to: to)))
    }

    @Test func `every model has its speeds in order`() throws {
        for generation in TapeGeneration.drives {
            let model = try #require(DriveModel.of(generation))
            #expect(model.generation == generation)
            #expect(model.speeds == model.speeds.sorted() && model.speeds.count >= 12)
        }
    }

    @Test func `a first load of LTO-9 is initialising, and then done for good`() throws {
        let time = ManualTime()
        var medium = VirtualShelf.small("TST001L9")
        medium.isInitialised = false
        let shelf = try VirtualShelf(media: [medium], clock: .manual(time))
        let drive = try shelf.loaded()
        time.advance(seconds: 20)
        #expect(try drive.status().isInitialising)
        #expect(fault { try drive.put(1) } == .initialising)
        try drive.load()
        #expect(Double(time.time.monotonic()) / 1e9 > 2400)
        #expect(try drive.put(1))
        try drive.eject()
        try drive.load()
        #expect(try shelf.library.medium("TST001L9").isInitialised)
    }

    @Test func `the arm, loading and unloading take their time`() throws {
        let time = ManualTime()
        let shelf = try VirtualShelf(clock: .manual(time))
        let drive = try shelf.loaded()
        #expect(try drive.status().isReady == false)
        #expect(fault { try drive.put(1) } == .notReady)
        try drive.load()
        let loaded = Double(time.time.monotonic()) / 1e9
        #expect(loaded > 25 && loaded < 27)
        try drive.eject()
        #expect(Double(time.time.monotonic()) / 1e9 - loaded > 55)
    }
}
