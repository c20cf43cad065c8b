import BackupModel

/// What a value may be: what the documentation calls it, how it is read and how it is written back.
struct ValueKind<Value: Sendable>: Sendable {
    var kind: String
    /// As written in the table of the documentation, for instance `1 to 64`.
    var range: String
    let read: @Sendable (TOMLNode) throws(BadValue) -> Value
    /// TOML that reads as the same value.
    let write: @Sendable (Value) -> String

    init(
        _ kind: String, _ range: String = "", read: @escaping @Sendable (TOMLNode) throws(BadValue) -> Value,
        write: @escaping @Sendable (Value) -> String
    ) {
        self.kind = kind
        self.range = range
        self.read = read
        self.write = write
    }
}

// MARK: - Words and paths

extension ValueKind where Value == String {
    static var path: Self {
        ValueKind("path", "absolute") { node throws(BadValue) in
            try PlainPath.parse(try node.text())
        } write: {
            TOMLString.quoted($0)
        }
    }

    /// A built-in thing by its name, or a file of one's own by its absolute path.
    static var nameOrPath: Self {
        ValueKind("name or path", "absolute when a path") { node throws(BadValue) in
            let text = try node.text()
            return MirrorName.isValid(text) ? text : try PlainPath.parse(text)
        } write: {
            TOMLString.quoted($0)
        }
    }

    /// The name of another table of these settings.
    static func name(of section: String) -> Self {
        ValueKind("name", "a [\(section).NAME]") { node throws(BadValue) in
            try name(try node.text(), of: section)
        } write: {
            TOMLString.quoted($0)
        }
    }

    /// One line of text without control characters.
    static func line(_ range: String, atMost limit: Int = 200) -> Self {
        ValueKind("text", range) { node throws(BadValue) in
            try line(try node.text(), atMost: limit)
        } write: {
            TOMLString.quoted($0)
        }
    }

    fileprivate static func name(_ text: String, of section: String) throws(BadValue) -> String {
        guard MirrorName.isValid(text) else {
            throw BadValue("cannot be the name of a \(section): 1 to 64 of a-z, 0-9, - and _")
        }
        return text
    }

    fileprivate static func line(_ text: String, atMost limit: Int) throws(BadValue) -> String {
        guard !text.isEmpty else { throw BadValue("is empty") }
        guard text.utf8.count <= limit else { throw BadValue("is longer than \(limit) bytes") }
        guard printable(text.utf8).filter({ $0 != "\\" }) == text.filter({ $0 != "\\" }) else {
            throw BadValue("holds control or invisible characters")
        }
        return text
    }
}

extension ValueKind where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    static var word: Self {
        let words = Value.allCases.map(\.rawValue)
        let range = words.joined(separator: ", ")
        return ValueKind("word", range) { node throws(BadValue) in
            let text = try node.text()
            guard let word = Value(rawValue: text) else {
                let near = NearestWord.of(text, among: words).map { "; did you mean \"\($0)\"?" }
                throw BadValue("must be one of \(range)" + (near ?? ""))
            }
            return word
        } write: {
            TOMLString.quoted($0.rawValue)
        }
    }
}

// MARK: - Lists

extension ValueKind where Value == [String] {
    /// Names of other tables of these settings, each once.
    static func names(of section: String) -> Self {
        ValueKind("list of names", "[\(section).NAME]s") { node throws(BadValue) in
            try node.strings(atMost: 100, "a list of names, for instance [\"nightly\"]") { text throws(BadValue) in
                try ValueKind<String>.name(text, of: section)
            }
        } write: {
            TOMLString.list($0)
        }
    }

    static func lines(_ range: String, atMost limit: Int = 200) -> Self {
        ValueKind("list", range) { node throws(BadValue) in
            try node.strings(atMost: 100, "a list of strings") { text throws(BadValue) in
                try ValueKind<String>.line(text, atMost: limit)
            }
        } write: {
            TOMLString.list($0)
        }
    }

    /// A program and its arguments; no shell reads them.
    static var command: Self {
        ValueKind("command", "program by absolute path") { node throws(BadValue) in
            let expected = "a list, the program first: [\"/usr/bin/true\", \"argument\"]"
            guard case .array(let nodes) = node else { throw node.wrongKind(expected) }
            guard nodes.count <= 1000 else { throw BadValue("has more than 1000 arguments") }
            guard let first = nodes.first else { throw BadValue("is empty; leave it out, or name a program") }
            var words: [String] = []
            for node in nodes {
                guard case .string(let word) = node else { throw node.wrongKind("a list of strings") }
                words.append(word)
            }
            guard words.allSatisfy({ $0.utf8.count <= 100_000 }) else { throw BadValue("has an argument too long") }
            do throws(BadValue) {
                words[0] = try PlainPath.parse(try first.text())
            } catch {
                throw BadValue("names a program that " + error.message)
            }
            return words
        } write: {
            TOMLString.list($0)
        }
    }
}

// MARK: - Numbers

extension ValueKind where Value == Int {
    static func whole(_ range: ClosedRange<Int>) -> Self {
        let words = "\(range.lowerBound) to \(range.upperBound)"
        return ValueKind("whole number", words) { node throws(BadValue) in
            guard case .integer(let number) = node else { throw node.wrongKind("a whole number") }
            guard let value = Int(exactly: number), range.contains(value) else {
                throw BadValue("is out of range: \(words)")
            }
            return value
        } write: {
            String($0)
        }
    }
}

extension ValueKind where Value == Bool {
    static var flag: Self {
        ValueKind("true or false") { node throws(BadValue) in
            guard case .boolean(let value) = node else { throw node.wrongKind("true or false, without quotes") }
            return value
        } write: {
            String($0)
        }
    }
}

extension ValueKind where Value == Int64 {
    static func size(atLeast least: Int64) -> Self {
        let words = "\(ByteSize.text(least)) or more"
        return ValueKind("size", words) { node throws(BadValue) in
            let value = try node.bytes { text throws(BadValue) in try ByteSize.parse(text) }
            guard value >= least else { throw BadValue("is out of range: \(words)") }
            return value
        } write: {
            TOMLString.quoted(ByteSize.text($0))
        }
    }

    static func rate(atLeast least: Int64) -> Self {
        let words = "\(ByteSize.text(least))/s or more"
        return ValueKind("rate", words) { node throws(BadValue) in
            let value = try node.bytes { text throws(BadValue) in try ByteSize.parseRate(text) }
            guard value >= least else { throw BadValue("is out of range: \(words)") }
            return value
        } write: {
            TOMLString.quoted(ByteSize.text($0) + "/s")
        }
    }
}

extension ValueKind where Value == Double {
    static var share: Self {
        ValueKind("share", "0 to 1") { node throws(BadValue) in
            let value =
                switch node {
                case .integer(let number): Double(number)
                case .float(let number): number
                default: throw node.wrongKind("a number from 0 to 1")
                }
            // Also refuses nan.
            guard value >= 0, value <= 1 else { throw BadValue("is out of range: 0 to 1") }
            return value
        } write: {
            String($0)
        }
    }

    /// Seconds.
    static func span(_ range: ClosedRange<Double>) -> Self {
        let words = TimeSpan.text(range.lowerBound) + " to " + TimeSpan.text(range.upperBound)
        return ValueKind("span of time", words) { node throws(BadValue) in
            guard case .string(let text) = node else {
                throw node.wrongKind("a span of time in quotes, for instance \"10m\"")
            }
            let value = try TimeSpan.parse(text)
            guard range.contains(value) else { throw BadValue("is out of range: \(words)") }
            return value
        } write: {
            TOMLString.quoted(TimeSpan.text($0))
        }
    }
}

// MARK: - What a node holds

extension TOMLNode {
    func text() throws(BadValue) -> String {
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

    /// Strings of a list, none twice.
    fileprivate func strings(
        atMost limit: Int, _ expected: String, _ parse: (String) throws(BadValue) -> String
    ) throws(BadValue) -> [String] {
        guard case .array(let nodes) = self else { throw wrongKind(expected) }
        guard nodes.count <= limit else { throw BadValue("has more than \(limit) members") }
        var texts: [String] = []
        for node in nodes {
            guard case .string(let text) = node else { throw node.wrongKind("a list of strings") }
            do throws(BadValue) {
                texts.append(try parse(text))
            } catch {
                throw BadValue("has a member that " + error.message)
            }
        }
        guard Set(texts).count == texts.count else { throw BadValue("has a member twice") }
        return texts
    }

    func wrongKind(_ expected: String) -> BadValue { BadValue("must be \(expected), not \(kind)") }
}
