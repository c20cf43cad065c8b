/// Finds where each key of a TOML text stands, because the parser tells it for syntax errors only.
///
/// It decides no value: the parser's tree is the truth, a key not found here only costs its column. It also refuses
/// what the parser must not be given: nesting so deep that freeing it would overflow the stack, NUL escapes, at which
/// C strings end, and missing keys and values, for which the parser has assertions that abort.
struct KeyLocator {
    /// Far above what settings, themes and keys need.
    static let deepest = 32

    /// Every table and key, and every part of a dotted one, at its first place.
    private(set) var positions: [[String]: TextPosition] = [:]
    private(set) var problem: (position: TextPosition, message: String)?

    private let bytes: [UInt8]
    private var index = 0
    private var table: [String] = []
    /// Where the last key stood; places are asked for in rising order, so each byte is counted once.
    private var counted = (offset: 0, position: TextPosition(line: 1, column: 1))

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
        while problem == nil, index < bytes.count {
            statement()
        }
    }

    private mutating func statement() {
        skipBlank(lines: true)
        guard let byte = peek() else { return }
        if byte == UInt8(ascii: "[") {
            header()
        } else {
            pair(in: table, depth: 0)
        }
        skipLine()
    }

    private mutating func header() {
        for _ in 0..<2 where peek() == UInt8(ascii: "[") { index += 1 }
        table = keyPath(in: [])
    }

    /// `key = value`; leaves the index after the value.
    private mutating func pair(in prefix: [String], depth: Int) {
        let path = keyPath(in: prefix)
        skipBlank(lines: false)
        guard problem == nil else { return }
        guard peek() == UInt8(ascii: "=") else { return refuse("expected = after the key", at: index) }
        index += 1
        skipBlank(lines: false)
        value(of: path, depth: depth)
    }

    /// A dotted key; notes the place of each part.
    private mutating func keyPath(in prefix: [String]) -> [String] {
        var path = prefix
        while true {
            skipBlank(lines: false)
            let place = index
            guard let part = keyPart() else {
                refuse("expected a key", at: min(place, bytes.count))
                return path
            }
            path.append(part)
            guard path.count <= Self.deepest else {
                refuse("more than \(Self.deepest) levels of tables", at: place)
                return path
            }
            if positions[path] == nil { positions[path] = position(of: place) }
            skipBlank(lines: false)
            guard peek() == UInt8(ascii: ".") else { return path }
            index += 1
        }
    }

    private mutating func position(of offset: Int) -> TextPosition {
        for byte in bytes[counted.offset..<max(counted.offset, offset)] {
            if byte == UInt8(ascii: "\n") {
                counted.position.line += 1
                counted.position.column = 1
            } else if byte & 0xc0 != 0x80 {
                counted.position.column += 1
            }
        }
        counted.offset = max(counted.offset, offset)
        return counted.position
    }

    private mutating func keyPart() -> String? {
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): return string()
        default:
            let start = index
            while let byte = peek(), isBareKey(byte) { index += 1 }
            return index > start ? String(decoding: bytes[start..<index], as: UTF8.self) : nil
        }
    }

    private mutating func value(of path: [String], depth: Int) {
        guard depth <= Self.deepest else { return refuse("more than \(Self.deepest) levels of values", at: index) }
        guard let first = peek(), !endsBareValue(first) else { return refuse("expected a value", at: index) }
        switch first {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = string()
        case UInt8(ascii: "["): list(of: path, depth: depth, until: UInt8(ascii: "]"))
        case UInt8(ascii: "{"): list(of: path, depth: depth, until: UInt8(ascii: "}"))
        default: while let byte = peek(), !endsBareValue(byte) { index += 1 }
        }
    }

    /// An array or inline table.
    private mutating func list(of path: [String], depth: Int, until end: UInt8) {
        index += 1
        while problem == nil {
            skipBlank(lines: true)
            if peek() == end { break }
            if end == UInt8(ascii: "}") {
                pair(in: path, depth: depth + 1)
            } else {
                value(of: path, depth: depth + 1)
            }
            skipBlank(lines: true)
            guard peek() == UInt8(ascii: ",") else { break }
            index += 1
        }
        guard problem == nil else { return }
        guard peek() == end else {
            return refuse("expected , or \(Character(Unicode.Scalar(end)))", at: min(index, bytes.count))
        }
        index += 1
    }
}

// MARK: - Strings and blanks

extension KeyLocator {
    /// Reads a string of any of the four kinds and returns what it means.
    private mutating func string() -> String {
        let quote = bytes[index]
        let isLong = index + 2 < bytes.count && bytes[index + 1] == quote && bytes[index + 2] == quote
        index += isLong ? 3 : 1
        var content: [UInt8] = []
        while let byte = peek() {
            if byte == quote, !isLong || closesLong(quote) {
                index += isLong ? 3 : 1
                // A long string may end in one or two quotes of its own.
                while isLong, peek() == quote { index += 1 }
                break
            }
            if byte == UInt8(ascii: "\n"), !isLong { break }
            index += 1
            if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
                content += escape()
            } else {
                content.append(byte)
            }
        }
        return String(decoding: content, as: UTF8.self)
    }

    private func closesLong(_ quote: UInt8) -> Bool {
        index + 2 < bytes.count && bytes[index + 1] == quote && bytes[index + 2] == quote
    }

    /// What stands after a backslash.
    private mutating func escape() -> [UInt8] {
        guard let kind = peek() else { return [] }
        let place = index - 1
        index += 1
        switch kind {
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "e"): return [27]
        case UInt8(ascii: "x"): return scalar(digits: 2, from: place)
        case UInt8(ascii: "u"): return scalar(digits: 4, from: place)
        case UInt8(ascii: "U"): return scalar(digits: 8, from: place)
        default: return [kind]
        }
    }

    private mutating func scalar(digits: Int, from place: Int) -> [UInt8] {
        let text = String(decoding: bytes[index..<min(bytes.count, index + digits)], as: UTF8.self)
        guard text.utf8.count == digits, let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
            return []
        }
        index += digits
        if value == 0 { refuse("a NUL character in a string", at: place) }
        return Array(String(Character(scalar)).utf8)
    }

    private mutating func skipBlank(lines: Bool) {
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): index += 1
            case UInt8(ascii: "\n") where lines: index += 1
            case UInt8(ascii: "#") where lines: skipLine()
            default: return
            }
        }
    }

    private mutating func skipLine() {
        while let byte = peek(), byte != UInt8(ascii: "\n") { index += 1 }
    }

    private func peek() -> UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func refuse(_ message: String, at offset: Int) {
        if problem == nil { problem = (TextPosition(of: offset, in: bytes), message) }
    }

    private func isBareKey(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    private func endsBareValue(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\n"), UInt8(ascii: "#"), UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): true
        default: false
        }
    }
}
