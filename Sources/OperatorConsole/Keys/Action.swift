/// Everything a key or the palette can do. The raw value is its name in key files.
package enum Action: String, CaseIterable, Hashable, Sendable {
    case dashboard, copy, tape, jobs, log, alerts
    case help, palette, filter
    case open, back, quit, interrupt
    case nextPane = "next-pane"
    case previousPane = "previous-pane"
    case up, down, left, right, first, last
    case pageUp = "page-up"
    case pageDown = "page-down"
    case halfUp = "half-up"
    case halfDown = "half-down"
    case sort, freeze, zoom, info
    case copyText = "copy-text"
    case export
    case redraw, suspend
    case run, scan, verify, pause, stop, limits, requeue
    case acknowledge, snooze
    case answerRequest = "answer"
    case runJob = "run-job"
    case pauseJob = "pause-job"
    case cancelJob = "cancel-job"
    case enableJob = "enable-job"
    case skipNext = "skip-next"
    case jobLog = "job-log"
    case maintenance, drain
    case acceptClock = "accept-clock"
    case reloadSettings = "reload-settings"
    case stopEngine = "stop-engine"
    case map, span
    case previousDrive = "previous-drive"
    case nextDrive = "next-drive"
    case ejectTape = "eject-tape"
    case rewindTape = "rewind-tape"
    case cleanDrive = "clean-drive"
    case holdAfterTape = "hold-after-tape"
    case labelTape = "label-tape"
    case markOffsite = "mark-offsite"
    case unloadTape = "unload-tape"
    case nextTape = "next-tape"
    case inventory
    case verifyTape = "verify-tape"
    case flowPolicy = "flow-policy"
    case cancelTape = "cancel-tape"
    case level, follow
    case nextMatch = "next-match"
    case previousMatch = "previous-match"
}

/// Where a key means something. A screen's own keys go before the global ones.
package enum KeyContext: String, CaseIterable, Hashable, Sendable {
    case global, dashboard, copy, tape, jobs, log, alerts

    init(_ screen: Screen) {
        switch screen {
        case .dashboard: self = .dashboard
        case .copy: self = .copy
        case .tape: self = .tape
        case .jobs: self = .jobs
        case .log: self = .log
        case .alerts: self = .alerts
        }
    }
}

/// How much an act wants to be meant (console dialogs in front of what changes the world).
package enum ConfirmationLevel: Int, Comparable, Hashable, Sendable {
    /// At once, with a result line.
    case none = 0
    /// One line, `y` and nothing else says yes.
    case ask = 1
    /// A box with the consequences; the word `yes` is typed.
    case word = 2
    /// A box with the consequences; the exact name is typed.
    case name = 3

    package static func < (a: ConfirmationLevel, b: ConfirmationLevel) -> Bool { a.rawValue < b.rawValue }
}

/// One row of the key table: dispatch, help, palette and hints all come from it.
struct KeyEntry: Sendable {
    var action: Action
    var keys: [String]
    /// A line of the help.
    var help: String
    /// A word of the hint row; empty: none there.
    var hint: String
    var contexts: [KeyContext]
    /// The highest confirmation that may follow.
    var level: ConfirmationLevel
    /// Why it is impossible now, or nil.
    var refusal: @Sendable (Model) -> String?

    init(
        _ action: Action, _ keys: [String], _ help: String, hint: String = "", in contexts: [KeyContext] = [.global],
        level: ConfirmationLevel = .none, unless refusal: @escaping @Sendable (Model) -> String? = { _ in nil }
    ) {
        self.action = action
        self.keys = keys
        self.help = help
        self.hint = hint
        self.contexts = contexts
        self.level = level
        self.refusal = refusal
    }
}
