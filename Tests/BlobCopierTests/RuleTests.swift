import BackupModel
import Testing

@testable import BlobCopier

@Suite struct RuleTests {
    @Test(
        "A27 a batch closes by count, bytes, age or because it is the last",
        arguments: [
            (0, 0, 0, true, false), (1, 0, 0, false, false), (1, 0, 0, true, true), (10, 0, 0, false, true),
            (9, 1 << 30, 0, false, true), (9, 5, 9_999_999_999, false, false), (9, 5, 10_000_000_000, false, true),
        ] as [(Int, Int64, Int64, Bool, Bool)])
    func batchCloses(count: Int, bytes: Int64, age: Int64, isLast: Bool, closes: Bool) {
        #expect(BatchPlan(count: 10).closes(count: count, bytes: bytes, age: age, isLast: isLast) == closes)
    }

    @Test("I11 what is under way is bounded")
    func roomIsBounded() {
        let plan = BatchPlan(count: 100)
        #expect(plan.room(outstanding: 0, bytes: 0)?.limit == 100)
        #expect(plan.room(outstanding: 370, bytes: 0)?.limit == 30)
        #expect(plan.room(outstanding: 390, bytes: 0) == nil)
        #expect(plan.room(outstanding: 400, bytes: 0) == nil)
        #expect(plan.room(outstanding: 1, bytes: 4 << 30) == nil)
        #expect(BatchPlan(count: 1).room(outstanding: 3, bytes: 0)?.limit == 1)
    }

    @Test func retriesGrowAreJitteredAndEnd() {
        let policy = RetryPolicy(retries: 3, base: 1)
        #expect(policy.pause(before: 1, random: 0) == nil)
        #expect(policy.pause(before: 2, random: 0) == 0.5)
        #expect(policy.pause(before: 3, random: 0) == 1)
        #expect(policy.pause(before: 4, random: 0) == 2)
        #expect(policy.pause(before: 5, random: 0) == nil)
        #expect(RetryPolicy(retries: 60, base: 1).pause(before: 40, random: 1023) ?? 99 < 30)
        for dice in 0..<2048 {
            let pause = policy.pause(before: 2, random: UInt64(dice)) ?? -1
            #expect(pause >= 0.5 && pause < 1)
        }
    }

    @Test func aRateIsKeptOverTime() {
        var limiter = RateLimiter(bytesPerSecond: 1000)
        var now: Int64 = 1
        var waited = 0.0
        for _ in 0..<100 {
            let pause = limiter.take(100, now: now)
            waited += pause
            now += Int64(pause * 1e9)
        }
        // 10,000 bytes at 1,000 a second, less the burst.
        #expect(waited > 9.5 && waited < 10)
        limiter.change(to: nil)
        let unlimited = limiter.take(1 << 30, now: now)
        #expect(unlimited == 0)
    }

    @Test func anIdleHourGivesNoCredit() {
        var limiter = RateLimiter(bytesPerSecond: 1000)
        _ = limiter.take(10, now: 1)
        let pause = limiter.take(1250, now: 3_600_000_000_000)
        #expect(pause > 0.99)
    }

    @Test(
        "A3 how much of a source may be gone",
        arguments: [
            (0, 0, 0, "SOURCE_EMPTY"), (100, 0, 100, "SOURCE_EMPTY"), (100, 90, 10, nil),
            (100, 89, 11, "SOURCE_SHRANK"),
            (0, 5, 0, nil), (9, 8, 1, "SOURCE_SHRANK"), (1000, 2000, 50, nil),
        ] as [(Int, Int, Int, String?)])
    func shrink(known: Int, seen: Int, vanished: Int, code: String?) {
        let refusal = SourceShrink(maxShrink: 0.1).refusal(known: known, seen: seen, vanished: vanished, source: "/s")
        #expect(refusal?.code == code)
        #expect(refusal.map { $0.side == .source } ?? true)
    }

    @Test("A5 only an unbroken row of twenty counts")
    func streak() {
        var streak = FailureStreak()
        let first = (0..<19).map { _ in streak.failed() }
        streak.succeeded()
        let second = (0..<20).map { _ in streak.failed() }
        #expect(!first.contains(true) && second.firstIndex(of: true) == 19)
    }

    @Test("A28 a gap in time is a suspend: the volume is looked at before going on")
    func suspend() {
        var watcher = Watcher(pace: .standard, now: 0)
        let answers = [250_000_000, 20_000_000_000, 20_250_000_000].map { watcher.mustCheckVolume(now: $0) }
        #expect(answers == [false, true, false])
    }

    @Test("A12 the volume is looked at every minute")
    func everyMinute() {
        var watcher = Watcher(pace: .standard, now: 0)
        let checks = (1...1200).filter { watcher.mustCheckVolume(now: Int64($0) * 250_000_000) }
        #expect(checks.count == 5)
    }

    @Test("B29 a stop waits ten seconds for calls that hang")
    func stopDeadline() {
        var watcher = Watcher(pace: .standard, now: 0)
        let early = watcher.mustAbandon(isStopping: false, now: 99_000_000_000)
        let answers = [100, 109, 111].map { watcher.mustAbandon(isStopping: true, now: $0 * 1_000_000_000) }
        #expect(!early && answers == [false, false, true])
    }

    @Test func aForecastIsByTheDearerOfCountAndBytes() {
        var run = RunSummary(
            run: RunID(bits: 1), kind: .run, startedAt: WallTime(milliseconds: 0),
            endedAt: WallTime(milliseconds: 100_000), result: .ok)
        run.done = Amount(count: 100, bytes: 1000)
        #expect(Forecast.seconds(for: Amount(count: 200, bytes: 10), after: [run]) == 200)
        #expect(Forecast.seconds(for: Amount(count: 1, bytes: 5000), after: [run]) == 500)
        #expect(Forecast.seconds(for: Amount(), after: []) == 0)
        #expect(Forecast.seconds(for: Amount(count: 1, bytes: 1), after: []) == nil)
    }

    @Test("A24 eight workers that stall are told once, and once when all are back")
    func stalls() {
        var pace = CopyPace()
        pace.stall = 1
        var watcher = Watcher(pace: pace, now: 0)
        func workers(_ movedAt: [Int64]) -> [CopyReading.Worker] {
            movedAt.enumerated().map {
                CopyReading.Worker(
                    number: $0, activity: .copying, blob: nil, size: 1, done: 0, attempt: 1, startedAt: 0,
                    movedAt: $1 * 1_000_000_000)
            }
        }
        func news(_ movedAt: [Int64], now: Int64, isPaused: Bool = false) -> Watcher.StallNews {
            watcher.stalls(workers(movedAt), isPaused: isPaused, now: now * 1_000_000_000)
        }
        #expect(news([9, 9], now: 9) == .none)
        #expect(news([7, 5, 9], now: 9, isPaused: true) == .none)
        #expect(news([7, 5, 9], now: 9) == .stalled(workers([7, 5])[1], count: 2))
        #expect(news([7, 5, 5, 5, 5, 5, 5, 5], now: 10) == .none)
        #expect(news([9, 9, 5], now: 10) == .none)
        #expect(news([10, 10, 10], now: 10) == .resumed)
        #expect(news([10, 10, 10], now: 10) == .none)
        #expect(news([1], now: 12) == .stalled(workers([1])[0], count: 1))
    }

    @Test(
        "L13 a scheduled verify takes its share of the days",
        arguments: [
            (0.0, 30, 0), (1, 30, 100), (15, 30, 1500), (30, 30, 3000), (90, 30, 3000), (-1, 30, 3000), (1, 1, 3000),
            (0.001, 30, 1),
        ])
    func verifyShare(days: Double, every: Int, expected: Int) {
        let now = WallTime(milliseconds: 1_800_000_000_000)
        let last = { (kind: RunSummary.Kind, result: RunResult?) in
            var run = RunSummary(
                run: RunID(bits: 1), kind: kind, startedAt: now.adding(seconds: -days * 86_400), before: Amount())
            run.result = result
            return run
        }
        let count = { VerifyShare.count(of: 3000, days: every, after: $0, besides: RunID(bits: 2), now: now) }
        #expect(count([last(.run, .ok), last(.verify, .ok)]) == expected)
        #expect(count([last(.verify, .failed)]) == 3000 && count([last(.verify, nil)]) == 3000)
        #expect(
            VerifyShare.count(of: 3000, days: every, after: [last(.verify, .ok)], besides: RunID(bits: 1), now: now)
                == 3000)
    }
}
