import BackupModel
import OperatorConsole
import Settings
import Testing
import Themes

@Suite struct ThemesTests {
    @Test("every built-in theme is read without a complaint, by the reader the program uses")
    func builtIn() {
        #expect(Themes.builtIn.count == 6)
        for (name, _) in Themes.builtIn {
            var unread: [TextProblem] = []
            let (theme, problems) = Theme.read(name) { name in
                guard let text = Themes.builtIn.first(where: { $0.name == name })?.text else { return nil }
                let (entries, wrong) = TextFile.parse(text, file: name + ".toml")
                unread += wrong
                return ThemeSource(file: name + ".toml", entries: entries)
            }
            #expect(theme.name == name)
            #expect(unread.map(\.text) == [])
            #expect(problems.map(\.text) == [])
        }
    }
}
