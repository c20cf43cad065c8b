import BackupModel

/// Ways to draw that need no colour.
package struct Attributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let bold = Attributes(rawValue: 1)
    package static let dim = Attributes(rawValue: 2)
    package static let underline = Attributes(rawValue: 4)
    package static let reverse = Attributes(rawValue: 8)
    package static let italic = Attributes(rawValue: 16)

    static let names: [(name: String, value: Attributes)] = [
        ("bold", .bold), ("dim", .dim), ("underline", .underline), ("reverse", .reverse), ("italic", .italic),
    ]
}

/// How one role looks: `fg [on bg] [attributes] [; mono = attributes]`.
package struct RoleStyle: Hashable, Sendable {
    package var foreground = ThemeColour.standard
    package var background = ThemeColour.standard
    package var attributes: Attributes = []
    /// Instead of colours on a terminal without any; nil for `attributes`, and reverse where there is a background.
    package var mono: Attributes?

    package init() {}

    /// What cannot be understood is reported as a sentence without a place.
    init(_ text: String, palette: [String: ThemeColour], report: (String) -> Void) {
        let parts = text.split(separator: ";", maxSplits: 1, omittingEmptySubsequences: false)
        var words = (parts.first ?? "").split(separator: " ").map(String.init)
        if let first = words.first, RoleStyle.attribute(first) == nil {
            foreground = RoleStyle.colour(words.removeFirst(), palette, report)
        }
        if words.first == "on" {
            words.removeFirst()
            if words.isEmpty { report("`on` without a colour") }
            if !words.isEmpty { background = RoleStyle.colour(words.removeFirst(), palette, report) }
        }
        attributes = RoleStyle.attributes(words, report)
        guard parts.count == 2 else { return }
        var rest = parts[1].split(whereSeparator: { $0 == " " || $0 == "=" }).map(String.init)
        guard rest.first == "mono" else {
            report("after `;` comes `mono = ATTRIBUTES`")
            return
        }
        rest.removeFirst()
        mono = RoleStyle.attributes(rest.filter { $0 != "none" }, report)
    }

    private static func attribute(_ word: String) -> Attributes? { Attributes.names.first { $0.name == word }?.value }

    private static func attributes(_ words: [String], _ report: (String) -> Void) -> Attributes {
        words.reduce(into: []) { sum, word in
            if let value = attribute(word) { return sum.formUnion(value) }
            report("no attribute `\(printable(word.utf8))`" + Nearest.hint(word, Attributes.names.map(\.name)))
        }
    }

    private static func colour(
        _ word: String, _ palette: [String: ThemeColour], _ report: (String) -> Void
    ) -> ThemeColour {
        if word.hasPrefix("@") {
            if let colour = palette[String(word.dropFirst())] { return colour }
            let names = palette.keys.sorted().map { "@" + $0 }
            report("no palette colour `\(printable(word.utf8))`" + Nearest.hint(word, names))
        } else if let colour = ThemeColour(word: word) {
            return colour
        } else {
            report("no colour `\(printable(word.utf8))`" + Nearest.hint(word, ThemeColour.names + ["default"]))
        }
        return .standard
    }
}
