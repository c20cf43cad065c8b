/// When something should run, from systemd calendar syntax or five-field cron.
///
/// Equal to systemd, except on the day of a clock change (C4): a time that the clock skips runs once at the next
/// valid moment, a time that comes twice runs the first time only. A schedule that fires in every hour follows elapsed
/// time instead: 23 or 25 times that day.
package struct CalendarSchedule: Hashable, Sendable {
    /// The expression as it was written.
    package let text: String
    let fields: CalendarFields
    private let table: CalendarTable

    /// Throws for what cannot be read, and for what never fires in the years 1970 to 2199 (C9).
    package init(_ text: String) throws(CalendarProblem) {
        guard text.utf8.count <= 500 else { throw CalendarProblem("a schedule has at most 500 bytes", column: 500) }
        self.text = text
        fields = CronReader.isCron(text) ? try CronReader.read(text) : try CalendarReader.read(text)
        table = CalendarTable(fields)
        guard table.next(atOrAfter: 0) != nil else {
            throw CalendarProblem("this never fires: no such day exists", column: 0)
        }
    }

    /// The zone that the expression itself names; it goes before any other.
    package var zone: CalendarZone? { fields.zone }

    /// The first firing after a time; nil: no more until the end of 2199.
    ///
    /// `zone` counts when the expression names none. Firings between two milliseconds are rounded down.
    package func next(after time: WallTime, in zone: CalendarZone) -> WallTime? {
        let clock = LocalClock(fields.zone ?? zone)
        let (from, overflow) = Int(time.milliseconds).addingReportingOverflow(1)
        guard !overflow, let first = max(0, from).microseconds else { return nil }
        let found =
            table.isEveryHour
            ? clock.nextReal(atOrAfter: first, table: table) : clock.nextOnce(atOrAfter: first, table: table)
        return found.map { WallTime(milliseconds: Int64($0.floorDivided(by: 1000))) }
    }

    /// The firings after one time up to and with another, the earliest `limit` of them.
    package func firings(after: WallTime, until: WallTime, in zone: CalendarZone, limit: Int) -> [WallTime] {
        var found: [WallTime] = []
        var time = after
        while found.count < limit, let next = next(after: time, in: zone), next <= until {
            found.append(next)
            time = next
        }
        return found
    }

    /// The last firing after one time up to and with another.
    package func latest(after: WallTime, until: WallTime, in zone: CalendarZone) -> WallTime? {
        guard var found = next(after: after, in: zone), found <= until else { return nil }
        // Between `found` and `high` lie firings not seen yet; none lies between `high` and `until`.
        var high = until
        while high.milliseconds - found.milliseconds > 1 {
            let middle = WallTime(milliseconds: found.milliseconds + (high.milliseconds - found.milliseconds) / 2)
            if let later = next(after: middle, in: zone), later <= until { found = later } else { high = middle }
        }
        if let later = next(after: found, in: zone), later <= until { found = later }
        return found
    }

    package static func == (a: CalendarSchedule, b: CalendarSchedule) -> Bool { a.text == b.text }

    package func hash(into hasher: inout Hasher) { hasher.combine(text) }
}

extension CalendarSchedule: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            try self.init(try container.decode(String.self))
        } catch let problem as CalendarProblem {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: problem.message)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension Int {
    /// Milliseconds as microseconds, unless they do not fit.
    fileprivate var microseconds: Int? {
        let (product, overflow) = multipliedReportingOverflow(by: 1000)
        // Half the range is left for offsets and for what is added while searching.
        return overflow || product > Int.max / 2 ? nil : product
    }
}
