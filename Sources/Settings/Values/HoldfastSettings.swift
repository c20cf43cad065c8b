package import BackupModel

/// Everything the settings say, checked; what they leave out has its default.
package struct HoldfastSettings: Hashable, Sendable {
    /// These in order of name.
    package var mirrors: [MirrorSettings]
    package var libraries: [LibrarySettings] = []
    package var drives: [DriveSettings] = []
    package var pools: [Pool] = []
    package var jobs: [JobSettings] = []
    package var sets: [RecoverySetSettings] = []
    package var voice = VoiceSettings()
    package var console: ConsoleSettings
    package var logging: LoggingSettings
    package var engine = EngineSettings()
    package var metrics = ListenerSettings()
    package var api = ListenerSettings()

    package init(
        mirrors: [MirrorSettings] = [], console: ConsoleSettings = ConsoleSettings(),
        logging: LoggingSettings = LoggingSettings()
    ) {
        self.mirrors = mirrors
        self.console = console
        self.logging = logging
    }

    /// The mirror with that name; otherwise a failure with code `MIRROR_UNKNOWN` that names the nearest (J12).
    package func mirror(named name: String) throws(Failure) -> MirrorSettings {
        if let mirror = mirrors.first(where: { $0.name == name }) { return mirror }
        throw unknown("mirror", name, among: mirrors.map(\.name))
    }

    /// The job with that name; otherwise a failure with code `JOB_UNKNOWN` that names the nearest (J12).
    package func job(named name: String) throws(Failure) -> JobSettings {
        if let job = jobs.first(where: { $0.name == name }) { return job }
        throw unknown("job", name, among: jobs.map(\.name))
    }

    private func unknown(_ section: String, _ name: String, among names: [String]) -> Failure {
        Failure(
            code: section.uppercased() + "_UNKNOWN", side: .settings,
            message: "no \(section) is named \"\(printable(name.utf8))\"" + NearestWord.suggestion(name, among: names),
            subject: Array(name.utf8),
            hint: "\(section == "job" ? "Jobs" : "Mirrors") are the [\(section).NAME] tables of the settings file.")
    }
}

/// `[console]`.
package struct ConsoleSettings: Hashable, Sendable {
    package enum Glyphs: String, CaseIterable, Sendable { case auto, unicode, block, ascii }
    package enum Clock: String, CaseIterable, Sendable { case utc, local }
    package enum Preset: String, CaseIterable, Sendable {
        case vi, emacs
        case arrowsOnly = "arrows-only"
    }

    /// A built-in theme, one in the `themes` folder, or an absolute path.
    package var theme = "terminal"
    /// The keys to begin with.
    package var preset = Preset.vi
    /// A file of key bindings that change the preset; nil: `keys.toml` beside the settings, when it exists.
    package var keys: String?
    package var glyphs = Glyphs.auto
    /// ASCII, no boxes, the real cursor on the focused row, a bell with alerts.
    package var a11y = false
    package var clock = Clock.utc

    package init() {}
}

/// `[logging]`.
package struct LoggingSettings: Hashable, Sendable {
    package enum Level: String, CaseIterable, Sendable {
        case debug, info, warn, error

        package var severity: Severity {
            switch self {
            case .debug: .debug
            case .info: .info
            case .warn: .warn
            case .error: .error
            }
        }
    }

    package var level = Level.info
    /// JSON Lines go here; nil: `log/holdfast.jsonl` in the state folder.
    package var file: String?
    /// Bytes at which the file is put aside and a new one begun.
    package var maxSize: Int64 = 100 << 20
    /// Days after which a file put aside, and the log of a run, is removed.
    package var retainDays = 90

    package init() {}
}

/// `[engine]`.
package struct EngineSettings: Hashable, Sendable {
    /// Holds the sockets; nil: where `SettingsLocation` says.
    package var runtimeFolder: String?
    /// Jobs that run at the same time on this machine, whatever slots they hold.
    package var jobsAtOnce = 4
    /// The folder whose `*.toml` are read too; nil: `conf.d` beside the settings file.
    package var include: String?

    package init() {}
}

/// `[metrics]` and `[api]`.
package struct ListenerSettings: Hashable, Sendable {
    /// Nil: off.
    package var listen: ListenAddress?
    /// What a caller must show: for metrics to read at all, for the API to change something. Nil: metrics for
    /// everybody who can connect, an API that only looks.
    package var token: SecretReference?

    package init() {}
}
