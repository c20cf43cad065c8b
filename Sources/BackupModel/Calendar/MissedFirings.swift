/// What a persistent schedule missed while nobody could run it, and the one run that makes up for all of it (C7).
package struct MissedFirings: Hashable, Sendable {
    /// How many firings were missed; counting ends at `countingLimit`.
    package var count: Int
    /// The last of them, which the catch-up stands for.
    package var latest: WallTime
    /// When the one catch-up starts: now, moved by the jitter.
    package var startAt: WallTime

    package static let countingLimit = 1000

    /// nil: nothing was missed.
    ///
    /// - Parameters:
    ///   - schedule: what is planned.
    ///   - zone: whose civil time it is read in.
    ///   - lastRun: the planned time of the last run, or when the schedule came into being; a time after `now` (the
    ///     clock went back) misses nothing.
    ///   - now: the clock on the wall.
    ///   - jitter: seconds that the start may be late.
    ///   - draw: a random number from 0 to 1 that chooses among them.
    package init?(
        of schedule: CalendarSchedule, in zone: CalendarZone, lastRun: WallTime, now: WallTime, jitter: Double = 0,
        draw: Double = 0
    ) {
        guard let latest = schedule.latest(after: lastRun, until: now, in: zone) else { return nil }
        count = schedule.firings(after: lastRun, until: now, in: zone, limit: Self.countingLimit).count
        self.latest = latest
        startAt = now.adding(seconds: max(0, jitter) * min(1, max(0, draw)))
    }
}
