import BackupModel

/// Every key there is, in the order of the documentation.
package enum KeyTables {
    /// A table as the documentation heads it, and its keys.
    package struct Table: Hashable, Sendable {
        /// `mirror`, `console` ...
        package var section: String
        /// Written `[mirror.NAME]`, as many as wanted.
        package var isNamed: Bool
        package var keys: [SettingsKey]

        /// `[mirror.NAME]` or `[console]`.
        package var heading: String { isNamed ? "[\(section).NAME]" : "[\(section)]" }
    }

    package static let tables: [Table] = [
        Table(section: "mirror", isNamed: true, keys: mirrorRules.map(\.key)),
        Table(section: "library", isNamed: true, keys: libraryRules.map(\.key)),
        Table(section: "drive", isNamed: true, keys: driveRules.map(\.key)),
        Table(section: "pool", isNamed: true, keys: poolRules.map(\.key)),
        Table(section: "job", isNamed: true, keys: jobRules.map(\.key)),
        Table(section: "set", isNamed: true, keys: setRules.map(\.key)),
        Table(section: "alerts", isNamed: false, keys: alertsRules.map(\.key)),
        Table(section: "channel", isNamed: true, keys: channelRules.map(\.key)),
        Table(section: "digest", isNamed: false, keys: digestRules.map(\.key)),
        Table(section: "ping", isNamed: false, keys: pingRules.map(\.key)),
        Table(section: "engine", isNamed: false, keys: engineRules.map(\.key)),
        Table(section: "metrics", isNamed: false, keys: metricsRules.map(\.key)),
        Table(section: "api", isNamed: false, keys: apiRules.map(\.key)),
        Table(section: "logging", isNamed: false, keys: loggingRules.map(\.key)),
        Table(section: "console", isNamed: false, keys: consoleRules.map(\.key)),
    ]

    static let sections = tables.map(\.section)
}

// MARK: - The mirror and how it is looked at

extension KeyTables {
    private static let mirror = MirrorSettings(name: "", source: "", target: "")

    static let mirrorRules: [KeyRule<MirrorSettings>] = [
        .required("source", .path, \.source, "The folder that holds `aa/bb/<id>`. Only ever read."),
        .required("target", .path, \.target, "The folder on the drive that gets `by-hash/` and `.holdfast/`."),
        .key("hash", .word, \.hash, of: mirror, "The hash that names the blobs."),
        .key(
            "workers", .whole(1...64), \.workers, of: mirror,
            "Threads that copy. More than cores pay: they wait for the disk."),
        .key("batch", .whole(1...10_000), \.batch, of: mirror, "Blobs made durable together."),
        .key(
            "read_back", .word, \.readBack, of: mirror,
            "How a copy is proved: not at all, at once past the page cache, or by a later `verify`."),
        .optional("rate_limit", .rate(atLeast: 64 << 10), \.rateLimit, "Bytes a second to copy at most."),
        .key(
            "keep_free", .size(atLeast: 0), \.keepFree, of: mirror,
            "Never leave the drive with less free than this."),
        .optional("size_budget", .size(atLeast: 1 << 20), \.sizeBudget, "Never let `by-hash/` grow over this."),
        .key(
            "max_shrink", .share, \.maxShrink, of: mirror,
            "Refuse a scan that finds more than this share fewer blobs than before."),
        .key(
            "full_walk_days", .whole(0...365), \.fullWalkDays, of: mirror,
            "A full walk of the source at least this often; between them only changed folders are listed. "
                + "0: every run."),
        .key(
            "retries", .whole(0...100), \.retries, of: mirror,
            "Tries for an error that may pass before it counts as a failure."),
        .key(
            "verify_every_days", .whole(1...3650), \.verifyEveryDays, of: mirror,
            "A job of kind `mirror.verify` reads each copy back once in this many days: those not proved for so long, "
                + "and each time the oldest of the rest in proportion to the days since the last `verify`, so that no "
                + "night reads all. `holdfast mirror verify NAME` by hand reads all."),
    ]

    private static let console = ConsoleSettings()

    static let consoleRules: [KeyRule<ConsoleSettings>] = [
        .key(
            "theme", .nameOrPath, \.theme, of: console,
            "A built-in theme, `NAME.toml` in `themes/` beside the settings, or a file."),
        .key(
            "preset", .word, \.preset, of: console, "The keys to begin with. `arrows-only` needs no letters."),
        .optional(
            "keys", .path, \.keys,
            "A file of key bindings that change the preset. None: `keys.toml` beside the settings, when it exists."),
        .key("glyphs", .word, \.glyphs, of: console, "What bars, graphs and boxes are drawn with."),
        .key(
            "a11y", .flag, \.a11y, of: console,
            "For screen readers: ASCII, no boxes, the cursor on the focused row, a bell with alerts."),
        .key("clock", .word, \.clock, of: console, "Times on the screen."),
    ]
}

// MARK: - The engine

extension KeyTables {
    private static let engine = EngineSettings()

    static let engineRules: [KeyRule<EngineSettings>] = [
        .optional(
            "runtime_folder", .path, \.runtimeFolder,
            "Holds the sockets; ours alone. None: as in the table at the top."),
        .key(
            "jobs_at_once", .whole(1...64), \.jobsAtOnce, of: engine,
            "Jobs that run at the same time on this machine, whatever else would let them."),
        .optional(
            "include", .path, \.include,
            "The folder whose `*.toml` are read too, in order of name. None: `conf.d` beside the settings file."),
    ]

    static let metricsRules: [KeyRule<ListenerSettings>] = [
        .optional("listen", .address, \.listen, "Where `/metrics` is served. None: nowhere."),
        .optional("token", .secret, \.token, "What a caller must show. None: everybody who can connect may read."),
    ]

    static let apiRules: [KeyRule<ListenerSettings>] = [
        .optional("listen", .address, \.listen, "Where `/v1` is served. None: nowhere."),
        .optional(
            "token", .secret, \.token, "What a caller must show to change something. None: nobody changes anything."),
    ]

    private static let logging = LoggingSettings()

    static let loggingRules: [KeyRule<LoggingSettings>] = [
        .key("level", .word, \.level, of: logging, "The least severe event that goes into the file."),
        .optional(
            "file", .path, \.file, "JSON Lines go here. None: `log/holdfast.jsonl` in the state folder."),
        .key(
            "max_size", .size(atLeast: 1 << 20), \.maxSize, of: logging,
            "At this size the file is put aside and a new one begun."),
        .key(
            "retain_days", .whole(1...3650), \.retainDays, of: logging,
            "Days after which a file put aside, and the log of a run, is removed."),
    ]
}
