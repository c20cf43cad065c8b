import BackupCatalog
package import BackupModel

/// A schedule as the clerk reads it.
package struct JobCalendar: Sendable {
    /// The first firing after a time.
    package var next: @Sendable (WallTime) -> WallTime?
    /// The last firing after one time up to and with another.
    package var latest: @Sendable (_ after: WallTime, _ until: WallTime) -> WallTime?

    package init(
        next: @escaping @Sendable (WallTime) -> WallTime?,
        latest: @escaping @Sendable (_ after: WallTime, _ until: WallTime) -> WallTime?
    ) {
        self.next = next
        self.latest = latest
    }
}

/// Reads the jobs' schedules: what is due, what was missed, what comes.
package struct ScheduleClerk: Sendable {
    private let read: @Sendable (String) -> JobCalendar?
    private var calendars: [String: (text: String, calendar: JobCalendar)] = [:]
    private var nexts: [String: WallTime] = [:]
    /// Schedules without a further time; not asked again, for that is a search through centuries.
    private var expired: Set<String> = []

    /// `read` gives nil for a text that is no schedule; the settings have refused it already (C9).
    package init(read: @escaping @Sendable (String) -> JobCalendar?) { self.read = read }

    /// Takes the settings' schedules; those that are the same keep their next time.
    package mutating func take(_ jobs: [JobSettings]) {
        let old = calendars
        calendars = [:]
        for job in jobs {
            guard let text = job.schedule else { continue }
            if let same = old[job.name], same.text == text {
                calendars[job.name] = same
            } else if let calendar = read(text) {
                calendars[job.name] = (text, calendar)
                recompute(job.name)
            }
        }
        nexts = nexts.filter { calendars[$0.key] != nil }
        expired = expired.filter { calendars[$0] != nil }
    }

    private mutating func recompute(_ name: String) {
        nexts[name] = nil
        expired.remove(name)
    }

    /// The zone's rules or the clock have changed: all is computed anew (C6).
    package mutating func forget() {
        nexts = [:]
        expired = []
    }

    /// What must happen to the jobs now. `isStart`: for the first time in this engine.
    package mutating func dues(_ book: JobBook, now: WallTime, isStart: Bool) -> [JobInput] {
        book.names.compactMap { name in
            guard let calendar = calendars[name]?.calendar, let card = book.cards[name] else { return nil }
            return due(name, calendar, card, now, isStart)
        }
    }

    private mutating func due(
        _ name: String, _ calendar: JobCalendar, _ card: JobCard, _ now: WallTime, _ isStart: Bool
    ) -> JobInput? {
        // From its coming into being on, times count. Handled in what is the future now: the clock was set back, and
        // what comes is asked of the clock as it is (C2), or a job would rest until the old time has come again.
        guard let handled = card.memory.handledAt, handled.seconds(since: now) <= ScheduleClerk.correction else {
            recompute(name)
            return .handled(name, now)
        }
        if isStart, !card.settings.isPersistent, handled < now {
            recompute(name)
            return .handled(name, now)
        }
        guard !expired.contains(name), let next = nexts[name] ?? calendar.next(handled) else {
            expired.insert(name)
            return nil
        }
        nexts[name] = next
        guard next <= now else { return nil }
        nexts[name] = nil
        let latest = calendar.latest(handled, now) ?? next
        let isLate = isStart || now.seconds(since: latest) > ScheduleClerk.late
        return .due(name, at: latest, isLate && card.settings.isPersistent ? .catchUp : .schedule)
    }

    /// Seconds by which a handled time may lie ahead: a clock corrected by no more repeats no firing.
    private static let correction = ClockWatch.tolerance
    /// Seconds after which a start is a catch-up.
    private static let late = 60.0

    /// The next time of a job that its memory has not handled.
    package func next(_ name: String, after handled: WallTime?, now: WallTime) -> WallTime? {
        if expired.contains(name) { return nil }
        return nexts[name] ?? calendars[name]?.calendar.next(max(handled ?? now, now))
    }

    /// The planned start that comes after another one.
    package func following(_ name: String, _ start: WallTime) -> WallTime? { calendars[name]?.calendar.next(start) }

    /// Planned starts up to a time, soonest first, with what they will wait for.
    package func firings(
        _ book: JobBook, from now: WallTime, until end: WallTime, limit: Int, expected: [String: Double]
    ) -> [Firing] {
        var all: [Firing] = []
        for name in book.names {
            guard let calendar = calendars[name]?.calendar, let card = book.cards[name], card.isEnabled else {
                continue
            }
            var at = max(
                card.memory.handledAt.map { $0.seconds(since: now) <= ScheduleClerk.correction ? $0 : now } ?? now, now)
            var skips = card.memory.skipsNext
            for _ in 0..<limit {
                guard let next = calendar.next(at), next <= end else { break }
                at = next
                if skips {
                    skips = false
                } else {
                    all.append(Firing(job: name, at: next, expectedSeconds: expected[name]))
                }
            }
        }
        all.sort { ($0.at, $0.job) < ($1.at, $1.job) }
        return ScheduleClerk.conflicts(Array(all.prefix(limit)), slots: { book.cards[$0]?.slots ?? [] })
    }

    /// Marks each firing that will find a slot taken by one before it that still runs then.
    static func conflicts(_ firings: [Firing], slots: (String) -> [String]) -> [Firing] {
        var marked = firings
        for index in marked.indices {
            let firing = marked[index]
            let rival = firings[..<index].last { earlier in
                let end = earlier.at.adding(seconds: earlier.expectedSeconds ?? 60)
                return end > firing.at && (earlier.job == firing.job || shared(earlier, firing, slots) != nil)
            }
            guard let rival else { continue }
            let slot = rival.job == firing.job ? nil : shared(rival, firing, slots)
            marked[index].conflict = slot.map { "\($0) with \(rival.job)" } ?? "the run before goes on"
        }
        return marked
    }

    private static func shared(_ a: Firing, _ b: Firing, _ slots: (String) -> [String]) -> String? {
        let held = slots(a.job)
        return slots(b.job).first(where: held.contains)
    }
}
