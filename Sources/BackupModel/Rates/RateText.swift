import Foundation

/// Rates as text, two characters each: a graph of sixty slots in 120 bytes. Read back they are within 0.3 %.
///
/// Steps of equal ratio from 1 to 10^15; less than 1 is 0.
enum RateText {
    private static let base = 90
    private static let steps = Double(base * base - 2)
    private static let decades = 15.0
    private static let first: UInt8 = 35
    private static let backslash: UInt8 = 92

    static func encode(_ rates: [Double]) -> String {
        let letters = rates.flatMap { rate in
            let step = step(of: rate)
            return [letter(step / base), letter(step % base)]
        }
        return String(decoding: letters, as: UTF8.self)
    }

    /// Nil for what `encode` does not write.
    static func decode(_ text: String) -> [Double]? {
        let digits = text.utf8.compactMap(digit)
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { rate(at: digits[$0] * base + digits[$0 + 1]) }
    }

    private static func step(of rate: Double) -> Int {
        guard rate >= 1 else { return 0 }
        return 1 + Int((min(log10(rate) / decades, 1) * steps).rounded())
    }

    private static func rate(at step: Int) -> Double {
        step == 0 ? 0 : pow(10, Double(step - 1) / steps * decades).rounded()
    }

    private static func letter(_ digit: Int) -> UInt8 {
        let letter = first + UInt8(digit)
        return letter < backslash ? letter : letter + 1
    }

    private static func digit(_ letter: UInt8) -> Int? {
        guard letter >= first, letter != backslash else { return nil }
        let digit = Int(letter - first) - (letter > backslash ? 1 : 0)
        return digit < base ? digit : nil
    }
}
