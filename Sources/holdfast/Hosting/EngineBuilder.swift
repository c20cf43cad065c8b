import AlertDelivery
import BackupEngine
import BackupModel
import Foundation
import Settings
import Synchronization
import TapeArchive
import WorkerKit

/// Makes an engine's configuration of settings, and gives it its ways out: mail, webhooks, rereading.
struct EngineBuilder: Sendable {
    let place: CommandPlace
    /// Told of settings that the engine took in a reload; returns at once.
    var taken: @Sendable (LoadedSettings) -> Void = { _ in }

    func configuration(
        _ loaded: LoadedSettings, stop: @escaping @Sendable () -> Void = {}
    ) throws -> EngineConfiguration {
        let settings = loaded.settings
        var made = EngineConfiguration(
            stateFolder: place.location.stateFolder, mirrors: settings.mirrors,
            logPath: settings.logging.file ?? place.location.logFolder + "/holdfast.jsonl",
            host: ProcessInfo.processInfo.hostName, version: Holdfast.version)
        made.jobs = settings.jobs
        made.sets = settings.sets
        made.tape = settings.stationPlan(stateFolder: place.location.stateFolder)
        made.jobsAtOnce = settings.engine.jobsAtOnce
        made.obey(settings.logging)
        made.voice = settings.voice
        made.settingsFile = place.file
        made.person = Caller.person
        made.environment = ProcessInfo.processInfo.environment
        let secrets = try KnownSecrets(settings, place.secrets)
        made.redaction = secrets.redaction
        made.outside.deliver = { message in await secrets.deliver(message) }
        made.outside.ping = { settings in await ping(settings, token: secrets.ping) }
        made.outside.stop = stop
        made.outside.taken = { [taken] in taken(loaded) }
        made.outside.reread = { [self] in await reread(stop: stop) }
        return made
    }

    private func reread(stop: @escaping @Sendable () -> Void) async -> Result<EngineConfiguration, Failure> {
        let read = try? await runBlocking(name: "settings") { () -> Result<EngineConfiguration, Failure> in
            do { return .success(try configuration(SettingsFile.load(place.file, user: geteuid()), stop: stop)) } catch
            {
                return .failure((error as? SettingsError)?.failure ?? (error as? Failure) ?? .unreadableSettings)
            }
        }
        return read ?? .failure(.unreadableSettings)
    }
}

extension HoldfastSettings {
    /// Nil where no tape drive is configured.
    func stationPlan(stateFolder: String) -> StationPlan? {
        guard !drives.isEmpty else { return nil }
        return StationPlan(libraries: libraries, drives: drives, pools: pools, stateFolder: stateFolder)
    }
}

extension EngineConfiguration {
    /// What is logged and for how long, the logs of runs included.
    mutating func obey(_ settings: LoggingSettings) {
        logging = LogKeeping(
            level: settings.level.severity, maxBytes: settings.maxSize, days: Double(settings.retainDays))
        runLogs.days = Double(settings.retainDays)
    }
}

extension Failure {
    static let unreadableSettings = Failure(
        code: "SETTINGS_UNREADABLE", side: .settings, message: "the settings cannot be read now",
        hint: "The old ones stay.")
}

/// The secrets that the settings refer to, read once and held in memory only.
private struct KnownSecrets: Sendable {
    private let channels: [String: ResolvedChannel]
    /// The secret part of the address of the sign of life.
    let ping: Secret?
    let redaction: Redaction

    init(_ settings: HoldfastSettings, _ reader: SecretReader) throws {
        var channels: [String: ResolvedChannel] = [:]
        var known: [Secret] = []
        for channel in settings.voice.channels {
            let secret = try channel.secret.map { try reader.read($0) }
            if let secret { known.append(secret) }
            channels[channel.name] = ResolvedChannel(channel, secret: secret, host: ProcessInfo.processInfo.hostName)
        }
        self.channels = channels
        ping = try settings.voice.ping?.token.map { try reader.read($0) }
        known += [ping].compactMap(\.self)
        // Of the web's doors too: what is said to them must not be said by us.
        for door in [settings.api, settings.metrics] {
            if let token = door.token { known.append(try reader.read(token)) }
        }
        redaction = Redaction(known)
    }

    func deliver(_ message: Message) async -> DeliveryResult {
        guard let channel = channels[message.channel] else {
            return .refused(reason: "no channel is named \(message.channel)")
        }
        return await AlertDelivery.deliver(message, over: channel)
    }
}
