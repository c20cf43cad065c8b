package import BackupModel

extension WallTime {
    /// Reads `2026-10-04T14:02:51.118Z` or the same with an offset; nil when it is no such time.
    package init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes.count <= 40, bytes[4] == 45, bytes[7] == 45, bytes[13] == 58, bytes[16] == 58,
            bytes[10] == 84 || bytes[10] == 116,
            let year = digits(bytes, 0, 4), let month = digits(bytes, 5, 2), let day = digits(bytes, 8, 2),
            let hour = digits(bytes, 11, 2), let minute = digits(bytes, 14, 2), let second = digits(bytes, 17, 2),
            1...12 ~= month, 1...daysIn(month, of: year) ~= day, hour < 24, minute < 60, second <= 60,
            let (fraction, end) = fraction(bytes, 19), let offset = offset(bytes, end)
        else { return nil }
        let seconds = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset
        self.init(milliseconds: Int64(seconds) * 1000 + Int64(fraction))
    }
}

private func digits(_ bytes: [UInt8], _ start: Int, _ count: Int) -> Int? {
    guard start + count <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[start..<start + count] {
        guard 48...57 ~= byte else { return nil }
        value = value * 10 + Int(byte - 48)
    }
    return value
}

/// Milliseconds of a fraction at that place, and where it ends.
private func fraction(_ bytes: [UInt8], _ start: Int) -> (Int, Int)? {
    guard bytes[start] == 46 else { return (0, start) }
    let end = bytes[(start + 1)...].firstIndex { !(48...57 ~= $0) } ?? bytes.count
    guard end > start + 1 else { return nil }
    let first = (0..<3).map { start + 1 + $0 < end ? Int(bytes[start + 1 + $0] - 48) : 0 }
    return (first[0] * 100 + first[1] * 10 + first[2], end)
}

/// Seconds east of UTC, when nothing else follows.
private func offset(_ bytes: [UInt8], _ start: Int) -> Int? {
    guard start < bytes.count else { return nil }
    if bytes[start] == 90 || bytes[start] == 122 { return start + 1 == bytes.count ? 0 : nil }
    guard bytes[start] == 43 || bytes[start] == 45, bytes.count == start + 6, bytes[start + 3] == 58,
        let hours = digits(bytes, start + 1, 2), let minutes = digits(bytes, start + 4, 2), hours < 24, minutes < 60
    else { return nil }
    return (bytes[start] == 45 ? -1 : 1) * (hours * 3600 + minutes * 60)
}

private func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
}

/// Days since 1970-01-01: Howard Hinnant's `days_from_civil`, for years from 0 on.
private func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    // Only the first two months of year 0 lie in the era before.
    let era = shifted >= 0 ? shifted / 400 : -1
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}
