import BackupModel

/// The one table of actions and default keys, in the order of the hint row.
///
/// Lower-case keys never change the world; the upper-case ones do, and digits only switch screens.
enum KeyTable {
    static let entries: [KeyEntry] = first + acts + views + moves

    static func entry(_ action: Action) -> KeyEntry? { entries.first { $0.action == action } }

    private static let onMirrors: [KeyContext] = [.dashboard, .copy]

    private static let first: [KeyEntry] = [
        KeyEntry(.help, ["?", "f1"], "The keys of this screen; Enter runs one", hint: "help"),
        KeyEntry(.quit, ["q"], "Back; on the Dashboard: end the console", hint: "back"),
        KeyEntry(.interrupt, ["ctrl+c"], "Cancel a dialog, else end the console"),
        KeyEntry(.palette, [":"], "All actions by name", hint: "cmd"),
    ]

    private static let acts: [KeyEntry] = [
        KeyEntry(
            .run, ["U"], "Run the mirror now", hint: "run", in: onMirrors, level: .ask, unless: busyMirror),
        KeyEntry(
            .pause, ["P"], "Pause the mirror, or let it go on", hint: "pause", in: onMirrors, level: .ask,
            unless: idleMirror),
        KeyEntry(
            .requeue, ["R"], "Try the failed blobs again", hint: "retry", in: onMirrors, level: .ask,
            unless: { model in
                noMirror(model) ?? (model.mirror?.progress.failed.count == 0 ? "nothing has failed" : nil)
            }),
        KeyEntry(
            .limits, ["B"], "Bandwidth, workers, batch, read-back", hint: "limits", in: onMirrors, level: .ask,
            unless: noMirror),
        KeyEntry(
            .verify, ["V"], "Read every copy back and compare", hint: "verify", in: onMirrors, level: .ask,
            unless: busyMirror),
        KeyEntry(
            .stop, ["X"], "End the run; what is safe stays safe", hint: "stop", in: onMirrors, level: .word,
            unless: idleMirror),
        KeyEntry(.scan, [], "Bring the index up to date with the source", in: onMirrors, unless: busyMirror),
        KeyEntry(
            .acknowledge, ["A"], "Acknowledge the alert", hint: "ack",
            unless: { model in
                unsafeView(model) ?? (model.alert == nil ? "there is no alert" : nil)
            }),
    ]

    private static let views: [KeyEntry] = [
        KeyEntry(.follow, ["f"], "Follow the newest line", hint: "follow", in: [.log]),
        KeyEntry(.level, ["v"], "Lowest level shown", hint: "level", in: [.log]),
        KeyEntry(.nextMatch, ["n"], "Next line that matches the filter", hint: "next", in: [.log], unless: noFilter),
        KeyEntry(
            .previousMatch, ["N"], "Previous line that matches the filter", in: [.log], unless: noFilter),
        KeyEntry(.map, ["m"], "The blob map, and back to the failures", hint: "map", in: [.copy]),
        KeyEntry(.span, ["t"], "Rate graph: the last hour or minute", hint: "span", in: [.copy]),
        KeyEntry(.filter, ["/"], "Show only what holds a text", hint: "filter", unless: noList),
        KeyEntry(.nextPane, ["tab"], "Next pane", hint: "pane"),
        KeyEntry(.previousPane, ["s-tab"], "Previous pane"),
        KeyEntry(.open, ["enter"], "Open what is under the cursor", hint: "open"),
        KeyEntry(.info, ["i"], "The mirror's past runs", hint: "runs", in: onMirrors, unless: noMirrorAtAll),
        KeyEntry(.sort, ["s"], "Sort by the next column", hint: "sort", in: onMirrors, unless: noSort),
        KeyEntry(.zoom, ["z"], "One pane over the whole screen", hint: "zoom"),
        KeyEntry(.freeze, ["f"], "Hold the display still", hint: "freeze", in: onMirrors),
        KeyEntry(.copyText, ["y"], "Copy what is under the cursor", hint: "copy"),
        KeyEntry(.export, ["w"], "Write the list to a file", hint: "write", unless: noList),
        KeyEntry(.suspend, ["ctrl+z"], "Suspend the console", hint: "suspend"),
        KeyEntry(.redraw, ["ctrl+l"], "Draw everything anew"),
    ]

    private static let moves: [KeyEntry] = [
        KeyEntry(.dashboard, ["1"], "Dashboard: all mirrors"),
        KeyEntry(.copy, ["2"], "Copy: one mirror in detail"),
        KeyEntry(.log, ["8"], "Log: what happened"),
        KeyEntry(.back, ["esc"], "Back; clears a filter or a zoom"),
        KeyEntry(.up, ["up", "k"], "Up"),
        KeyEntry(.down, ["down", "j"], "Down"),
        KeyEntry(.left, ["left", "h"], "Copy screen: the mirror before", in: [.copy]),
        KeyEntry(.right, ["right", "l"], "Copy screen: the mirror after", in: [.copy]),
        KeyEntry(.first, ["g", "home"], "First row"),
        KeyEntry(.last, ["G", "end"], "Last row"),
        KeyEntry(.pageUp, ["pgup", "ctrl+b"], "A page up"),
        KeyEntry(.pageDown, ["pgdn", "ctrl+f"], "A page down"),
        KeyEntry(.halfUp, ["ctrl+u"], "Half a page up"),
        KeyEntry(.halfDown, ["ctrl+d"], "Half a page down"),
    ]

    /// What is on the screen is not what is: nothing may be decided by it.
    private static func unsafeView(_ model: Model) -> String? {
        if model.engine == nil { return "no data from the engine yet" }
        if model.isOld { return "the engine is away" }
        return model.frozen == nil ? nil : "the display is held: press f first"
    }

    private static func noMirrorAtAll(_ model: Model) -> String? {
        model.mirror == nil ? "there is no mirror" : nil
    }

    private static func noMirror(_ model: Model) -> String? { unsafeView(model) ?? noMirrorAtAll(model) }

    private static func busyMirror(_ model: Model) -> String? {
        if let refusal = noMirror(model) { return refusal }
        guard let mirror = model.mirror, mirror.phase.isRunning else { return nil }
        return "\(mirror.name) is at work already"
    }

    private static func idleMirror(_ model: Model) -> String? {
        if let refusal = noMirror(model) { return refusal }
        guard let mirror = model.mirror, !mirror.phase.isRunning else { return nil }
        return "\(mirror.name) is not running"
    }

    private static func noFilter(_ model: Model) -> String? {
        model.log.filter.isEmpty ? "no filter: press / first" : nil
    }

    private static func noList(_ model: Model) -> String? {
        model.focusedPane.isList ? nil : "this pane is no list"
    }

    private static func noSort(_ model: Model) -> String? {
        switch model.focusedPane {
        case .mirrors, .workers, .failures: nil
        default: "this pane has its own order"
        }
    }
}
