import Foundation
import Testing

@testable import BackupModel

@Suite struct CalendarClockWatchTests {
    private static let start = WallTime(milliseconds: 1_800_000_000_000)
    private static let day = 86_400.0

    /// A watch that believes `start` at second 1000 of boot `a`.
    private func settled() -> ClockWatch {
        var watch = ClockWatch()
        #expect(!watch.mayDelete)
        #expect(watch.observe(wall: Self.start, monotonic: 1000, boot: "a") == .steady)
        #expect(watch.mayDelete && watch.mayStartJobs)
        return watch
    }

    private func wall(_ seconds: Double) -> WallTime { Self.start.adding(seconds: seconds) }

    @Test(
        "C1 C2 within one boot the clock must move as the monotonic one does",
        arguments: [
            (60.0, 60.0, nil), (60, 100, nil), (60, 0, nil), (604_800, 604_200, nil), (60, 180, 120),
            (60, -3600, -3660), (60, 315_360_060, 315_360_000), (86_400, 0, -86_400),
        ] as [(Double, Double, Double?)])
    func withinOneBoot(passed: Double, shown: Double, jump: Double?) {
        var watch = settled()
        let verdict = watch.observe(wall: wall(shown), monotonic: 1000 + passed, boot: "a")
        #expect(verdict == jump.map { .jumped(by: $0) } ?? .steady)
        #expect(watch.mayDelete == (jump == nil))
        #expect(watch.mayStartJobs)
    }

    @Test("C1 a jump ahead freezes deletions until the clock agrees again")
    func agreesAgain() {
        var watch = settled()
        let years = 10 * 365 * Self.day
        for minute in 1...100 {
            let passed = Double(minute) * 60
            _ = watch.observe(wall: wall(years + passed), monotonic: 1000 + passed, boot: "a", isSynchronized: true)
            #expect(!watch.mayDelete && watch.mayStartJobs)
            // A run verified by the doubtful clock bears nothing out.
            watch.noteVerifiedRun(at: wall(years + passed), period: Self.day)
        }
        #expect(watch.freeze?.reason == .jumpedAhead)
        #expect(watch.freeze?.noticedAt == wall(years + 60))
        #expect(watch.expected == wall(6000))
        #expect(watch.observe(wall: wall(6060), monotonic: 7060, boot: "a") == .steady)
        #expect(watch.mayDelete)
    }

    @Test("C1 the freeze outlives restarts of engine and machine, until the operator accepts")
    func accepted() throws {
        var watch = settled()
        let years = 10 * 365 * Self.day
        _ = watch.observe(wall: wall(years), monotonic: 1060, boot: "a")
        let memory = try JSONEncoder().encode(watch)
        watch = try JSONDecoder().decode(ClockWatch.self, from: memory)
        #expect(!watch.mayDelete)
        _ = watch.observe(wall: wall(years + 60), monotonic: 1120, boot: "a")
        #expect(!watch.mayDelete)
        _ = watch.observe(wall: wall(years + 600), monotonic: 5, boot: "b")
        #expect(!watch.mayDelete)
        let isTaken = watch.accept(wall: wall(years + 610), monotonic: 15, boot: "b")
        #expect(isTaken)
        #expect(watch.mayDelete)
        #expect(watch.observe(wall: wall(years + 670), monotonic: 75, boot: "b") == .steady)
        #expect(watch.mayDelete)
    }

    @Test(
        "C1 a time near the newest verified run is believed, once told",
        arguments: [(1.9, true), (2.1, false)] as [(Double, Bool)])
    func verifiedRuns(periods: Double, isBelieved: Bool) {
        var watch = settled()
        watch.noteVerifiedRun(at: Self.start, period: Self.day)
        let shown = periods * Self.day
        #expect(watch.observe(wall: wall(shown), monotonic: 1000, boot: "a") == .jumped(by: shown))
        #expect(watch.mayDelete == isBelieved)
    }

    @Test(
        "C1 C3 after a boot the clock may be ahead by the time off, never behind",
        arguments: [
            (3600.0, false, "steady"), (13 * 86_400, false, "steady"), (15 * 86_400, false, "jumped"),
            (-3600, false, "impossible"), (-3600, true, "jumped"), (-30, false, "steady"),
            (-700_000_000, false, "impossible"), (-1_800_000_000, true, "impossible"),
        ] as [(Double, Bool, String)])
    func afterBoot(shown: Double, isSynchronized: Bool, expected: String) {
        var watch = settled()
        let verdict = watch.observe(wall: wall(shown), monotonic: 3, boot: "b", isSynchronized: isSynchronized)
        switch verdict {
        case .steady: #expect(expected == "steady" && watch.mayDelete && watch.mayStartJobs)
        case .jumped(let by): #expect(expected == "jumped" && by == shown && !watch.mayDelete && watch.mayStartJobs)
        case .impossible: #expect(expected == "impossible" && !watch.mayDelete && !watch.mayStartJobs)
        }
    }

    @Test("C3 a start in 1970 waits for the time service, then goes on alone")
    func startIn1970() {
        var watch = settled()
        for second in 1...5 {
            let verdict = watch.observe(
                wall: WallTime(milliseconds: Int64(second) * 1000), monotonic: Double(second), boot: "b")
            #expect(verdict == .impossible(.notSet))
            #expect(!watch.mayStartJobs && !watch.mayDelete)
        }
        let isTaken = watch.accept(wall: WallTime(milliseconds: 6000), monotonic: 6, boot: "b")
        #expect(!isTaken)
        #expect(watch.observe(wall: wall(3 * Self.day), monotonic: 7, boot: "b") == .steady)
        #expect(watch.mayStartJobs && watch.mayDelete)
    }

    @Test("C3 the very first start in 1970 believes the first real time")
    func firstStart() {
        var watch = ClockWatch()
        #expect(watch.observe(wall: WallTime(milliseconds: 0), monotonic: 1, boot: "a") == .impossible(.notSet))
        #expect(!watch.mayDelete && watch.expected == nil)
        #expect(watch.observe(wall: Self.start, monotonic: 9, boot: "a") == .steady)
        #expect(watch.mayDelete)
    }

    @Test("C3 a clock behind the last seen time waits until it has caught up or is vouched for")
    func behind() {
        var watch = settled()
        #expect(watch.observe(wall: wall(-600), monotonic: 1, boot: "b") == .impossible(.beforeLastSeen))
        #expect(watch.observe(wall: wall(-590), monotonic: 11, boot: "b") == .impossible(.beforeLastSeen))
        var vouched = watch
        #expect(vouched.observe(wall: wall(-580), monotonic: 21, boot: "b", isSynchronized: true) == .jumped(by: -600))
        #expect(vouched.mayStartJobs && !vouched.mayDelete)
        #expect(watch.observe(wall: wall(3600), monotonic: 31, boot: "b") == .steady)
        #expect(watch.mayDelete)
    }

    @Test(
        "C1 C2 C3 three simulated years: nothing is deleted while the clock is wrong", arguments: [UInt64(1), 2, 3, 4])
    func threeYears(seed: UInt64) throws {
        var draws = Draws(state: seed)
        var watch = ClockWatch()
        var (now, monotonic, boot, error) = (0.0, 0.0, 0, 0.0)
        var (deletions, frozen, accepted) = (0, 0, 0)
        // Until the first believed reading after a boot nobody can tell a small error from time spent switched off.
        var isCertain = true
        while now < 3 * 365 * Self.day {
            let step = Double.random(in: 60...7200, using: &draws)
            (now, monotonic) = (now + step, monotonic + step)
            switch Int.random(in: 0..<100, using: &draws) {
            case 0 where isCertain: error = Double.random(in: 120...300_000_000, using: &draws)
            case 1 where isCertain: error = -Double.random(in: 120...30_000_000, using: &draws)
            case 2...9: error = 0
            case 10:
                let off = Double.random(in: 0...13, using: &draws) * Self.day
                // The hardware clock keeps right time, or none at all.
                error = Bool.random(using: &draws) ? 0 : -Self.start.seconds(since: WallTime(milliseconds: 0)) - now
                (now, monotonic, boot, isCertain) = (now + off, 1, boot + 1, false)
            case 11: watch = try JSONDecoder().decode(ClockWatch.self, from: try JSONEncoder().encode(watch))
            default: break
            }
            _ = watch.observe(wall: wall(now + error), monotonic: monotonic, boot: "\(boot)")
            if watch.mayDelete {
                deletions += 1
                isCertain = true
                #expect(abs(error) <= 60, "deleted with a clock off by \(error)")
                #expect(watch.freeze == nil)
            } else {
                frozen += 1
                // Several boots without a right clock add up to more than anybody is switched off.
                if error == 0, watch.accept(wall: wall(now), monotonic: monotonic, boot: "\(boot)") { accepted += 1 }
            }
        }
        #expect(deletions > 1000 && frozen > 1000 && accepted < 30)
    }
}
