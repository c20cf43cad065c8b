/// One `[job.NAME]` of the settings: what should run, when, and beside what.
package struct JobSettings: Hashable, Codable, Sendable {
    package var name: String
    package var kind: JobKind
    /// The mirror that a `mirror.*` job works on; empty for others.
    package var mirror: String
    /// The argument vector of a `command` job.
    package var command: [String]
    /// What a `tape.*` job works on.
    package var tape: TapeJobSettings
    /// systemd calendar syntax or five-field cron, as written; nil: runs only when asked or chained.
    package var schedule: String?
    /// After a time switched off, one catch-up for all that was missed (C7).
    package var isPersistent: Bool
    /// Seconds by which a start may be moved at random, so that not everything begins at once.
    package var jitter: Double
    package var after: [String]
    package var afterWhen: ChainRule
    /// 0 to 100; the higher goes first.
    package var priority: Int
    /// Slots it holds while it runs, beside those its kind brings (`target:/mnt/ntt-backup`).
    package var resources: [String]
    package var beforeHook: [String]
    package var afterHook: [String]
    /// Seconds a hook may take.
    package var hookTimeout: Double
    package var stopCommand: [String]
    package var startCommand: [String]
    package var checkCommand: [String]
    package var retries: Int
    /// Seconds before the first retry; doubled with each.
    package var retryDelay: Double
    /// Seconds a run may take; nil: as long as it takes.
    package var timeout: Double?
    package var isEnabled: Bool

    package init(name: String, kind: JobKind) {
        self.name = name
        self.kind = kind
        mirror = ""
        command = []
        tape = TapeJobSettings()
        isPersistent = false
        jitter = 0
        after = []
        afterWhen = .success
        priority = 50
        resources = []
        beforeHook = []
        afterHook = []
        hookTimeout = 60
        stopCommand = []
        startCommand = []
        checkCommand = []
        retries = 2
        retryDelay = 60
        isEnabled = true
    }
}

/// What a job does; each is registered by a worker.
package enum JobKind: String, Codable, CaseIterable, Sendable {
    case mirrorRun = "mirror.run"
    case mirrorScan = "mirror.scan"
    case mirrorVerify = "mirror.verify"
    case tapeArchive = "tape.archive"
    case tapeVerify = "tape.verify"
    case command
}

/// When a link of a chain goes on.
package enum ChainRule: String, Codable, CaseIterable, Sendable { case success, always }

/// One `[set.NAME]`: data with goals, about which the alerts and the digest speak.
package struct RecoverySetSettings: Hashable, Codable, Sendable {
    package var name: String
    package var jobs: [String]
    /// Files that another program makes; watched, never deleted.
    package var watch: WatchedArtefacts?
    /// Seconds; how old the newest verified copy may be.
    package var newestVerifiedWithin: Double?
    /// Seconds within which it must be possible to restore.
    package var restoreWithin: Double?
    package var priority: SetPriority

    package init(name: String) {
        self.name = name
        jobs = []
        priority = .normal
    }
}

/// Artefacts of another program that a set watches.
package struct WatchedArtefacts: Hashable, Codable, Sendable {
    /// An absolute path whose last parts may hold `*` and `?`.
    package var glob: String
    /// Bytes; a newer artefact that is smaller does not count.
    package var atLeast: Int64

    package init(glob: String, atLeast: Int64 = 1) {
        self.glob = glob
        self.atLeast = atLeast
    }
}

package enum SetPriority: String, Codable, CaseIterable, Sendable { case low, normal, high, critical }
