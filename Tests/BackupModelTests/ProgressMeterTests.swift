import Testing

@testable import BackupModel

/// A copy that goes on at given speeds, fed to a meter as the engine would.
private struct Feed {
    var meter = ProgressMeter(startedAt: 1000)
    var at = 1000.0
    var done = Amount()
    var total: Amount

    init(_ total: Amount) { self.total = total }

    /// So many seconds at so many bytes and blobs a second, fed every `step` seconds.
    mutating func run(
        _ seconds: Double, bytes: Int64, blobs: Int, step: Double = 0.5, activity: ProgressMeter.Activity = .working
    ) {
        let from = done
        let began = at
        while at < began + seconds - 1e-9 {
            at = min(began + seconds, at + step)
            let worked = at - began
            done = from + Amount(count: Int(Double(blobs) * worked), bytes: Int64(Double(bytes) * worked))
            meter.observe(at: at, done: done, remaining: total - done, activity: activity)
        }
    }

    var likely: Double? {
        if case .seconds(let seconds, _, _) = meter.eta { seconds } else { nil }
    }
}

private let mebi: Int64 = 1_048_576

@Suite struct ProgressMeterTests {
    @Test func atAnEvenSpeedTheEstimateIsRightAndNarrow() throws {
        var feed = Feed(Amount(count: 10_000, bytes: 10_000 * mebi))
        feed.run(120, bytes: 10 * mebi, blobs: 10)
        guard case .seconds(let likely, let low, let high) = feed.meter.eta else {
            Issue.record("\(feed.meter.eta)")
            return
        }
        #expect(abs(likely - 880) < 2 && abs(low - 880) < 15 && abs(high - 880) < 15)
        let rates = feed.meter.rates
        for rate in [rates.now, rates.oneMinute, rates.tenMinutes, rates.average, rates.peak] {
            #expect(abs(rate / Double(10 * mebi) - 1) < 0.02)
        }
        #expect(abs(rates.blobsPerMinute - 600) < 15)
        #expect(rates.seconds.count == 60 && rates.minutes.count == 2)
    }

    @Test(
        "no estimate before 30 seconds, nor before one hundredth is done",
        arguments: [
            (29.0, Int64(1000), false), (31.0, 1000, true), (90.0, 10_000, false), (110.0, 10_000, true),
        ])
    func tooEarly(seconds: Double, total: Int64, isKnown: Bool) {
        var feed = Feed(Amount(count: Int(total), bytes: total * mebi))
        feed.run(seconds, bytes: mebi, blobs: 1)
        #expect((feed.likely != nil) == isKnown)
    }

    @Test("N11 many tiny blobs and a few huge ones: neither makes the estimate lie")
    func mixture() throws {
        // A blob costs 1 ms, a MiB 10 ms. First phases of both kinds, then 20,000 tiny and 400 huge ones remain.
        let tiny = (bytes: Int64(4096 * 960), blobs: 960)
        let huge = (bytes: 99 * mebi, blobs: 1)
        let left = Amount(count: 20_000 + 400, bytes: 20_000 * 4096 + 400 * 100 * mebi)
        let truth = 20_000 * 0.00104 + 400 * 1.001
        var feed = Feed(Amount())
        feed.total = Amount(count: 60 * 960 + 60, bytes: 60 * tiny.bytes + 60 * huge.bytes) + left
        feed.run(60, bytes: huge.bytes, blobs: huge.blobs)
        feed.run(60, bytes: tiny.bytes, blobs: tiny.blobs)
        let likely = try #require(feed.likely)
        #expect(abs(likely / truth - 1) < 0.1, "\(likely) instead of \(truth)")
        // What an estimate by bytes of the last minute, or by count, would say.
        #expect(Double(left.bytes) / Double(tiny.bytes) > 20 * truth)
        #expect(Double(left.count) * 120 / Double(feed.done.count) < truth / 5)
    }

    @Test("bursts, as batches give them, do not make it hopeful")
    func bursts() throws {
        var feed = Feed(Amount(count: 200_000, bytes: 20_000 * mebi))
        for _ in 0..<40 {
            feed.run(1, bytes: 80 * mebi, blobs: 800)
            feed.run(7, bytes: 0, blobs: 0)
        }
        let truth = Double((feed.total - feed.done).bytes) / Double(10 * mebi)
        #expect(abs(try #require(feed.likely) / truth - 1) < 0.15)
    }

    @Test func aChangeOfSpeedIsFollowedAndTheRangeHoldsBoth() throws {
        var feed = Feed(Amount(count: 10_000, bytes: 10_000 * mebi))
        feed.run(300, bytes: 10 * mebi, blobs: 10)
        feed.run(300, bytes: 5 * mebi, blobs: 5)
        guard case .seconds(let likely, let low, let high) = feed.meter.eta else {
            Issue.record("\(feed.meter.eta)")
            return
        }
        #expect(likely > 800 && likely < 1100)
        #expect(abs(low - 550) < 20 && abs(high - 1100) < 20)
    }

    @Test func withoutProgressItSaysStalledAndForHowLong() {
        var feed = Feed(Amount(count: 1000, bytes: 1000 * mebi))
        feed.run(60, bytes: mebi, blobs: 1)
        feed.run(9, bytes: 0, blobs: 0)
        #expect(feed.likely != nil && feed.meter.rates.stalledFor == 0)
        feed.run(3, bytes: 0, blobs: 0)
        #expect(feed.meter.eta == .stalled(seconds: 12) && feed.meter.rates.stalledFor == 12)
        feed.run(1, bytes: mebi, blobs: 1)
        #expect(feed.likely != nil && feed.meter.rates.stalledFor == 0)
    }

    @Test func waitingAndDoneAreWords() {
        var feed = Feed(Amount(count: 100, bytes: 100 * mebi))
        #expect(feed.meter.eta == .unknown)
        feed.run(50, bytes: mebi, blobs: 1)
        feed.run(20, bytes: 0, blobs: 0, activity: .waiting("volume gone"))
        #expect(feed.meter.eta == .waiting("volume gone"))
        feed.run(50, bytes: mebi, blobs: 1)
        #expect(feed.meter.eta == .done)
        feed.run(1, bytes: 0, blobs: 0, activity: .finished)
        #expect(feed.meter.eta == .done)
    }

    @Test("pauses and gaps are neither speed nor a stall", arguments: [true, false])
    func gaps(isPause: Bool) throws {
        var feed = Feed(Amount(count: 1000, bytes: 1000 * mebi))
        feed.run(100, bytes: mebi, blobs: 1)
        if isPause {
            feed.run(3600, bytes: 0, blobs: 0, step: 1, activity: .waiting("paused"))
        } else {
            feed.at += 3600
            feed.run(0.5, bytes: 0, blobs: 0)
        }
        feed.run(20, bytes: mebi, blobs: 1)
        #expect(abs(try #require(feed.likely) - 880) < 25)
        #expect(abs(feed.meter.rates.average / Double(mebi) - 1) < 0.02)
        #expect(feed.meter.rates.seconds.filter { $0 == 0 }.count >= 38)
        #expect(feed.meter.rates.peak < Double(2 * mebi))
    }

    @Test func theEstimateChangesAtMostOnceASecond() {
        var feed = Feed(Amount(count: 100_000, bytes: 10_000 * mebi))
        feed.run(200, bytes: mebi, blobs: 10)
        var seen: Set<Estimate> = []
        for _ in 0..<100 {
            feed.run(0.1, bytes: mebi, blobs: 10, step: 0.1)
            seen.insert(feed.meter.eta)
        }
        #expect(seen.count >= 5 && seen.count <= 11)
    }

    @Test func memoryIsBoundedOverADay() {
        var feed = Feed(Amount(count: 1 << 40, bytes: 1 << 60))
        feed.run(86_400, bytes: mebi, blobs: 1, step: 4)
        let rates = feed.meter.rates
        #expect(rates.seconds.count == 60 && rates.minutes.count == 60)
        #expect(abs(rates.tenMinutes / Double(mebi) - 1) < 0.01)
        feed.at += 1e7
        feed.run(1, bytes: 0, blobs: 0)
        #expect(feed.meter.rates.seconds.allSatisfy { $0 == 0 })
    }

    @Test func hostileCountersDoNoHarm() {
        var feed = Feed(Amount(count: 10, bytes: 10))
        feed.run(40, bytes: mebi, blobs: 1)
        feed.meter.observe(at: 1, done: Amount(), remaining: Amount())
        feed.meter.observe(at: feed.at, done: Amount(count: 3, bytes: 2), remaining: Amount(count: -5, bytes: -5))
        feed.meter.observe(at: feed.at + 2, done: Amount(count: 4, bytes: 0), remaining: Amount(count: 9, bytes: 0))
        if case .seconds(let likely, let low, let high) = feed.meter.eta {
            #expect(likely.isFinite && low <= likely && likely <= high && high.isFinite)
        }
        #expect(feed.meter.rates.peak.isFinite)
    }

    @Test(arguments: [(0.0, 1.0), (-1.0, 0.5), (-0.5, 0.707_106_781_186_547_5), (-10.25, 0.000_821_187_905_521_204_2)])
    func powersOfTwo(x: Double, expected: Double) {
        #expect(abs(exponential2(x) - expected) < 1e-12)
        #expect(exponential2(-5000) == 0)
    }
}
