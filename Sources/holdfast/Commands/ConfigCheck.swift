import ArgumentParser
import BackupModel
import Foundation
import Settings

/// Reads all settings as the engine would and tells every problem; changes nothing.
struct ConfigCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Read the settings as the engine would, and tell every problem.")

    @OptionGroup var config: ConfigOptions

    func run() async throws {
        do throws(SettingsError) {
            let loaded = try SettingsFile.load(try config.file(), user: geteuid())
            if config.json { Standard.json(Answer(files: loaded.files, problems: [])) } else { say(loaded) }
        } catch {
            guard config.json else { throw Ended(error) }
            Standard.json(Answer(error))
            throw Ended(.usage)
        }
    }

    private func say(_ loaded: LoadedSettings) {
        let settings = loaded.settings
        for file in loaded.files { Standard.out(printable(file.utf8)) }
        Standard.out(
            "ok: \(settings.mirrors.count) mirrors, \(settings.jobs.count) jobs, \(settings.sets.count) sets, "
                + "\(settings.voice.channels.count) channels")
    }

    struct Answer: Encodable {
        var files: [String]
        var problems: [Problem]

        struct Problem: Encodable {
            var file: String
            var line: Int
            var column: Int
            var message: String
        }
    }
}

extension ConfigCheck.Answer {
    init(_ error: SettingsError) {
        switch error {
        case .missing(let path):
            self.init(files: [], problems: [Problem(file: path, line: 0, column: 0, message: "does not exist")])
        case .invalid(let problems):
            self.init(
                files: [],
                problems: problems.map {
                    Problem(file: $0.file, line: $0.line, column: $0.column, message: $0.message)
                })
        }
    }
}
