import BackupModel

/// Every key there is, in the order of the documentation.
package enum KeyTables {
    package static let mirror: [SettingsKey] = mirrorRules.map(\.key)
    package static let console: [SettingsKey] = consoleRules.map(\.key)
    package static let logging: [SettingsKey] = loggingRules.map(\.key)

    static let sections = ["mirror", "console", "logging"]

    private static let standard = MirrorSettings(name: "", source: "", target: "")

    static let mirrorRules: [KeyRule<MirrorSettings>] = [
        .path("source", "required") { $0.source = $1 },
        .path("target", "required") { $0.target = $1 },
        .word("hash", standard.hash) { $0.hash = $1 },
        .whole("workers", 1...64, standard.workers) { $0.workers = $1 },
        .whole("batch", 1...10_000, standard.batch) { $0.batch = $1 },
        .word("read_back", standard.readBack) { $0.readBack = $1 },
        .rate("rate_limit", atLeast: 64 << 10) { $0.rateLimit = $1 },
        .size("keep_free", atLeast: 0, standard.keepFree) { $0.keepFree = $1 },
        .size("size_budget", atLeast: 1 << 20, standard.sizeBudget) { $0.sizeBudget = $1 },
        .share("max_shrink", standard.maxShrink) { $0.maxShrink = $1 },
        .whole("full_walk_days", 0...365, standard.fullWalkDays) { $0.fullWalkDays = $1 },
        .whole("retries", 0...100, standard.retries) { $0.retries = $1 },
        .whole("verify_every_days", 1...3650, standard.verifyEveryDays) { $0.verifyEveryDays = $1 },
    ]

    static let consoleRules: [KeyRule<ConsoleSettings>] = [
        .nameOrPath("theme", "\"terminal\"") { $0.theme = $1 },
        .word("preset", ConsoleSettings.Preset.vi) { $0.preset = $1 },
        .path("keys", "none") { $0.keys = $1 },
        .word("glyphs", ConsoleSettings.Glyphs.auto) { $0.glyphs = $1 },
        .flag("a11y", false) { $0.a11y = $1 },
        .word("clock", ConsoleSettings.Clock.utc) { $0.clock = $1 },
    ]

    static let loggingRules: [KeyRule<LoggingSettings>] = [
        .word("level", LoggingSettings.Level.info) { $0.level = $1 },
        .path("file", "none") { $0.file = $1 },
    ]
}
