package import BackupModel
package import TapeArchive
package import WorkerKit

/// What an engine is opened with.
package struct EngineConfiguration: Sendable {
    /// Holds `catalog.sqlite`, `mirrors/`, `engine.lock`, `log/`, `answers/` and perhaps `STOP`.
    package var stateFolder: String
    package var mirrors: [MirrorSettings]
    package var jobs: [JobSettings] = []
    package var sets: [RecoverySetSettings] = []
    /// Nil where no tape drive is configured.
    package var tape: StationPlan?
    /// Opened by a command for an order of its own, without jobs and sets. What depends on those waits for the engine
    /// that knows them: alerts read from the state, questions to people, what a dead engine left under way.
    package var isForOneOrder = false
    /// Jobs that may run at the same time.
    package var jobsAtOnce = 4
    /// Logs of runs that stay.
    package var runLogs = RunLogRetention()
    package var voice = VoiceSettings()
    /// Secrets that no sink may show.
    package var redaction = Redaction()
    /// The file that all this was read from, or empty.
    package var settingsFile = ""
    /// Where JSON Lines go, or nil for nowhere.
    package var logPath: String?
    package var logging = LogKeeping()
    package var host: String
    package var version: String
    /// What programs of jobs get beside what the engine itself says: see `JobStages.passed`.
    package var environment: [String: String] = [:]
    /// Who sends intents that come without a name, from the same process.
    package var person = Person.engine
    /// The file calls of a mirror's two sides; tests and the demo put faults here.
    package var files: @Sendable (MirrorSettings) -> (source: any FileCalls, target: any FileCalls)
    /// What reaches the world outside; without it nothing is told to anybody.
    package var outside = EngineOutside()

    package init(
        stateFolder: String, mirrors: [MirrorSettings], logPath: String?, host: String, version: String,
        files: @escaping @Sendable (MirrorSettings) -> (source: any FileCalls, target: any FileCalls) = { _ in
            (LinuxFiles(side: .source), LinuxFiles(side: .destination))
        }
    ) {
        self.stateFolder = stateFolder
        self.mirrors = mirrors
        self.logPath = logPath
        self.host = host
        self.version = version
        self.files = files
    }
}

/// How the engine reaches what is not its own.
package struct EngineOutside: Sendable {
    /// Delivers one message over mail or webhook.
    package var deliver: Voice.Sending = { _ in .refused(reason: "this engine delivers nothing") }
    package var ping: @Sendable (PingSettings) async -> DeliveryResult = { _ in .delivered }
    /// Reads the settings anew: a configuration like the first, or why the old one stays.
    package var reread: (@Sendable () async -> Result<EngineConfiguration, Failure>)?
    /// A reload took the configuration that this is part of; what is around the engine follows. Returns at once.
    package var taken: @Sendable () -> Void = {}
    /// `engine stop` was accepted: whoever opened the engine closes it.
    package var stop: @Sendable () -> Void = {}
    /// The clock and its witnesses.
    package var clock = ClockWitness.live

    package init() {}
}
