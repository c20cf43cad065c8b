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

    /// Where an engine may serve: where ours would, and where the one that holds the state folder said that it does.
    /// A login of root often has `XDG_RUNTIME_DIR`, and the machine's unit has not.
    func runtimeFolders(_ settings: HoldfastSettings) -> [String] {
        let ours = runtimeFolder(settings)
        return [ours] + [record.folder].compactMap(\.self).filter { $0 != ours }
    }

    var record: RuntimeRecord { RuntimeRecord(stateFolder: location.stateFolder) }

    /// What is served over HTTP; one door when metrics and API name the same address.
    func webDoors(_ settings: HoldfastSettings) throws -> [HTTPSettings] {
        var doors: [HTTPSettings] = []
        if let address = address(settings.api) {
            doors.append(HTTPSettings(address: address, parts: [.api], token: try token(settings.api)))
        }
        if let address = address(settings.metrics) {
            // One address may serve both; each keeps its own token.
            let index = doors.firstIndex { $0.address == address } ?? doors.endIndex
            if index == doors.endIndex { doors.append(HTTPSettings(address: address, parts: [])) }
            doors[index].parts.insert(.metrics)
            doors[index].metricsToken = try token(settings.metrics)
        }
        return doors
    }

    private func address(_ listener: ListenerSettings) -> HTTPAddress? {
        switch listener.listen {
        case nil: nil
        case .loopback(let host, let port)?: .tcp(host: host, port: port)
        case .unix(let path)?: .unix(path: path)
        }
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
