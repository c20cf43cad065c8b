/// A point in civil time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// Wall clocks lie (I12): order events by their sequence number and measure durations with a monotonic clock. This
/// value is for people to read and for records that outlive a process.
package struct WallTime: Hashable, Comparable, Codable, Sendable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (a: WallTime, b: WallTime) -> Bool { a.milliseconds < b.milliseconds }

    package init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }

    /// This time moved by a number of seconds, which may be negative; stops at the ends of what it holds, and is not
    /// moved by what is no number.
    package func adding(seconds: Double) -> WallTime {
        let sum = Double(milliseconds) + (seconds * 1000).rounded(.towardZero)
        if sum.isNaN { return self }
        // A double below that is a whole number of milliseconds.
        return WallTime(milliseconds: Int64(exactly: sum) ?? (sum < 0 ? .min : .max))
    }

    /// Seconds from `earlier` to this time.
    package func seconds(since earlier: WallTime) -> Double {
        (Double(milliseconds) - Double(earlier.milliseconds)) / 1000
    }
}

/// A date and a time of day in the proleptic Gregorian calendar, UTC.
package struct CivilTime: Hashable, Sendable {
    package var year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int, millisecond: Int
}

extension WallTime {
    /// This time in UTC; the day arithmetic is Howard Hinnant's `civil_from_days`.
    package var civil: CivilTime {
        let seconds = milliseconds.floorDivided(by: 1000)
        let days = seconds.floorDivided(by: 86_400)
        let ofDay = Int(seconds - days * 86_400)
        let shifted = days + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        return CivilTime(
            year: Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), month: month,
            day: Int(dayOfYear - (153 * monthFromMarch + 2) / 5 + 1), hour: ofDay / 3600, minute: ofDay / 60 % 60,
            second: ofDay % 60, millisecond: Int(milliseconds - seconds * 1000))
    }

    /// `2026-10-04T14:02:51.118Z`, or without the milliseconds.
    package func iso8601(milliseconds: Bool = false) -> String {
        let c = civil
        let base = "\(padded(c.year, 4))-\(padded(c.month, 2))-\(padded(c.day, 2))T" + clock(c)
        return milliseconds ? base + "." + padded(c.millisecond, 3) + "Z" : base + "Z"
    }

    /// `14:02:51`
    package var timeOfDay: String { clock(civil) }

    /// `2026-10-04`
    package var date: String {
        let c = civil
        return "\(padded(c.year, 4))-\(padded(c.month, 2))-\(padded(c.day, 2))"
    }

    private func clock(_ c: CivilTime) -> String {
        "\(padded(c.hour, 2)):\(padded(c.minute, 2)):\(padded(c.second, 2))"
    }
}

private func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

extension Int64 {
    fileprivate func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }
}
