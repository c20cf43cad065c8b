import BackupModel

/// What the documentation says of a key; a test holds the two together.
package struct SettingsKey: Hashable, Sendable {
    package var name: String
    /// `path`, `word`, `whole number`, `size`, `rate`, `share`, `true or false`.
    package var kind: String
    /// As written in the table of the documentation, for instance `1 to 64`.
    package var range: String
    /// `required`, `none`, or the value as it would stand in the file.
    package var defaultText: String

    package init(name: String, kind: String, range: String, defaultText: String) {
        self.name = name
        self.kind = kind
        self.range = range
        self.defaultText = defaultText
    }
}

/// One key of a table: what it may be and where it goes.
struct KeyRule<Subject>: Sendable {
    var key: SettingsKey
    var isRequired: Bool { key.defaultText == "required" }
    let read: @Sendable (TOMLNode, inout Subject) throws(BadValue) -> Void

    private init(
        _ key: SettingsKey, read: @escaping @Sendable (TOMLNode, inout Subject) throws(BadValue) -> Void
    ) {
        self.key = key
        self.read = read
    }

    static func path(_ name: String, _ standard: String, _ set: @escaping @Sendable (inout Subject, String) -> Void)
        -> Self
    {
        KeyRule(SettingsKey(name: name, kind: "path", range: "absolute", defaultText: standard)) {
            node, subject throws(BadValue) in
            set(&subject, try PlainPath.parse(try node.text()))
        }
    }

    static func word<Word: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ standard: Word, _ set: @escaping @Sendable (inout Subject, Word) -> Void
    ) -> Self where Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        let meanings = Dictionary(uniqueKeysWithValues: Word.allCases.map { ($0.rawValue, $0) })
        let range = words.joined(separator: ", ")
        let key = SettingsKey(name: name, kind: "word", range: range, defaultText: "\"\(standard.rawValue)\"")
        return KeyRule(key) { node, subject throws(BadValue) in
            let text = try node.text()
            guard let word = meanings[text] else {
                let near = NearestWord.of(text, among: words).map { "; did you mean \"\($0)\"?" }
                throw BadValue("must be one of \(range)" + (near ?? ""))
            }
            set(&subject, word)
        }
    }

    static func whole(
        _ name: String, _ range: ClosedRange<Int>, _ standard: Int,
        _ set: @escaping @Sendable (inout Subject, Int) -> Void
    ) -> Self {
        let words = "\(range.lowerBound) to \(range.upperBound)"
        let key = SettingsKey(name: name, kind: "whole number", range: words, defaultText: String(standard))
        return KeyRule(key) { node, subject throws(BadValue) in
            guard case .integer(let number) = node else { throw node.wrongKind("a whole number") }
            guard let value = Int(exactly: number), range.contains(value) else {
                throw BadValue("is out of range: \(words)")
            }
            set(&subject, value)
        }
    }

    static func size(
        _ name: String, atLeast least: Int64, _ standard: Int64?,
        _ set: @escaping @Sendable (inout Subject, Int64) -> Void
    ) -> Self {
        let words = "\(ByteSize.text(least)) or more"
        let text = standard.map { "\"\(ByteSize.text($0))\"" } ?? "none"
        return KeyRule(SettingsKey(name: name, kind: "size", range: words, defaultText: text)) {
            node, subject throws(BadValue) in
            let value = try node.bytes { text throws(BadValue) in try ByteSize.parse(text) }
            guard value >= least else { throw BadValue("is out of range: \(words)") }
            set(&subject, value)
        }
    }

    static func rate(
        _ name: String, atLeast least: Int64, _ set: @escaping @Sendable (inout Subject, Int64) -> Void
    ) -> Self {
        let words = "\(ByteSize.text(least))/s or more"
        return KeyRule(SettingsKey(name: name, kind: "rate", range: words, defaultText: "none")) {
            node, subject throws(BadValue) in
            let value = try node.bytes { text throws(BadValue) in try ByteSize.parseRate(text) }
            guard value >= least else { throw BadValue("is out of range: \(words)") }
            set(&subject, value)
        }
    }

    static func share(_ name: String, _ standard: Double, _ set: @escaping @Sendable (inout Subject, Double) -> Void)
        -> Self
    {
        let key = SettingsKey(name: name, kind: "share", range: "0 to 1", defaultText: Quantity.fixed(standard, 1))
        return KeyRule(key) { node, subject throws(BadValue) in
            let value =
                switch node {
                case .integer(let number): Double(number)
                case .float(let number): number
                default: throw node.wrongKind("a number from 0 to 1")
                }
            // Also refuses nan.
            guard value >= 0, value <= 1 else { throw BadValue("is out of range: 0 to 1") }
            set(&subject, value)
        }
    }

    static func flag(_ name: String, _ standard: Bool, _ set: @escaping @Sendable (inout Subject, Bool) -> Void)
        -> Self
    {
        let key = SettingsKey(name: name, kind: "true or false", range: "", defaultText: String(standard))
        return KeyRule(key) { node, subject throws(BadValue) in
            guard case .boolean(let value) = node else { throw node.wrongKind("true or false, without quotes") }
            set(&subject, value)
        }
    }

    /// A built-in thing by its name, or a file of one's own by its absolute path.
    static func nameOrPath(
        _ name: String, _ standard: String, _ set: @escaping @Sendable (inout Subject, String) -> Void
    ) -> Self {
        let key = SettingsKey(name: name, kind: "name or path", range: "absolute when a path", defaultText: standard)
        return KeyRule(key) { node, subject throws(BadValue) in
            let text = try node.text()
            set(&subject, MirrorName.isValid(text) ? text : try PlainPath.parse(text))
        }
    }
}

extension TOMLNode {
    fileprivate func text() throws(BadValue) -> String {
        guard case .string(let text) = self else { throw wrongKind("a string in quotes") }
        return text
    }

    fileprivate func bytes(_ parse: (String) throws(BadValue) -> Int64) throws(BadValue) -> Int64 {
        switch self {
        case .string(let text): try parse(text)
        case .integer(let number) where number >= 0: number
        case .integer: throw BadValue("is negative")
        default: throw wrongKind("a size in quotes, for instance \"64 MiB\"")
        }
    }

    fileprivate func wrongKind(_ expected: String) -> BadValue { BadValue("must be \(expected), not \(kind)") }
}

/// Names of mirrors name files too.
package enum MirrorName {
    /// 1 to 64 of `a-z 0-9 - _`, beginning with a letter or digit.
    package static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...64).contains(bytes.count), let first = bytes.first else { return false }
        return isLetterOrDigit(first)
            && bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
