/// An expression worked out into sets, and the search for the next local time in them.
///
/// Local times are microseconds since 1970-01-01T00:00 on a clock that knows no zone and no change.
struct CalendarTable: Hashable, Sendable {
    private let fields: CalendarFields
    private let months: UInt64
    private let hours: UInt64
    private let minutes: UInt64
    private let days: UInt64
    private let firstSecond: Int

    init(_ fields: CalendarFields) {
        self.fields = fields
        months = Self.bits(fields.months, in: 1...12)
        hours = Self.bits(fields.hours, in: 0...23)
        minutes = Self.bits(fields.minutes, in: 0...59)
        days = fields.countsFromEnd ? 0 : Self.bits(fields.days, in: 1...31)
        firstSecond = fields.seconds.compactMap { $0.first(atOrAfter: 0, limit: Self.lastMicrosecond) }.min() ?? 0
    }

    /// Whether it fires in every hour of the day: such a schedule follows elapsed time over a clock change (C4).
    var isEveryHour: Bool { hours == 0xff_ffff }

    /// The first matching local time at or after `time`; nil: none until the end of 2199.
    func next(atOrAfter time: Int) -> Int? {
        let number = time.floorDivided(by: CivilDay.microseconds)
        var day = CivilDay(number: max(0, number))
        let ofDay = number < 0 ? 0 : time - number * CivilDay.microseconds
        if matches(day), let found = timeOfDay(atOrAfter: ofDay) {
            return day.number * CivilDay.microseconds + found
        }
        day.advance()
        guard seek(&day), let found = timeOfDay(atOrAfter: 0) else { return nil }
        return day.number * CivilDay.microseconds + found
    }

    /// Moves to the first matching day from here on.
    private func seek(_ day: inout CivilDay) -> Bool {
        while day.year <= CalendarFields.yearRange.upperBound {
            if !hasMonth(day) {
                day.advanceMonth()
            } else if matchesInMonth(day) {
                return true
            } else {
                day.advance()
            }
        }
        return false
    }

    private func matches(_ day: CivilDay) -> Bool {
        day.year <= CalendarFields.yearRange.upperBound && hasMonth(day) && matchesInMonth(day)
    }

    private func hasMonth(_ day: CivilDay) -> Bool {
        guard months >> UInt64(day.month) & 1 == 1 else { return false }
        return fields.years.isEmpty
            || fields.years.contains { $0.first(atOrAfter: day.year, limit: day.year) == day.year }
    }

    private func matchesInMonth(_ day: CivilDay) -> Bool {
        let isWeekday = fields.weekdays.contains(day.weekday)
        let isDay = dayBits(monthLength: day.monthLength) >> UInt64(day.day) & 1 == 1
        return fields.dayRule == .both ? isWeekday && isDay : isWeekday || isDay
    }

    /// The days of a month that the day list names, as bits from 1.
    func dayBits(monthLength: Int) -> UInt64 {
        guard fields.countsFromEnd else { return days & (UInt64(2) << UInt64(monthLength) - 1) }
        // Counted from the end a range runs the other way round, and repetition still runs forward.
        let spans = fields.days.map { span in
            guard let stop = span.stop else { return CalendarSpan(monthLength + 1 - span.start, by: span.step) }
            return CalendarSpan(monthLength + 1 - stop, to: monthLength + 1 - span.start, by: span.step)
        }
        return Self.bits(spans, in: 1...monthLength)
    }

    private func timeOfDay(atOrAfter time: Int) -> Int? {
        let (hour, minute) = (time / 3_600_000_000, time / 60_000_000 % 60)
        if hours >> UInt64(hour) & 1 == 1 {
            if minutes >> UInt64(minute) & 1 == 1, let second = second(atOrAfter: time % 60_000_000) {
                return time - time % 60_000_000 + second
            }
            if let minute = Self.lowest(minutes, from: minute + 1) { return moment(hour, minute) }
        }
        guard let hour = Self.lowest(hours, from: hour + 1), let minute = Self.lowest(minutes, from: 0) else {
            return nil
        }
        return moment(hour, minute)
    }

    private func moment(_ hour: Int, _ minute: Int) -> Int { (hour * 60 + minute) * 60_000_000 + firstSecond }

    private func second(atOrAfter time: Int) -> Int? {
        fields.seconds.compactMap { $0.first(atOrAfter: time, limit: Self.lastMicrosecond) }.min()
    }

    private static let lastMicrosecond = 59_999_999

    /// The values of a list as bits; an empty list has them all.
    static func bits(_ spans: [CalendarSpan], in range: ClosedRange<Int>) -> UInt64 {
        range.reduce(into: 0) { bits, value in
            let isIn = spans.isEmpty || spans.contains { $0.first(atOrAfter: value, limit: value) == value }
            if isIn { bits |= 1 << UInt64(value) }
        }
    }

    private static func lowest(_ bits: UInt64, from index: Int) -> Int? {
        let rest = index > 63 ? 0 : bits >> UInt64(index)
        return rest == 0 ? nil : index + rest.trailingZeroBitCount
    }
}

extension Int {
    func floorDivided(by divisor: Int) -> Int {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
