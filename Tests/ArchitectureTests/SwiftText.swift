/// Swift source with the insides of comments and strings blanked out, so that words in them are not taken for code.
///
/// Interpolations are blanked with their string; lines keep their numbers.
struct SwiftText {
    let code: [UInt8]

    init(_ text: String) {
        var blanker = Blanker(source: Array(text.utf8))
        blanker.run()
        code = blanker.out
    }

    var text: String { String(decoding: code, as: UTF8.self) }

    /// Functions, initialisers and their lengths in lines, from `func` to the closing brace.
    func functions() -> [(name: String, line: Int, length: Int)] {
        text.matches(of: /\b(?:func\s+(\S+?)|(init[?]?))\s*[(<]/.wordBoundaryKind(.simple)).compactMap { match in
            let start = text.utf8.distance(from: text.startIndex, to: match.range.lowerBound)
            guard let end = bodyEnd(from: start) else { return nil }
            let line = code[..<start].count { $0 == newline } + 1
            return (String(match.1 ?? match.2 ?? ""), line, code[start...end].count { $0 == newline } + 1)
        }
    }

    /// Index of the brace that ends the declaration, or nil when it has no body (a call, or a requirement).
    private func bodyEnd(from start: Int) -> Int? {
        var index = start
        while index < code.count, code[index] != UInt8(ascii: "(") { index += 1 }
        guard let signatureEnd = close(index, UInt8(ascii: "("), UInt8(ascii: ")")) else { return nil }
        guard let brace = code[signatureEnd...].firstIndex(of: UInt8(ascii: "{")) else { return nil }
        let between = String(decoding: code[(signatureEnd + 1)..<brace], as: UTF8.self)
        // Anything but effects, a result and constraints means that the brace belongs to something else.
        let others = between.contains(
            /\b(?:func|var|let|init|case|guard|if|return|for)\b|[};=]|\n\s*\n/.wordBoundaryKind(.simple))
        return others ? nil : close(brace, UInt8(ascii: "{"), UInt8(ascii: "}"))
    }

    private func close(_ start: Int, _ opening: UInt8, _ closing: UInt8) -> Int? {
        var depth = 0
        for index in start..<code.count {
            if code[index] == opening { depth += 1 }
            if code[index] == closing { depth -= 1 }
            if depth == 0 { return index }
        }
        return nil
    }
}

private let newline = UInt8(ascii: "\n")

private struct Blanker {
    let source: [UInt8]
    var out: [UInt8] = []
    private var index = 0

    init(source: [UInt8]) { self.source = source }

    mutating func run() {
        while index < source.count {
            if has("//") {
                blank(until: { $0.source[$0.index] == newline })
            } else if has("/*") {
                comment()
            } else if source[index] == UInt8(ascii: "\"") || (has("#") && raw() != nil) {
                string()
            } else {
                out.append(source[index])
                index += 1
            }
        }
    }

    private func has(_ text: String) -> Bool { source[index...].starts(with: text.utf8) }

    /// The number of `#` before a quote, when there is a quote.
    private func raw() -> Int? {
        let marks = source[index...].prefix { $0 == UInt8(ascii: "#") }.count
        return index + marks < source.count && source[index + marks] == UInt8(ascii: "\"") ? marks : nil
    }

    private mutating func blank(_ count: Int = 1) {
        for _ in 0..<count where index < source.count {
            out.append(source[index] == newline ? newline : UInt8(ascii: " "))
            index += 1
        }
    }

    private mutating func blank(until isEnd: (Blanker) -> Bool) {
        while index < source.count, !isEnd(self) { blank() }
    }

    private mutating func comment() {
        var depth = 0
        repeat {
            if has("/*") {
                depth += 1
                blank(2)
            } else if has("*/") {
                depth -= 1
                blank(2)
            } else {
                blank()
            }
        } while depth > 0 && index < source.count
    }

    private mutating func string() {
        let marks = raw() ?? 0
        let hashes = String(repeating: "#", count: marks)
        blank(marks)
        let isLong = has("\"\"\"")
        let end = (isLong ? "\"\"\"" : "\"") + hashes
        blank(isLong ? 3 : 1)
        while index < source.count, !has(end) {
            if !isLong, source[index] == newline { return }
            if has("\\" + hashes + "(") {
                interpolation()
            } else {
                blank(has("\\" + hashes) ? 2 + marks : 1)
            }
        }
        blank(end.utf8.count)
    }

    private mutating func interpolation() {
        blank(until: { $0.has("(") })
        var depth = 0
        repeat {
            if has("\"") {
                string()
                continue
            }
            if has("(") { depth += 1 }
            if has(")") { depth -= 1 }
            blank()
        } while depth > 0 && index < source.count
    }
}
