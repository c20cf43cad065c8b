/// The screens that are built. The raw value is the digit that opens it, which never changes.
package enum Screen: Int, CaseIterable, Hashable, Sendable {
    case dashboard = 1
    case copy = 2
    case tape = 3
    case jobs = 7
    case log = 8
    case alerts = 9

    var title: String {
        switch self {
        case .dashboard: "Dash"
        case .copy: "Copy"
        case .tape: "Tape"
        case .jobs: "Jobs"
        case .log: "Log"
        case .alerts: "Alert"
        }
    }

    /// The panes that share one place on screens too small for all.
    var sharedPanes: [Pane] {
        switch self {
        case .dashboard: [.events, .alerts, .tapeBox, .sets, .next, .activeJobs, .requests]
        case .copy: [.failures, .map, .rate]
        case .tape: [.health, .bufferGraph, .tapeRequest]
        case .jobs: [.lanes, .jobDetail, .history]
        case .log, .alerts: []
        }
    }

    /// The panes that take the focus, in the order of Tab.
    var panes: [Pane] {
        switch self {
        case .dashboard: [.mirrors, .tapeBox, .sets, .next, .activeJobs, .requests, .alerts, .events]
        case .copy: [.workers, .failures, .map, .rate]
        case .tape: [.drives, .volumes, .health, .bufferGraph, .tapeRequest]
        case .jobs: [.jobs, .lanes, .jobDetail, .history]
        case .log: [.lines]
        case .alerts: [.attention]
        }
    }
}

/// A part of a screen.
package enum Pane: Hashable, CaseIterable, Sendable {
    case mirrors, alerts, events, workers, failures, map, rate, lines
    case sets, next, activeJobs, requests
    case jobs, lanes, jobDetail, history, attention
    case drives, volumes, health, bufferGraph, tapeRequest, tapeBox
    /// What is only looked at and takes no focus.
    case mirrorBox, volume, summary, bottleneck, detail, alertDetail, ladder, drive

    /// Lists have a cursor.
    var isList: Bool {
        switch self {
        case .mirrors, .alerts, .events, .workers, .failures, .lines, .jobs, .history, .attention, .drives, .volumes:
            true
        default: false
        }
    }

    /// Lists whose first row names the columns.
    var hasHeader: Bool {
        switch self {
        case .mirrors, .workers, .failures, .jobs, .history, .attention, .drives, .volumes: true
        default: false
        }
    }
}

/// How much room there is; each class has its own layout, and none refuses to draw.
enum SizeClass: Comparable {
    case tiny, mini, compact, standard, wide

    init(_ size: Size) {
        switch (size.columns, size.rows) {
        case (120..., 36...): self = .wide
        case (80..., 24...): self = .standard
        case (60..., 16...): self = .compact
        case (40..., 10...): self = .mini
        default: self = .tiny
        }
    }
}

extension Pane {
    /// Panes of the Dashboard that are there when there is something to plan, to wait for or to keep fresh.
    static let operations: Set<Pane> = [.sets, .next, .activeJobs, .requests]
}
