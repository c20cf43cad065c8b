/// Spans of time as people write them (J4).
///
/// `span = part { [ space ] part }`, `part = digits [ "." digits ] [ space ] unit`. Units: `s`, `m`, `h`, `d`, `w`, each
/// at most once, the longer before the shorter. No sign, no exponent, no other spelling.
package enum TimeSpan {
    /// A hundred years; nothing in a settings file lasts longer.
    static let longest = 36_525.0 * 86_400

    /// The number of seconds, or why it is none.
    package static func parse(_ text: String) throws(BadValue) -> Double {
        guard text.utf8.count <= 40 else { throw BadValue("is too long for a span of time") }
        var rest = text[...]
        var seconds = 0.0
        var last = Double.infinity
        repeat {
            let (part, unit) = try self.part(&rest)
            guard unit < last else { throw malformed }
            last = unit
            seconds += part * unit
            if rest.first == " ", rest.count > 1 { rest.removeFirst() }
        } while !rest.isEmpty
        guard seconds <= longest else { throw BadValue("is longer than a hundred years") }
        return seconds
    }

    private static func part(_ rest: inout Substring) throws(BadValue) -> (Double, Double) {
        let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        rest.removeFirst(number.count)
        if rest.first == " " { rest.removeFirst() }
        let halves = number.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count), halves.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 12 }),
            let value = Double(number)
        else { throw malformed }
        guard let letter = rest.first, let unit = units.first(where: { $0.letter == letter }) else {
            throw BadValue("has no unit of time, or an unknown one; write for instance 90s, 10m, 26h or 7d")
        }
        rest.removeFirst()
        return (value, unit.seconds)
    }

    /// The shortest way to write it back; parts of a second are rounded to thousandths.
    package static func text(_ seconds: Double) -> String {
        var rest = Int64((max(0, min(seconds, longest)) * 1000).rounded())
        guard rest > 0 else { return "0s" }
        var out = ""
        // Weeks are read and not written: 30d says more than 4w2d.
        for unit in units.dropFirst() {
            let size = Int64(unit.seconds) * 1000
            if unit.letter == "s", rest % 1000 != 0 {
                let fraction = String(1000 + rest % 1000).dropFirst()
                return out + "\(rest / 1000)." + fraction + "s"
            }
            if rest >= size { out += "\(rest / size)\(unit.letter)" }
            rest %= size
        }
        return out
    }

    private static let units: [(letter: Character, seconds: Double)] = [
        ("w", 604_800), ("d", 86_400), ("h", 3600), ("m", 60), ("s", 1),
    ]

    private static let malformed = BadValue("is not a span of time; write for instance 90s, 10m, 26h or 1h30m")
}
