import BackupCatalog
import BackupEngine
import BackupModel
import Foundation
import Settings
import WorkerKit

/// Where a command works: settings read and state folder known.
enum Workplace {
    /// For commands that only look, also while an engine runs.
    static func look(_ place: PlaceOptions) throws -> Lookout {
        let (settings, location) = try read(place)
        return Lookout(settings: settings, location: location)
    }

    static func configuration(_ settings: HoldfastSettings, _ location: SettingsLocation) -> EngineConfiguration {
        var made = EngineConfiguration(
            stateFolder: location.stateFolder, mirrors: settings.mirrors,
            logPath: settings.logging.file ?? location.logFolder + "/holdfast.jsonl",
            host: ProcessInfo.processInfo.hostName, version: Holdfast.version)
        made.obey(settings.logging)
        made.isForOneOrder = true
        made.tape = settings.stationPlan(stateFolder: location.stateFolder)
        return made
    }

    private static func read(_ place: PlaceOptions) throws -> (HoldfastSettings, SettingsLocation) {
        let here = try CommandPlace(place)
        return (try here.load().settings, here.location)
    }
}

/// Settings and read-only indexes, for looking beside a running engine.
struct Lookout {
    let settings: HoldfastSettings
    let location: SettingsLocation

    /// The index of a mirror and the volume enrolled last.
    func mirror(_ name: String) throws -> LookedAtMirror {
        let mirror = try settings.mirror(named: name)
        let path = location.mirrorIndex(name)
        guard FileManager.default.fileExists(atPath: path) else { throw Failure.notEnrolled(mirror) }
        let store = try BlobIndexStore(path: path, access: .reading)
        guard let volume = try store.volumes().first else { throw Failure.notEnrolled(mirror) }
        return LookedAtMirror(settings: mirror, store: store, volume: volume)
    }
}

struct LookedAtMirror {
    let settings: MirrorSettings
    let store: BlobIndexStore
    let volume: IndexedVolume
}

extension Failure {
    static func notEnrolled(_ mirror: MirrorSettings) -> Failure {
        Failure(
            code: "VOLUME_NOT_ENROLLED", side: .destination,
            message: "mirror \(mirror.name) has no enrolled volume yet",
            subject: Array(mirror.target.utf8),
            hint: "Mount the volume and run: holdfast mirror enrol \(mirror.name)")
    }
}
