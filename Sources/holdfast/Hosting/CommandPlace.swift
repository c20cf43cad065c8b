import BackupModel
import EngineLink
import Foundation
import Settings

/// Which settings and which state folder a command is about.
struct CommandPlace: Sendable {
    let location: SettingsLocation
    /// Absolute.
    let file: String

    init(_ options: PlaceOptions) throws {
        location = try SettingsLocation(environment: ProcessInfo.processInfo.environment, uid: geteuid())
        file = options.config.map { Self.absolute($0) } ?? location.settingsFile
    }

    /// Reads the settings with their include folder; throws `Ended` with every problem in words.
    func load() throws -> LoadedSettings {
        do throws(SettingsError) { return try SettingsFile.load(file, user: geteuid()) } catch {
            let lines = error.lines.map { "  " + $0 }.joined(separator: "\n")
            let words = FailureText(failure: error.failure).paragraph
            throw Ended(.usage, words: lines.isEmpty ? words : "holdfast: the settings are wrong\n" + lines)
        }
    }

    func runtimeFolder(_ settings: HoldfastSettings) -> String {
        settings.engine.runtimeFolder ?? location.runtimeFolder
    }

    /// What is served over HTTP; one door when metrics and API name the same address.
    func webDoors(_ settings: HoldfastSettings) throws -> [HTTPSettings] {
        var doors: [HTTPSettings] = []
        for listener in [settings.api, settings.metrics] {
            guard let listen = listener.listen, let address = HTTPAddress(listen.text) else { continue }
            if doors.contains(where: { $0.address == address }) { continue }
            doors.append(HTTPSettings(address: address, token: try token(listener)))
        }
        return doors
    }

    private func token(_ listener: ListenerSettings) throws -> String? {
        try listener.token.map { try secrets.read($0).revealed }
    }

    var secrets: SecretReader {
        SecretReader(credentials: ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"], user: geteuid())
    }

    static func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    }
}
