import BackupModel
import Settings
import Testing
import Themes

@Suite struct TextFileTests {
    @Test func entriesKeepTheirOrderAndPlaces() {
        let text = """
            base = "terminal" # top
            [colors]
            "title.bar" = "white on @danger"
              tab.active = "default"
            'q' = ["a", 'b']
            [palette]
            danger = 131
            long = \"""
            = [not.a.table]
            \"""
            after = { x = "1", "y.z" = [ "2", # no ] here
              "3" ] }
            ö = "x"
            """
        // Bare keys are ASCII only, so the last line is refused; without it all is taken.
        #expect(TextFile.parse(Array(text.utf8), file: "t").problems.map(\.line) == [13])
        let good = String(text.dropLast(8))
        let (entries, problems) = TextFile.parse(Array(good.utf8), file: "t")
        #expect(problems.isEmpty)
        #expect(
            entries == [
                TextEntry(section: "", key: "base", values: ["terminal"], line: 1, column: 1),
                TextEntry(section: "colors", key: "title.bar", values: ["white on @danger"], line: 3, column: 1),
                TextEntry(section: "colors", key: "tab.active", values: ["default"], line: 4, column: 7),
                TextEntry(section: "colors", key: "q", values: ["a", "b"], line: 5, column: 1),
                TextEntry(section: "palette", key: "danger", values: ["131"], line: 7, column: 1),
                TextEntry(section: "palette", key: "long", values: ["= [not.a.table]\n"], line: 8, column: 1),
                TextEntry(section: "palette", key: "after.x", values: ["1"], line: 11, column: 11),
                TextEntry(section: "palette", key: "after.y.z", values: ["2", "3"], line: 11, column: 20),
            ])
    }

    @Test func theGoodPartOfABadFileIsKept() {
        let text = "a = \"1\"\nb = 1.5\nc = [[\"x\"]]\nd = []\n"
        let (entries, problems) = TextFile.parse(Array(text.utf8), file: "t")
        #expect(entries.map(\.key) == ["a", "d"])
        #expect(
            problems.map(\.text) == [
                "t:2:1: expected a string or an array of strings, not a fraction",
                "t:3:1: expected a string or an array of strings, not an array",
            ])
    }

    @Test func columnsCountLettersNotBytes() {
        let text = "a = { \"é\" = \"x\", \"b\" = \"y\" }"
        #expect(TextFile.parse(Array(text.utf8), file: "t").entries.map(\.column) == [7, 18])
    }

    @Test("J9 theme and key files are at most 64 KiB") func large() throws {
        let bytes = [UInt8](repeating: 10, count: TextFile.limit + 1)
        #expect(TextFile.parse(bytes, file: "t").problems.map(\.text) == ["t: is larger than 64.0 KiB"])
        try withFolder { folder in
            try write(String(decoding: bytes, as: UTF8.self), to: folder + "/t")
            #expect(TextFile.read(folder + "/t").problems.map(\.message) == ["is larger than 64.0 KiB"])
            #expect(TextFile.read(folder + "/none").problems.map(\.message) == ["does not exist"])
        }
    }

    @Test func builtInThemesAreRead() {
        #expect(!Themes.builtIn.isEmpty)
        for theme in Themes.builtIn {
            let (entries, problems) = TextFile.parse(theme.text, file: theme.name)
            #expect(problems.isEmpty, "\(problems)")
            #expect(!entries.isEmpty)
        }
    }
}
