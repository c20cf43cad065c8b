import ArgumentParser
import BackupModel
import Settings

/// The settings with every default filled in.
struct ConfigShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Every key as it is understood; defaults are marked, secrets stay where they are.")

    @OptionGroup var config: ConfigOptions

    @Flag(help: "Only what stands in the files.")
    var set = false

    func run() async throws {
        let loaded = try config.load()
        let values = loaded.values.filter { !set || !$0.isDefault }
        if config.json { return Standard.json(values.map { Line($0, loaded) }) }
        var table: [String] = []
        for value in values where value.text != nil {
            let own = Array(value.path.dropLast())
            if own != table {
                Standard.out((table.isEmpty ? "" : "\n") + "[" + own.joined(separator: ".") + "]")
                table = own
            }
            let line = (value.path.last ?? "") + " = " + (value.text ?? "")
            Standard.out(value.isDefault ? line.padded(to: 40) + "  # default" : line)
        }
    }

    private struct Line: Encodable {
        var key: String
        var value: String?
        var isDefault: Bool
        var place: SettingsPlace?

        init(_ value: SettingsValue, _ loaded: LoadedSettings) {
            key = value.path.joined(separator: ".")
            self.value = value.text
            isDefault = value.isDefault
            place = loaded.places[value.path]
        }
    }
}
