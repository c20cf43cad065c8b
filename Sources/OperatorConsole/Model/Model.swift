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

    var receivedAt: Double
    var isEngineLost = false
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
    var openQueries: Set<Query> = []
    var refusedQueries: Set<Query> = []

    package init(
        size: Size, now: WallTime, monotonic: Double, themeName: String = "terminal", themes: [String] = [],
        keymap: Keymap = .standard, isAccessible: Bool = false
    ) {
        self.size = size
        self.now = now
        self.monotonic = monotonic
        self.themeName = themeName
        self.themes = themes
        self.keymap = keymap
        self.isAccessible = isAccessible
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

    /// The state on the screen.
    var shown: EngineState? { frozen ?? engine }

    /// Seconds since the last state came.
    var age: Double { max(0, monotonic - receivedAt) }

    var isOld: Bool { isEngineLost || age > Model.oldAfter }

    var focusedPane: Pane { focus[screen] ?? screen.panes[0] }

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

    /// Worst first, then newest.
    var shownAlerts: [Alert] {
        (shown?.alerts ?? []).sorted { ($0.severity, $0.raisedAt, $0.id) > ($1.severity, $1.raisedAt, $1.id) }
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
