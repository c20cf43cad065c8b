/// Numbers as people read them, everywhere the same: IEC units, thin grouping by a space, fixed forms.
package enum Quantity {
    /// `1.21 TiB`, `88.1 GiB`, `512 B`: three significant digits.
    package static func bytes(_ count: Int64) -> String { scaled(Double(count), units: byteUnits) }

    /// `118 MiB/s`
    package static func rate(_ bytesPerSecond: Double) -> String {
        scaled(max(0, bytesPerSecond), units: byteUnits) + "/s"
    }

    /// `18 402`
    package static func count(_ number: Int) -> String {
        let digits = String(number.magnitude)
        var out = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { out += " " }
            out.append(digit)
        }
        return number < 0 ? "-" + out : out
    }

    /// `04:12` under an hour, `1h30` under a day, `2d04h` above.
    package static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite else { return "?" }
        let whole = Int(min(max(0, seconds), 1e12).rounded())
        switch whole {
        case ..<3600: return two(whole / 60) + ":" + two(whole % 60)
        case ..<86_400: return "\(whole / 3600)h" + two(whole / 60 % 60)
        default: return "\(whole / 86_400)d" + two(whole / 3600 % 24) + "h"
        }
    }

    private static let byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]

    private static func scaled(_ value: Double, units: [String]) -> String {
        var scaled = value
        var unit = 0
        while scaled >= 999.5, unit < units.count - 1 {
            scaled /= 1024
            unit += 1
        }
        let decimals = unit == 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2
        return fixed(scaled, decimals) + " " + units[unit]
    }

    /// A number with a fixed count of decimals, at most three, without Foundation.
    package static func fixed(_ value: Double, _ decimals: Int) -> String {
        guard value.magnitude < 1e15 else { return value.isNaN ? "?" : value < 0 ? "-inf" : "inf" }
        let power = [1, 10, 100, 1000][min(3, max(0, decimals))]
        let scaled = Int64((value.magnitude * Double(power)).rounded())
        let sign = value < 0 && scaled > 0 ? "-" : ""
        guard power > 1 else { return sign + String(scaled) }
        let fraction = String(scaled % Int64(power))
        let zeros = String(repeating: "0", count: decimals - fraction.count)
        return sign + String(scaled / Int64(power)) + "." + zeros + fraction
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
