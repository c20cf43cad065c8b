import ArgumentParser
import BackupModel
import Settings

/// What a key means, what it may be, and where it is set.
struct ConfigExplain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "What a key means, its range and default, and where it is set.")

    @Argument(help: "TABLE.KEY, TABLE.NAME.KEY, or TABLE: job.nightly.schedule, logging.level, channel.")
    var key: String

    @OptionGroup var config: ConfigOptions

    func run() async throws {
        let all = try SettingsExplanation.of(key, in: try config.load())
        if config.json { return Standard.json(all) }
        Standard.out(all.map(text).joined(separator: "\n\n"))
    }

    private func text(_ one: SettingsExplanation) -> String {
        var lines = [
            one.key, "  " + one.meaning, "  kind     " + one.kind + (one.range.isEmpty ? "" : ": " + one.range),
            "  default  " + one.standard,
        ]
        lines += one.values.map { value in
            "  \(value.key) = \(value.value ?? "none")  (\(value.place?.text ?? "default"))"
        }
        return lines.joined(separator: "\n")
    }
}
