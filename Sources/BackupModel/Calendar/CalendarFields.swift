/// One entry of a component's list: a value, a range, or values that repeat.
struct CalendarSpan: Hashable, Sendable, Comparable {
    var start: Int
    /// The last value of a range, itself one of the values; nil: up to the component's end, if it repeats at all.
    var stop: Int?
    /// Distance of the values; 0: `start` alone.
    var step: Int

    init(_ start: Int, to stop: Int? = nil, by step: Int = 0) {
        self.start = start
        self.stop = stop
        self.step = step
    }

    static func < (a: CalendarSpan, b: CalendarSpan) -> Bool {
        (a.start, a.stop ?? -1, a.step) < (b.start, b.stop ?? -1, b.step)
    }

    /// The same values, a range ending in the last of them; a range of one value is that value.
    var trimmed: CalendarSpan {
        guard let stop, step > 0 else { return self }
        let last = stop - (stop - start) % step
        return last == start ? CalendarSpan(start) : CalendarSpan(start, to: last, by: step)
    }

    /// The first value at or after `number` and not above `limit`.
    func first(atOrAfter number: Int, limit: Int) -> Int? {
        if start >= number { return start <= limit ? start : nil }
        guard step > 0 else { return nil }
        let value = start + (number - start + step - 1) / step * step
        return value <= min(limit, stop ?? limit) ? value : nil
    }
}

/// Days of the week as bits, Monday lowest.
struct Weekdays: Hashable, Sendable {
    var bits: UInt8

    static let all = Weekdays(bits: 0x7f)
    static let names = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    static let longNames = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    /// Monday is 0.
    func contains(_ weekday: Int) -> Bool { bits >> UInt8(weekday) & 1 == 1 }

    mutating func insert(_ weekday: Int) { bits |= 1 << UInt8(weekday) }
}

/// How day of month and day of week go together.
enum DayRule: Hashable, Sendable {
    /// Both must match: systemd always, and cron when one of them begins with a star.
    case both
    /// One is enough: cron when both are restricted.
    case either
}

/// What an expression says, component by component; an empty list means any value.
struct CalendarFields: Hashable, Sendable {
    static let yearRange = 1970...2199
    static let second = 1_000_000

    var weekdays = Weekdays.all
    var years: [CalendarSpan] = []
    var months: [CalendarSpan] = []
    var days: [CalendarSpan] = []
    /// Days count from the month's end, 1 being the last.
    var countsFromEnd = false
    var dayRule = DayRule.both
    var hours: [CalendarSpan] = [CalendarSpan(0)]
    var minutes: [CalendarSpan] = [CalendarSpan(0)]
    /// In microseconds. A star is 0 repeated every second, so this list is never empty.
    var seconds: [CalendarSpan] = [CalendarSpan(0)]
    /// The zone the expression itself names.
    var zone: CalendarZone?

    /// Sorted lists without doubles, so that equal meanings mostly read equal.
    mutating func normalize() {
        for path in [\CalendarFields.years, \.months, \.days, \.hours, \.minutes, \.seconds] {
            var last: CalendarSpan?
            self[keyPath: path] = self[keyPath: path].sorted().filter { span in
                defer { last = span }
                return span != last
            }
        }
        if days.isEmpty { countsFromEnd = false }
    }
}
