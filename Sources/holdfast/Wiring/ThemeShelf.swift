import BackupModel
import Foundation
import OperatorConsole
import Settings
import Themes

/// Where themes come from: the operator's own folder before the built-in ones.
struct ThemeShelf {
    /// Nil when only the built-in ones are to be had, as in the demo.
    var location: SettingsLocation?

    /// Every name that can be asked for, sorted.
    var names: [String] {
        let own = location.map { (try? FileManager.default.contentsOfDirectory(atPath: $0.settingsFolder + "/themes")) }
        let files = (own ?? nil) ?? []
        let ownNames = files.filter { $0.hasSuffix(".toml") }.map { String($0.dropLast(5)) }
        return Set(ownNames + Themes.builtIn.map(\.name)).sorted()
    }

    func theme(_ name: String) -> (theme: Theme, problems: [TextProblem]) {
        var unread: [TextProblem] = []
        let (theme, problems) = Theme.read(name) { name in
            let (source, wrong) = source(name)
            unread += wrong
            return source
        }
        return (theme, unread + problems)
    }

    private func source(_ name: String) -> (ThemeSource?, [TextProblem]) {
        if let file = location?.themeFile(name), FileManager.default.fileExists(atPath: file) {
            let (entries, problems) = TextFile.read(file)
            return (ThemeSource(file: file, entries: entries), problems)
        }
        guard let builtIn = Themes.builtIn.first(where: { $0.name == name }) else { return (nil, []) }
        let (entries, problems) = TextFile.parse(builtIn.text, file: name + ".toml")
        return (ThemeSource(file: name + ".toml", entries: entries), problems)
    }
}
