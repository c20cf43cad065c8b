import Settings
import BackupModel
import Foundation
import Glibc

/// Starts an engine of its own session, which outlives this terminal: the program spawned again, since after `fork` a
/// Swift process has one thread.
struct EngineSpawn {
    let place: CommandPlace

    /// The new engine's process; it may still fail, `log` says why.
    func start() throws -> Int32 {
        try FileManager.default.createDirectory(
            atPath: place.location.logFolder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Signals that this console ignores or holds back are the engine's again.
        var all = sigset_t()
        var none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        let flags = Self.newSession | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK)
        posix_spawnattr_setflags(&attributes, flags)
        let arguments = ["holdfast", "engine", "run", "--config", place.file]
        var vector: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for case let word? in vector { free(word) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes, &vector, environ)
        guard result == 0 else {
            throw Failure(
                code: "ENGINE_NOT_STARTED", side: .engine, message: "the engine cannot be started", errno: result,
                operation: "posix_spawn", hint: "Try holdfast engine run and read what it says.")
        }
        return pid
    }

    /// What the engine said when it could not begin.
    var log: String { place.location.logFolder + "/engine.out" }

    /// glibc's `POSIX_SPAWN_SETSID` (spawn.h), behind `_GNU_SOURCE` that Swift's module may not have.
    private static let newSession: Int16 = 0x80
}

/// Whether a child of ours has ended, and how.
func endOfChild(_ pid: Int32) -> Int32? {
    var status: Int32 = 0
    return waitpid(pid, &status, WNOHANG) == pid
        ? (status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)) : nil
}
