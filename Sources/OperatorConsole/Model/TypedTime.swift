import BackupModel

/// Times as an operator types them.
package enum TypedTime {
    /// `15m`, `2h`, `1h30`, `1d`, `90s`; a bare number is minutes. Seconds; nil when it cannot be read or is no time
    /// between a minute and thirty days.
    package static func duration(_ text: String) -> Double? {
        var total = 0.0
        var digits = ""
        var last: Double = 0
        for letter in text.lowercased() where letter != " " {
            if letter.isASCII, letter.isNumber {
                digits.append(letter)
                continue
            }
            guard let unit = units[letter], let number = Double(digits), digits.utf8.count <= 6 else { return nil }
            // Units fall: `1h30m`, never `30m1h`.
            guard last == 0 || unit < last else { return nil }
            total += number * unit
            last = unit
            digits = ""
        }
        if !digits.isEmpty {
            guard let number = Double(digits), digits.utf8.count <= 6 else { return nil }
            total += number * (last == 0 || last == 3600 ? 60 : last == 86_400 ? 3600 : 1)
        }
        return (60...2_592_000).contains(total) ? total : nil
    }

    /// `06:00`: the next time of day like that, as the operator's clock shows it.
    static func next(_ text: String, after now: WallTime, offset: Int) -> WallTime? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let hour = Int(parts[0]), let minute = Int(parts[1]), parts[1].utf8.count == 2,
            (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        let local = now.adding(seconds: Double(offset)).civil
        let ofDay = local.hour * 3600 + local.minute * 60 + local.second
        var wait = hour * 3600 + minute * 60 - ofDay
        if wait <= 0 { wait += 86_400 }
        return WallTime(milliseconds: now.milliseconds - Int64(local.millisecond) + Int64(wait) * 1000)
    }

    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
}
