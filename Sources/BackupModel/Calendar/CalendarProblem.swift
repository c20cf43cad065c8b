/// Why a calendar expression is refused, and where in its text.
package struct CalendarProblem: Error, Hashable, Sendable {
    /// One clause for people; it holds no byte of the expression that could hurt a screen.
    package var message: String
    /// Offset of the offending byte in the text, from 0.
    package var column: Int

    package init(_ message: String, column: Int) {
        self.message = message
        self.column = column
    }
}

/// Reads ASCII text byte by byte and knows where it is.
struct CalendarCursor {
    let bytes: [UInt8]
    var index = 0
    /// One past the last byte to read.
    var end: Int

    init(_ text: String) {
        bytes = Array(text.utf8)
        end = bytes.count
        while end > 0, isBlank(bytes[end - 1]) { end -= 1 }
        skipBlanks()
    }

    var isAtEnd: Bool { index >= end }
    var next: UInt8? { index < end ? bytes[index] : nil }
    /// What is left, as text.
    var rest: String { String(decoding: bytes[min(index, end)..<end], as: UTF8.self) }

    func peek(_ distance: Int) -> UInt8? { index + distance < end ? bytes[index + distance] : nil }

    func isNext(_ character: Character) -> Bool { next == character.asciiValue }

    mutating func take(_ character: Character) -> Bool {
        guard isNext(character) else { return false }
        index += 1
        return true
    }

    /// Takes the two bytes of `..` or neither.
    mutating func takeRange() -> Bool {
        guard isNext("."), peek(1) == UInt8(ascii: ".") else { return false }
        index += 2
        return true
    }

    mutating func skipBlanks() {
        while let byte = next, isBlank(byte) { index += 1 }
    }

    /// Letters from here on, in lower case.
    mutating func takeLetters() -> String {
        var letters = ""
        while let byte = next, (byte | 0x20) >= UInt8(ascii: "a"), (byte | 0x20) <= UInt8(ascii: "z") {
            letters.append(Character(UnicodeScalar(byte | 0x20)))
            index += 1
        }
        return letters
    }

    /// A run of digits; nil when there is none.
    mutating func takeNumber() throws(CalendarProblem) -> Int? {
        let start = index
        var number = 0
        while let byte = next, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            // Longer numbers fit no component; stopping here keeps the sum from overflowing.
            guard index - start < 18 else { throw CalendarProblem("this number is too large", column: start) }
            number = number * 10 + Int(byte - UInt8(ascii: "0"))
            index += 1
        }
        return index > start ? number : nil
    }

    func problem(_ message: String, at column: Int? = nil) -> CalendarProblem {
        CalendarProblem(message, column: column ?? index)
    }
}

private func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || (9...13).contains(byte) }
