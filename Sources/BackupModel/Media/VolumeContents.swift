/// What a volume holds, as far as it decides whether it may be written anew.
package struct VolumeContents: Hashable, Codable, Sendable {
    /// Archives with a part on it that can still be read.
    package var archives: Int
    /// Those whose time has not come.
    package var unexpired: Int
    /// When the last of them expires; nil: never, or there is none.
    package var lastExpiry: WallTime?
    /// One of them is the newest verified copy of something, or the base of an archive that is kept.
    package var isNeeded: Bool

    package init(archives: Int = 0, unexpired: Int = 0, lastExpiry: WallTime? = nil, isNeeded: Bool = false) {
        self.archives = archives
        self.unexpired = unexpired
        self.lastExpiry = lastExpiry
        self.isNeeded = isNeeded
    }
}

/// May a labelled volume be written anew? Label and catalog must both say so (F11).
package enum Recycling: Hashable, Sendable {
    case allowed
    case unexpired(count: Int, last: WallTime?)
    /// The newest verified copy of something, or a base that others need.
    case needed
    case worm
    case poolNeverOverwrites
    /// The clock jumped, and nobody has agreed to it yet: nothing expires.
    case clockDoubted
    /// The catalog does not know what is on it.
    case unknownContents

    /// `contents` is nil where the catalog does not know the volume.
    package static func judge(
        _ volume: Volume, _ contents: VolumeContents?, pool: Pool, clockIsDoubted: Bool
    ) -> Recycling {
        guard let contents else { return .unknownContents }
        if volume.isWORM { return .worm }
        if contents.archives == 0 { return .allowed }
        if pool.overwrite == .never { return .poolNeverOverwrites }
        if contents.unexpired > 0 { return .unexpired(count: contents.unexpired, last: contents.lastExpiry) }
        if contents.isNeeded { return .needed }
        return clockIsDoubted ? .clockDoubted : .allowed
    }

    /// Why not, in words that follow a name; empty when it is allowed.
    package var words: String {
        switch self {
        case .allowed: ""
        case .unexpired(let count, let last):
            "holds \(count) archive\(count == 1 ? "" : "s") not expired"
                + (last.map { ", the last until " + $0.iso8601() } ?? "")
        case .needed: "holds the newest verified copy of something, or a base that others need"
        case .worm: "can be written only once (WORM)"
        case .poolNeverOverwrites: "is of a pool that never overwrites"
        case .clockDoubted: "may have expired, but the clock is doubted"
        case .unknownContents: "holds what the catalog does not know"
        }
    }
}

/// When a cartridge should be written no more (F34).
package enum MediumWear {
    /// Loads an LTO cartridge is rated for by its makers.
    package static let mostLoads: Int64 = 20_000
    /// TapeAlert 7 (media life) and 19 (nearing media life).
    package static let alerts: Set<Int> = [7, 19]

    /// Why it is worn, or nil. `alerts`: the flags that stood while it was in a drive.
    package static func judge(_ volume: Volume, alerts: [Int]) -> String? {
        if let flag = alerts.first(where: Self.alerts.contains) {
            return "the drive says it is \(flag == 7 ? "at" : "near") the end of its life (TapeAlert \(flag))"
        }
        if volume.loads >= mostLoads { return "loaded \(volume.loads) times, rated for \(mostLoads)" }
        return nil
    }
}
