package import BackupModel

/// Everything the console knows and shows. A picture is a function of it (`render`), and only `receive` changes it.
package struct Model: Sendable {
    package internal(set) var size: Size
    package internal(set) var screen = Screen.dashboard
    /// The wall clock of the last tick, for the title and for times of day.
    package internal(set) var now: WallTime
    /// Seconds of a clock that never steps back; ages and delays are measured with it.
    package internal(set) var monotonic: Double
    /// The newest state, also while the display is frozen.
    package internal(set) var engine: EngineState?
    package internal(set) var overlay: Overlay?
    package internal(set) var themeName: String

    let themes: [String]
    let keymap: Keymap
    /// For screen readers and slow lines: no boxes, the terminal's cursor on the focused row, bell on alerts.
    package let isAccessible: Bool
    /// Seconds east of UTC at a time; nil shows UTC.
    let utcOffset: (@Sendable (WallTime) -> Int)?

    var receivedAt: Double
    var isEngineLost = false
    /// How the link to the engine stands; nil while there is none, because the engine lives in the same process.
    var standing: LinkStanding?
    /// The engine takes no orders from this console.
    var isReadOnly = false
    /// What is shown instead of `engine` while the operator holds the display.
    var frozen: EngineState?
    var isZoomed = false
    var focus: [Screen: Pane] = [:]
    var result: ResultLine?
    /// Keys that act sleep until then, because the row under the cursor changed by itself (H11).
    var actsSleepUntil = 0.0

    var mirrors = ListPosition<String>()
    var mirrorSort = MirrorSort.asConfigured
    var mirrorFilter = ""
    var alerts = ListPosition<Int>()
    var events = ListPosition<Int64>()
    var workers = ListPosition<Int>()
    var workerSort = WorkerSort.number
    var failures = FailureList()
    /// What the operator chose for the rate graph; nil: what tells more.
    var chosenSpan: RateSpan?
    /// Which of the panes that share a place is in it, where there is no room for all.
    var shared: [Screen: Pane] = [:]
    var log = LogLines()
    var runs: [String: [RunSummary]] = [:]
    var jobs = ListPosition<String>()
    var jobFilter = ""
    var jobSort = JobSort.asConfigured
    var history = RunHistory()
    /// Runs of all jobs, newest first, for the lanes.
    var laneRuns: [JobRun] = []
    /// The last run of each job when the lanes' runs were asked for.
    var laneBasis: Set<RunID>?
    var attention = ListPosition<Attention.ID>()
    /// The drive that the Tape screen shows and keys act upon.
    var drives = ListPosition<String>()
    var spots = ListPosition<TapeSpot.ID>()
    var volumes = VolumeList()
    /// What came to the last question about tapes that was asked for a page.
    var tapePage: (query: Query, lines: [String])?
    /// The request whose box lies behind a prompt or a question.
    var requestBehind: Int?
    /// A request that closed while it was open here, until it is known who closed it.
    var closedRequest: Int?
    var openQueries: Set<Query> = []
    var refusedQueries: Set<Query> = []

    package init(
        size: Size, now: WallTime, monotonic: Double, themeName: String = "terminal", themes: [String] = [],
        keymap: Keymap = .standard, isAccessible: Bool = false, utcOffset: (@Sendable (WallTime) -> Int)? = nil
    ) {
        self.size = size
        self.now = now
        self.monotonic = monotonic
        self.themeName = themeName
        self.themes = themes
        self.keymap = keymap
        self.isAccessible = isAccessible
        self.utcOffset = utcOffset
        receivedAt = monotonic
    }
}

/// How much time the rate graph covers.
enum RateSpan: Hashable, Sendable { case minute, hour }

/// What came of the operator's last act; shown for 6 s.
struct ResultLine: Hashable, Sendable {
    var text: SafeText
    var severity: Severity
    var until: Double
}

extension Model {
    /// Older data than this is called old: the engine sends at least one state every 5 s.
    static let oldAfter = 10.0
    /// Dangerous keys sleep that long after a dialog opened or the row under the cursor changed (H11).
    static let sleep = 0.5
    static let resultSpan = 6.0
    static let noAlertHere = "there is no alert under the cursor"

    /// The state on the screen.
    var shown: EngineState? { frozen ?? engine }

    /// Seconds since the last state came.
    var age: Double { max(0, monotonic - receivedAt) }

    /// The engine does not want this console: nothing is tried again.
    var isRefused: Bool {
        if case .refused? = standing { true } else { false }
    }

    var isOld: Bool { isEngineLost || age > Model.oldAfter }

    /// The panes of this screen that there is something for, in the order of Tab.
    var panes: [Pane] {
        switch screen {
        case .dashboard:
            return screen.panes.filter {
                Pane.operations.contains($0) ? hasOperations : $0 == .tapeBox ? hasTape : true
            }
        // There the drive's box holds the health too.
        case .tape: return screen.panes.filter { $0 != .health || SizeClass(size) != .wide }
        default: return screen.panes
        }
    }

    var focusedPane: Pane {
        let panes = panes
        guard let pane = focus[screen], panes.contains(pane) else { return panes[0] }
        return pane
    }

    var shownMirrors: [CopyState] {
        let all = shown?.copies ?? []
        let matching = mirrorFilter.isEmpty ? all : all.filter { contains($0.name, mirrorFilter) }
        return mirrorSort.sorted(matching)
    }

    /// The mirror under the cursor: what the Copy screen shows and keys act upon.
    var mirror: CopyState? {
        guard let selected = mirrors.selected else { return shownMirrors.first }
        return shown?.copies.first { $0.name == selected } ?? shownMirrors.first
    }

    /// Those that still ask for somebody, then the worst, then the newest.
    var shownAlerts: [Alert] {
        let now = now
        func order(_ alert: Alert) -> (Int, Int, Int64, Int) {
            (alert.isLoud(at: now) ? 1 : 0, alert.severity.rawValue, alert.raisedAt.milliseconds, alert.id)
        }
        return (shown?.alerts ?? []).sorted { order($0) > order($1) }
    }

    /// The last minute until there are five minutes to draw, then the last hour, unless the operator chose.
    func rateSpan(_ copy: CopyState) -> RateSpan {
        if let chosenSpan { return chosenSpan }
        let minutes = copy.rates.minutes.count { $0 > 0 }
        return minutes < 5 && copy.rates.seconds.contains { $0 > 0 } ? .minute : .hour
    }

    var shownWorkers: [WorkerState] { workerSort.sorted(mirror?.workers ?? []) }

    /// Newest first.
    var shownEvents: [Event] { (shown?.recentEvents ?? []).reversed() }

    /// The alert that keys act upon: the one under the cursor, or the worst.
    var alert: Alert? {
        if screen == .alerts {
            if case .alert(let alert)? = selectedAttention { return alert }
            return nil
        }
        let alerts = shownAlerts
        guard screen == .dashboard, focusedPane == .alerts, let index = self.alerts.index(in: alerts.map(\.id)) else {
            return alerts.first
        }
        return alerts[index]
    }

    var runningMirrors: [CopyState] { (engine?.copies ?? []).filter(\.phase.isRunning) }
}

/// True when the text holds the pattern, whatever the case of ASCII letters.
func contains(_ text: String, _ pattern: String) -> Bool {
    let wanted = Array(pattern.utf8.map(lowered))
    guard !wanted.isEmpty else { return true }
    var text = text
    return text.withUTF8 { bytes in
        guard bytes.count >= wanted.count else { return false }
        return (0...bytes.count - wanted.count).contains { start in
            wanted.indices.allSatisfy { lowered(bytes[start + $0]) == wanted[$0] }
        }
    }
}

private func lowered(_ byte: UInt8) -> UInt8 { (65...90).contains(byte) ? byte + 32 : byte }
