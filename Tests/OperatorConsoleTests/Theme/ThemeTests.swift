import BackupModel
import Testing
import Themes

@testable import OperatorConsole

/// Enough TOML for theme files: tables, quoted or bare keys, one string or an array of strings a line.
func entries(_ text: String) -> [TextEntry] {
    var section = ""
    var all: [TextEntry] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        if line.hasPrefix("[") {
            section = String(line.dropFirst().prefix { $0 != "]" })
        } else if let equals = line.firstRange(of: " = ") {
            let key = line[..<equals.lowerBound].filter { $0 != "\"" }
            let parts = line[equals.upperBound...].split(separator: "\"", omittingEmptySubsequences: false)
            let values = parts.indices.filter { $0 % 2 == 1 }.map { String(parts[$0]) }
            all.append(TextEntry(section: section, key: String(key), values: values, line: index + 1, column: 1))
        }
    }
    return all
}

@Suite struct ThemeTests {
    private func read(_ name: String, _ own: [String: String] = [:]) -> (theme: Theme, problems: [TextProblem]) {
        Theme.read(name) { name in
            let builtIn = Themes.builtIn.first { $0.name == name }.map { String(decoding: $0.text, as: UTF8.self) }
            return (own[name] ?? builtIn).map { ThemeSource(file: name + ".toml", entries: entries($0)) }
        }
    }

    @Test("built-in themes are complete, name every role, and read well", arguments: Themes.builtIn.map(\.name))
    func builtIn(_ name: String) {
        let (theme, problems) = read(name)
        #expect(problems == [])
        #expect(theme.name == name)
        #expect(StyleRole.allCases.filter { theme.styles[$0] == nil } == [])
        #expect(["terminal", "mono"].contains(name) || theme.ground != nil)
    }

    @Test("without colours the marks of states still differ from plain text", arguments: Themes.builtIn.map(\.name))
    func mono(_ name: String) {
        let theme = ResolvedTheme(read(name).theme, depth: .mono, glyphs: .ascii)
        for role in StyleRole.allCases {
            #expect(theme[role].foreground == nil && theme[role].background == nil)
        }
        for role in [StyleRole.textEscaped, .listCursor, .tabActive, .stateFailed, .bannerAlert, .titleBar] {
            #expect(theme[role].attributes != theme[.textNormal].attributes)
        }
    }

    @Test(
        "what is wrong in a file is reported where it stands, with the nearest word",
        arguments: [
            ("[colors]\n\"title.baz\" = \"red\"", 2, "no role `title.baz`, did you mean `title.bar`?"),
            ("[colors]\n\"title.bar\" = \"grean\"", 2, "no colour `grean`, did you mean `green`?"),
            ("[colors]\n\"title.bar\" = \"red on\"", 2, "`on` without a colour"),
            ("[colors]\n\"title.bar\" = \"red blod\"", 2, "no attribute `blod`, did you mean `bold`?"),
            ("[colors]\n\"title.bar\" = \"@acent\"", 2, "no palette colour `@acent`, did you mean `@accent`?"),
            ("[colors]\n\"title.bar\" = \"red ; bold\"", 2, "after `;` comes `mono = ATTRIBUTES`"),
            ("[palette]\nfrost = \"#12\"", 2, "no colour `#12`"),
            ("[palette]\nfrost = \"256\"", 2, "no colour `256`"),
            ("[colours]\nx = \"y\"", 2, "no section `colours`, did you mean `colors`?"),
            ("\n[meta]\nbase = \"nowhere\"", 3, "base `nowhere` does not exist"),
            ("[meta]\nbase = \"mine\"", 2, "base `mine` stands on this one"),
            ("[glyphs]\nset = \"utf8\"", 2, "`utf8` is none of `auto`, `unicode`, `blocks`, `ascii`"),
            ("[glyphs]\nprogress.fill = \"日\"", 2, "`日` is not one character of one column"),
            ("[border]\nstyle = \"double\"", 2, "`double` is none of `line`, `ascii`, `none`"),
            ("[meta]\nground = \"black\"", 2, "ground is a colour like `#1c1c1c`"),
            (
                "[meta]\nground = \"#000000\"\n[colors]\n\"text.dim\" = \"#222222\"", 0,
                "role `text.dim` has a contrast of 1.3:1, less than 3:1"
            ),
        ])
    func problems(_ text: String, _ line: Int, _ message: String) {
        let found = read("mine", ["mine": text]).problems
        #expect(found.contains(TextProblem(file: "mine.toml", line: line, column: line == 0 ? 0 : 1, message: message)))
        #expect(read("mine", ["mine": text]).theme.styles[.titleBar] != nil)
    }

    @Test("a theme changes what it names and inherits the rest, its palette included")
    func inherits() {
        let own = [
            "mine":
                "[meta]\nbase = \"dark\"\n[palette]\nbad = \"#ff0000 | 196 | red\"\n[colors]\n\"box.title\" = \"196\""
        ]
        let (theme, problems) = read("mine", own)
        #expect(problems == [])
        #expect(theme.styles[.stateFailed]?.foreground.rgb == RGB(255, 0, 0))
        #expect(theme.styles[.boxTitle]?.foreground.indexed == 196)
        #expect(theme.styles[.stateOK] == read("dark").theme.styles[.stateOK])
    }

    @Test("bases end after four files")
    func deep() {
        var own: [String: String] = [:]
        for level in 0..<6 { own["t\(level)"] = "[meta]\nbase = \"t\(level + 1)\"" }
        #expect(
            read("t0", own).problems.map(\.message) == ["base `t4` is too deep"]
        )
    }

    @Test("random files never trap", arguments: 0..<50)
    func fuzz(_ seed: UInt64) {
        var numbers = Numbers(seed: seed)
        let words = [
            "[colors]", "[palette]", "[meta]", "[glyphs]", "base", "red", "on", ";", "mono", "=", "@x", "#12345", "é",
        ]
        let all = (0..<40).map { line in
            let value = (0..<4).compactMap { _ in words.randomElement(using: &numbers) }.joined(separator: " ")
            let section = ["colors", "palette", "meta", "glyphs", "graph", "border", ""].randomElement(using: &numbers)
            let key = (StyleRole.names + ["set", "base", "name", "style"]).randomElement(using: &numbers)
            return TextEntry(section: section ?? "", key: key ?? "", values: [value], line: line, column: 1)
        }
        let (theme, problems) = Theme.read("x") { _ in ThemeSource(file: "x", entries: all) }
        #expect(problems.count <= 4 * (all.count + StyleRole.allCases.count))
        for depth in ColourDepth.allCases { _ = ResolvedTheme(theme, depth: depth, glyphs: .unicode) }
    }

    @Test("the parts of a style")
    func style() {
        let style = RoleStyle(
            "@danger on #fff bold underline ; mono = reverse", palette: ["danger": ThemeColour(indexed: 131)]
        ) {
            Issue.record("\($0)")
        }
        #expect(style.foreground.indexed == 131 && style.background.rgb == RGB(255, 255, 255))
        #expect(style.attributes == [.bold, .underline] && style.mono == .reverse)
        #expect(RoleStyle("bold", palette: [:]) { Issue.record("\($0)") }.attributes == .bold)
    }

    @Test(
        "colours come down to what the terminal has",
        arguments: [
            ("#ff0000", 196, 9, 1), ("#5f87af", 67, 8, 0), ("#1c1c1c", 234, 0, 0), ("#808080", 244, 8, 0),
            ("#ffffff", 231, 15, 7), ("cyan", 6, 6, 6), ("brightblue", 12, 12, 4), ("131", 131, 8, 0),
            ("124", 124, 1, 1),
        ])
    func reduction(_ word: String, _ indexed: Int, _ sixteen: Int, _ eight: Int) {
        let colour = ThemeColour(word: word)
        #expect(colour?.number(.indexed) == indexed)
        #expect(colour?.number(.sixteen) == sixteen)
        #expect(colour?.number(.eight) == eight)
        #expect(colour?.number(.mono) == nil)
    }

    @Test("every colour of the cube and the greys is its own nearest", arguments: 16...255)
    func nearest(_ index: Int) {
        #expect(Indexed.rgb(Indexed.nearest(Indexed.rgb(index))) == Indexed.rgb(index))
    }

    @Test("contrast by its definition")
    func contrast() {
        #expect(abs(RGB(0, 0, 0).contrast(to: RGB(255, 255, 255)) - 21) < 0.001)
        #expect(abs(RGB(118, 118, 118).contrast(to: RGB(255, 255, 255)) - 4.54) < 0.01)
        #expect(RGB(9, 9, 9).contrast(to: RGB(9, 9, 9)) == 1)
    }

    @Test(
        "the depth a terminal's colours allow",
        arguments: [(0, ColourDepth.mono), (7, .mono), (8, .eight), (16, .sixteen), (88, .sixteen), (256, .indexed)])
    func depth(_ colours: Int, _ depth: ColourDepth) { #expect(ColourDepth(colours: colours) == depth) }

    @Test(
        "a theme asks for less than the terminal can show, never for more",
        arguments: [
            ("auto", GlyphSet.Kind.unicode, GlyphSet.Kind.unicode), ("auto", .ascii, .ascii),
            ("ascii", .unicode, .ascii),
            ("blocks", .unicode, .block), ("unicode", .ascii, .ascii), ("unicode", .block, .block),
        ])
    func glyphs(_ wanted: String, _ can: GlyphSet.Kind, _ used: GlyphSet.Kind) {
        let theme = read("mine", ["mine": "[glyphs]\nset = \"\(wanted)\"\nprogress.fill = \"=\""]).theme
        let glyphs = ResolvedTheme(theme, depth: .indexed, glyphs: can).drawing.glyphs
        #expect(glyphs.kind == used && glyphs.progressFill == "=")
    }

    @Test(
        "hosts", arguments: [("vault1", true), ("vault", false), ("db7.local", true), ("db", false), ("", false)])
    func hosts(_ host: String, _ fits: Bool) {
        let theme = read("mine", ["mine": "[meta]\nhosts = [\"vault1\", \"db*.local\"]"]).theme
        #expect(theme.isMeant(forHost: host) == fits)
    }
}
