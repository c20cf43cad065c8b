import Foundation
import Glibc
import Settings

/// Whether somebody holds the engine's lock of a state folder.
enum EngineLock {
    static func isFree(_ location: SettingsLocation) throws -> Bool {
        let file = open(location.engineLock, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return true }
        defer { close(file) }
        guard flock(file, LOCK_SH | LOCK_NB) == 0 else { return false }
        flock(file, LOCK_UN)
        return true
    }
}
