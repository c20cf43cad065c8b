package import BackupModel

/// One theme file as it was read.
package struct ThemeSource: Hashable, Sendable {
    /// For messages.
    package var file: String
    package var entries: [TextEntry]

    package init(file: String, entries: [TextEntry]) {
        self.file = file
        self.entries = entries
    }
}

extension Theme {
    /// Files that may stand on one another: a theme, its base, and so on.
    package static let deepest = 4

    /// What every theme stands on in the end.
    package static let root = "terminal"

    /// The theme of that name with everything it inherits; what is wrong is left out and reported, never fatal.
    ///
    /// - Parameter source: the file of a name, or nil when there is none.
    package static func read(
        _ name: String, source: (String) -> ThemeSource?
    ) -> (theme: Theme, problems: [TextProblem]) {
        var reader = ThemeReader(theme: .bare)
        reader.theme.name = name
        guard let own = source(name) else {
            let message = "no theme `\(printable(name.utf8))`"
            return (reader.theme, [TextProblem(file: name, line: 0, column: 0, message: message)])
        }
        let chain = reader.chain(from: own, named: name, source: source)
        for source in chain { reader.takePalette(source) }
        for source in chain { reader.take(source, isOwn: source == own) }
        reader.problems += reader.theme.contrastProblems(file: own.file)
        return (reader.theme, reader.problems)
    }
}

/// Takes one file after the other; later ones win.
struct ThemeReader {
    var theme: Theme
    var problems: [TextProblem] = []
    private var palette: [String: ThemeColour] = [:]

    private static let sections = ["meta", "palette", "colors", "glyphs", "graph", "border"]

    init(theme: Theme) { self.theme = theme }

    /// The files from the deepest base up to the theme itself. A theme that names no base stands on `terminal`.
    mutating func chain(from own: ThemeSource, named name: String, source: (String) -> ThemeSource?) -> [ThemeSource] {
        var chain = [own]
        var names = [name]
        while let base = chain[0].base(of: names[names.count - 1]) {
            let next = source(base.name)
            if let next, !names.contains(base.name), names.count < Theme.deepest {
                chain.insert(next, at: 0)
                names.append(base.name)
                continue
            }
            let reason =
                next == nil ? "does not exist" : names.contains(base.name) ? "stands on this one" : "is too deep"
            if let entry = base.entry {
                report(chain[0].file, entry, "base `\(printable(base.name.utf8))` \(reason)")
            }
            if let root = source(Theme.root), !names.contains(Theme.root) { chain.insert(root, at: 0) }
            break
        }
        return chain
    }

    mutating func report(_ file: String, _ entry: TextEntry, _ message: String) {
        problems.append(TextProblem(file: file, line: entry.line, column: entry.column, message: message))
    }

    /// Palettes first, of all files: a theme that changes one colour changes it in what it inherits too.
    mutating func takePalette(_ source: ThemeSource) {
        for entry in source.entries where entry.section == "palette" {
            let forms = (entry.values.first ?? "").split(separator: "|").map { part in
                String(part.split(separator: " ").joined(separator: " "))
            }
            var colour = ThemeColour()
            for form in forms where form != "-" {
                guard let part = ThemeColour(word: form) else {
                    report(source.file, entry, "no colour `\(printable(form.utf8))`" + colourHint(form))
                    continue
                }
                colour.rgb = colour.rgb ?? part.rgb
                colour.indexed = colour.indexed ?? part.indexed
                colour.basic = colour.basic ?? part.basic
            }
            palette[entry.key] = colour
        }
    }

    mutating func take(_ source: ThemeSource, isOwn: Bool) {
        for entry in source.entries {
            let value = entry.values.first ?? ""
            switch entry.section {
            case "palette": continue
            case "colors": takeColour(source.file, entry, value)
            case "meta": takeMeta(source.file, entry, value, isOwn: isOwn)
            case "glyphs": takeGlyph(source.file, entry, value)
            case "graph", "border": takeStyle(source.file, entry, value)
            default:
                let hint = Nearest.hint(entry.section, ThemeReader.sections)
                report(source.file, entry, "no section `\(printable(entry.section.utf8))`" + hint)
            }
        }
    }

    private mutating func takeColour(_ file: String, _ entry: TextEntry, _ value: String) {
        guard let role = StyleRole(name: entry.key) else { return unknown(file, entry, "role", StyleRole.names) }
        var found: [String] = []
        let style = RoleStyle(value, palette: palette) { found.append($0) }
        for message in found { report(file, entry, message) }
        if found.isEmpty { theme.styles[role] = style }
    }

    private mutating func takeMeta(_ file: String, _ entry: TextEntry, _ value: String, isOwn: Bool) {
        switch entry.key {
        case "name": if isOwn { theme.name = value }
        case "hosts": if isOwn { theme.hosts = entry.values }
        case "base": break
        case "ground":
            guard let rgb = RGB(hex: value) else { return report(file, entry, "ground is a colour like `#1c1c1c`") }
            theme.ground = rgb
        default: unknown(file, entry, "key", ["name", "base", "hosts", "ground"])
        }
    }

    private mutating func takeGlyph(_ file: String, _ entry: TextEntry, _ value: String) {
        if entry.key == "set" {
            if value == "auto" {
                theme.glyphs = .automatic
            } else if let kind = GlyphSet.Kind(rawValue: value) {
                theme.glyphs = .fixed(kind)
            } else {
                wrongValue(file, entry, value, ["auto"] + GlyphSet.Kind.allCases.map(\.rawValue))
            }
            return
        }
        guard let slot = GlyphSlot(rawValue: entry.key) else {
            return unknown(file, entry, "glyph", ["set"] + GlyphSlot.allCases.map(\.rawValue))
        }
        let scalars = Array(value.unicodeScalars)
        guard scalars.count == 1, let glyph = Glyph(scalars[0]) else {
            return report(file, entry, "`\(printable(value.utf8))` is not one character of one column")
        }
        theme.overrides[slot] = glyph
    }

    private mutating func takeStyle(_ file: String, _ entry: TextEntry, _ value: String) {
        guard entry.key == "style" else { return unknown(file, entry, "key", ["style"]) }
        if entry.section == "graph" {
            theme.graph = GlyphSet.GraphStyle(rawValue: value)
            if theme.graph == nil, value != "auto" {
                wrongValue(file, entry, value, ["auto"] + GlyphSet.GraphStyle.allCases.map(\.rawValue))
            }
        } else if let style = BorderStyle(rawValue: value) {
            theme.border = style
        } else {
            wrongValue(file, entry, value, BorderStyle.allCases.map(\.rawValue))
        }
    }

    private mutating func unknown(_ file: String, _ entry: TextEntry, _ kind: String, _ words: [String]) {
        report(file, entry, "no \(kind) `\(printable(entry.key.utf8))`" + Nearest.hint(entry.key, words))
    }

    private mutating func wrongValue(_ file: String, _ entry: TextEntry, _ value: String, _ words: [String]) {
        let list = words.map { "`\($0)`" }.joined(separator: ", ")
        report(file, entry, "`\(printable(value.utf8))` is none of \(list)")
    }

    private func colourHint(_ word: String) -> String { Nearest.hint(word, ThemeColour.names + ["default"]) }
}

extension ThemeSource {
    /// What this theme stands on, with the entry that says so; nil for the root of all.
    fileprivate func base(of name: String) -> (name: String, entry: TextEntry?)? {
        if let entry = entries.last(where: { $0.section == "meta" && $0.key == "base" }), let base = entry.values.first
        {
            return (base, entry)
        }
        return name == Theme.root ? nil : (Theme.root, nil)
    }
}
