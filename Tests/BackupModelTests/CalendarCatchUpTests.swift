import Testing

@testable import BackupModel

@Suite struct CalendarCatchUpTests {
    @Test(
        "C7 however much was missed, there is one catch-up",
        arguments: [
            ("02:00", "2026-05-01T02:00:00Z", "2026-05-10T09:00:00Z", 9, "2026-05-10T02:00:00Z"),
            ("02:00", "2026-05-01T02:00:00Z", "2026-05-02T02:00:00Z", 1, "2026-05-02T02:00:00Z"),
            ("*:*", "2026-05-01T00:00:00Z", "2026-05-10T00:00:30Z", 1000, "2026-05-10T00:00:00Z"),
            ("yearly", "2020-05-01T00:00:00Z", "2026-05-10T00:00:00Z", 6, "2026-01-01T00:00:00Z"),
            ("*:*:*", "2026-05-01T00:00:00Z", "2026-05-01T00:00:02Z", 2, "2026-05-01T00:00:02Z"),
        ])
    func one(text: String, lastRun: String, now: String, count: Int, latest: String) throws {
        let missed = try #require(
            MissedFirings(of: try CalendarSchedule(text), in: .utc, lastRun: moment(lastRun), now: moment(now)))
        #expect(missed.count == count)
        #expect(missed.latest == (try moment(latest)))
        #expect(missed.startAt == (try moment(now)))
    }

    @Test(
        "C7 nothing missed, no catch-up",
        arguments: [
            ("02:00", "2026-05-01T02:00:00Z", "2026-05-02T01:59:59Z"),
            ("02:00", "2026-05-01T02:00:00Z", "2020-01-01T00:00:00Z"),
            ("2025-*-*", "2026-01-01T00:00:00Z", "2026-05-02T00:00:00Z"),
        ])
    func none(text: String, lastRun: String, now: String) throws {
        #expect(
            MissedFirings(of: try CalendarSchedule(text), in: .utc, lastRun: try moment(lastRun), now: try moment(now))
                == nil)
    }

    @Test(
        "C7 the catch-up is jittered",
        arguments: [(0.0, 0.0), (0.5, 450), (1, 900), (7, 900), (-1, 0)] as [(Double, Double)])
    func jitter(draw: Double, seconds: Double) throws {
        let now = try moment("2026-05-10T09:00:00Z")
        let missed = try #require(
            MissedFirings(
                of: try CalendarSchedule("02:00"), in: .utc, lastRun: now.adding(seconds: -86_400), now: now,
                jitter: 900, draw: draw))
        #expect(missed.startAt.seconds(since: now) == seconds)
    }

    @Test(
        "C7 the latest firing is the last of all",
        arguments: ["*:0/7", "Mon 02:30", "*-*-31", "0 0 13 * fri", "hourly"])
    func latest(text: String) throws {
        let schedule = try CalendarSchedule(text)
        let berlin = try zone("Europe/Berlin")
        let start = try moment("2026-01-01T00:00:00Z")
        var draws = Draws(state: 7)
        for _ in 0..<20 {
            let end = start.adding(seconds: Double.random(in: 0...20_000_000, using: &draws))
            let all = schedule.firings(after: start, until: end, in: berlin, limit: .max)
            #expect(schedule.latest(after: start, until: end, in: berlin) == all.last)
        }
    }
}
