import ArgumentParser
import BackupModel
import Foundation
import Settings

/// Looks at everything that the settings need, and says what is missing and what to do.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at everything the settings need: found, missing, what to do.",
        discussion: "Changes nothing. Exit status: 0 all well, 3 warnings, 1 something is missing or wrong.")

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Answer in JSON.")
    var json = false

    @Flag(help: "Only what is not well.")
    var quiet = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let location = try SettingsLocation(environment: environment, uid: geteuid())
        let file = place.file(location)
        let (settings, first) = read(file)
        let probe = DoctorProbe(settings: settings, location: location, environment: environment)
        var report = DoctorReport(checks: first + DoctorRules(settings: settings, facts: probe.facts()).checks)
        let status = report.status
        if quiet { report.checks.removeAll { $0.state == .ok } }
        if json { Standard.json(report) } else { Standard.out(report.text) }
        if status != .ok { throw Ended(status) }
    }

    /// The settings as far as they can be had, and the checks that say why not.
    private func read(_ file: String) -> (HoldfastSettings, [DoctorCheck]) {
        let words = printable(file.utf8)
        do throws(SettingsError) {
            let loaded = try SettingsFile.load(file, user: geteuid(), resolvingLinks: false)
            let more = loaded.files.count > 1 ? " and \(loaded.files.count - 1) more" : ""
            return (loaded.settings, [.ok("settings", words + more)])
        } catch {
            guard case .invalid = error else {
                return (
                    HoldfastSettings(), [.missing("settings", words + " is not there", "Write it, or use --config.")]
                )
            }
            return (
                HoldfastSettings(), error.lines.map { .bad("settings", $0, "Correct it; then: holdfast config check") }
            )
        }
    }
}

extension PlaceOptions {
    /// The settings file by absolute path.
    func file(_ location: SettingsLocation) -> String {
        guard let config else { return location.settingsFile }
        return config.hasPrefix("/") ? config : FileManager.default.currentDirectoryPath + "/" + config
    }
}
