/// Sizes and rates as people write them (J4).
///
/// `size = digits [ "." digits ] [ space ] [ unit ]`. Units: `B`; `kB KB MB GB TB PB EB` are powers of 1000;
/// `KiB MiB GiB TiB PiB EiB` and the bare letters `k K M G T P E` are powers of 1024; none means bytes. No sign, no
/// exponent, no other spelling. A part of a byte is dropped. Beyond 2^63-1 bytes is an error, never a wrap.
package enum ByteSize {
    /// The number of bytes, or why it is none.
    package static func parse(_ text: String) throws(BadValue) -> Int64 {
        guard text.utf8.count <= 40 else { throw BadValue("is too long for a size") }
        let bytes = Array(text.utf8)
        let numberEnd = bytes.firstIndex { !isDigit($0) && $0 != UInt8(ascii: ".") } ?? bytes.count
        let unitStart = numberEnd + (numberEnd < bytes.count && bytes[numberEnd] == UInt8(ascii: " ") ? 1 : 0)
        let unit = String(decoding: bytes[unitStart...], as: UTF8.self)
        guard let (whole, fraction, scale) = decimal(bytes[..<numberEnd]) else { throw malformed }
        guard let factor = units[unit], unitStart == numberEnd || !unit.isEmpty else {
            throw BadValue("has an unknown unit; write for instance 64 MiB, 10 GB or 1.5G")
        }
        // Below 10^28 * 2^60, far inside 128 bits after the check of the whole part.
        guard whole <= Int128(Int64.max) else { throw overflow }
        let total = whole * Int128(factor) + fraction * Int128(factor) / scale
        guard let size = Int64(exactly: total) else { throw overflow }
        return size
    }

    /// As a size with `/s` after it, or without.
    package static func parseRate(_ text: String) throws(BadValue) -> Int64 {
        try parse(text.hasSuffix("/s") ? String(text.dropLast(2)) : text)
    }

    /// The shortest exact way to write it back.
    package static func text(_ size: Int64) -> String {
        let binary = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
        var count = size
        var unit = "B"
        for name in binary where count != 0 && count % 1024 == 0 {
            count /= 1024
            unit = name
        }
        return "\(count) \(unit)"
    }

    private static let units: [String: Int64] = {
        var units: [String: Int64] = ["": 1, "B": 1, "kB": 1000, "k": 1024]
        var (decimal, binary): (Int64, Int64) = (1, 1)
        for letter in ["K", "M", "G", "T", "P", "E"] {
            decimal *= 1000
            binary *= 1024
            units[letter + "B"] = decimal
            units[letter + "iB"] = binary
            units[letter] = binary
        }
        return units
    }()

    private static let malformed = BadValue("is not a size; write for instance 64 MiB, 10 GB or 1.5G")
    private static let overflow = BadValue("is more than 8 EiB can hold")

    /// Whole part, and the fraction as a numerator over a power of ten; at most nine decimals count.
    private static func decimal(_ bytes: ArraySlice<UInt8>) -> (whole: Int128, fraction: Int128, scale: Int128)? {
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first, let whole = number(first) else { return nil }
        guard parts.count == 2 else { return (whole, 0, 1) }
        let digits = parts[1].prefix(9)
        guard number(parts[1]) != nil, let fraction = number(digits) else { return nil }
        return (whole, fraction, digits.reduce(Int128(1)) { scale, _ in scale * 10 })
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int128? {
        guard !digits.isEmpty, digits.count <= 30, digits.allSatisfy(isDigit) else { return nil }
        return digits.reduce(Int128(0)) { $0 * 10 + Int128($1 - UInt8(ascii: "0")) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}

/// Why a value cannot be taken: what follows the key's name in the message, without the value itself, which may be a
/// secret in the wrong place (I10).
package struct BadValue: Error, Hashable, Sendable {
    package var message: String

    package init(_ message: String) { self.message = message }
}
