package import BackupModel

/// Everything the settings file says, checked; what it leaves out has its default.
package struct HoldfastSettings: Hashable, Sendable {
    /// In order of name.
    package var mirrors: [MirrorSettings]
    package var console: ConsoleSettings
    package var logging: LoggingSettings

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
        let near = NearestWord.suggestion(name, among: mirrors.map(\.name))
        throw Failure(
            code: "MIRROR_UNKNOWN", side: .settings,
            message: "no mirror is named \"\(printable(name.utf8))\"" + near, subject: Array(name.utf8),
            hint: "Mirrors are the [mirror.NAME] tables of the settings file.")
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

    package init() {}
}
