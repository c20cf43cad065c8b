/// The screens that are built. The raw value is the digit that opens it, which never changes.
package enum Screen: Int, CaseIterable, Hashable, Sendable {
    case dashboard = 1
    case copy = 2
    case log = 8

    var title: String {
        switch self {
        case .dashboard: "Dash"
        case .copy: "Copy"
        case .log: "Log"
        }
    }

    /// The panes that share one place on screens too small for all.
    var sharedPanes: [Pane] {
        switch self {
        case .dashboard: [.events, .alerts]
        case .copy: [.failures, .map, .rate]
        case .log: []
        }
    }

    /// The panes that take the focus, in the order of Tab.
    var panes: [Pane] {
        switch self {
        case .dashboard: [.mirrors, .alerts, .events]
        case .copy: [.workers, .failures, .map, .rate]
        case .log: [.lines]
        }
    }
}

/// A part of a screen.
package enum Pane: Hashable, CaseIterable, Sendable {
    case mirrors, alerts, events, workers, failures, map, rate, lines
    /// What is only looked at and takes no focus.
    case mirrorBox, volume, summary, bottleneck, detail

    /// Lists have a cursor.
    var isList: Bool {
        switch self {
        case .mirrors, .alerts, .events, .workers, .failures, .lines: true
        default: false
        }
    }

    /// Lists whose first row names the columns.
    var hasHeader: Bool {
        switch self {
        case .mirrors, .workers, .failures: true
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
