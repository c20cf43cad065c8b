import ArgumentParser
import BackupModel
import Foundation
import Settings

/// `holdfast config ...`: the settings as they are understood.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check the settings, show them as understood, explain a key.",
        subcommands: [ConfigCheck.self, ConfigShow.self, ConfigExplain.self, ConfigReload.self])
}

/// What every config command takes.
struct ConfigOptions: ParsableArguments {
    @OptionGroup var place: PlaceOptions

    @Flag(help: "Answer in JSON.")
    var json = false

    func load() throws -> LoadedSettings {
        do throws(SettingsError) {
            return try SettingsFile.load(try file(), user: geteuid())
        } catch {
            throw Ended(error)
        }
    }

    func file() throws(SettingsError) -> String {
        do throws(Failure) {
            return place.file(try SettingsLocation(environment: ProcessInfo.processInfo.environment, uid: geteuid()))
        } catch {
            throw .invalid([TextProblem(file: "settings", line: 0, column: 0, message: error.message)])
        }
    }
}

extension Ended {
    /// All problems, a line each; status 2.
    init(_ error: SettingsError) {
        let lines = error.lines.map { "  " + $0 }.joined(separator: "\n")
        let words = FailureText(failure: error.failure).paragraph
        self.init(.usage, words: lines.isEmpty ? words : "holdfast: the settings are wrong\n" + lines)
    }
}
