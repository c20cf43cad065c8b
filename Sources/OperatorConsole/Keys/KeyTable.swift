import BackupModel

/// The one table of actions and default keys, in the order of the hint row.
///
/// Lower-case keys never change the world; the upper-case ones do, and digits only switch screens.
enum KeyTable {
    static let entries: [KeyEntry] = first + acts + jobActs + tapeActs + views + engineActs + moves

    static func entry(_ action: Action) -> KeyEntry? { entries.first { $0.action == action } }

    private static let onMirrors: [KeyContext] = [.dashboard, .copy]
    private static let onRuns: [KeyContext] = [.dashboard, .copy, .jobs]
    private static let onLists: [KeyContext] = [.dashboard, .copy, .tape, .jobs]

    private static let first: [KeyEntry] = [
        KeyEntry(.help, ["?", "f1"], "The keys of this screen; Enter runs one", hint: "help"),
        KeyEntry(.quit, ["q"], "Back; on the Dashboard: leave the console", hint: "back"),
        KeyEntry(.interrupt, ["ctrl+c"], "Cancel a dialog, else leave the console"),
        KeyEntry(.palette, [":"], "All actions by name", hint: "cmd"),
        KeyEntry(
            .answerRequest, ["!"], "Answer the oldest request; again: the next", hint: "answer",
            unless: { model in
                if model.engine == nil { return "no data from the engine yet" }
                return model.openRequests.isEmpty ? "nothing waits for an answer" : nil
            }),
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
            .acknowledge, ["A"], "Acknowledge the alert, with a note", hint: "ack", unless: noAlert),
        KeyEntry(
            .snooze, ["Z"], "Silence the alert for a while", hint: "snooze", in: [.dashboard, .alerts],
            unless: noAlert),
    ]

    private static let jobActs: [KeyEntry] = [
        KeyEntry(
            .runJob, ["R"], "Run the job now", hint: "run", in: [.jobs], level: .ask,
            unless: { model in
                if let refusal = noJob(model) { return refusal }
                guard let job = model.job, job.phase.isActive else { return nil }
                return "\(job.name) is at work already"
            }),
        KeyEntry(
            .pauseJob, ["P"], "Pause the job, or let it go on", hint: "pause", in: [.jobs], level: .ask,
            unless: idleJob),
        KeyEntry(
            .cancelJob, ["X"], "Cancel the job's run; what is safe stays", hint: "cancel", in: [.jobs], level: .word,
            unless: { model in
                if let refusal = noJob(model) { return refusal }
                switch model.job?.phase {
                case .idle?: return "\(model.job?.name ?? "it") is not running"
                case .cancelling?: return "it is being cancelled already"
                default: return nil
                }
            }),
        KeyEntry(
            .enableJob, ["E"], "Enable the job, or disable it", hint: "on/off", in: [.jobs], level: .ask,
            unless: noJob),
        KeyEntry(
            .skipNext, ["K"], "Leave out the next planned run", hint: "skip", in: [.jobs], level: .ask,
            unless: { model in
                noJob(model) ?? (model.job?.nextAt == nil ? "no run is planned" : nil)
            }),
        KeyEntry(
            .jobLog, ["o"], "The log of the run; f follows it", hint: "log", in: [.jobs],
            unless: { model in
                model.job == nil ? "there is no job" : model.runUnderCursor == nil ? "it has not run yet" : nil
            }),
    ]

    /// Rare, and about everything: only in the palette.
    private static let engineActs: [KeyEntry] = [
        KeyEntry(.maintenance, [], "Hold jobs, mute alerts for a time; or end it", level: .ask, unless: unsafeView),
        KeyEntry(.drain, [], "Let runs end and begin none; or end that", level: .ask, unless: unsafeView),
        KeyEntry(
            .acceptClock, [], "The clock is right: deletions may go on", level: .word,
            unless: { model in
                unsafeView(model) ?? (model.engine?.hold.clockFrozen == nil ? "the clock is trusted" : nil)
            }),
        KeyEntry(.reloadSettings, [], "Read the settings again", level: .ask, unless: unsafeView),
        KeyEntry(.stopEngine, [], "End the engine; runs end cleanly", level: .word, unless: unsafeView),
    ]

    private static let views: [KeyEntry] = [
        KeyEntry(.follow, ["f"], "Follow the newest line", hint: "follow", in: [.log]),
        KeyEntry(.level, ["v"], "Lowest level shown", hint: "level", in: [.log]),
        KeyEntry(.nextMatch, ["n"], "Next line that matches the filter", hint: "next", in: [.log], unless: noFilter),
        KeyEntry(
            .previousMatch, ["N"], "Previous line that matches the filter", in: [.log], unless: noFilter),
        KeyEntry(.map, ["m"], "The blob map, and back to the failures", hint: "map", in: [.copy]),
        KeyEntry(.span, ["t"], "Rate graph: the last hour or minute", hint: "span", in: [.copy]),
        KeyEntry(.filter, ["/"], "Show only what holds a text", hint: "filter", unless: noFilterHere),
        KeyEntry(.nextPane, ["tab"], "Next pane", hint: "pane"),
        KeyEntry(.previousPane, ["s-tab"], "Previous pane"),
        KeyEntry(.open, ["enter"], "Open what is under the cursor", hint: "open"),
        KeyEntry(.info, ["i"], "Past runs", hint: "runs", in: onRuns, unless: noHistory),
        KeyEntry(.sort, ["s"], "Sort by the next column", hint: "sort", in: onLists, unless: noSort),
        KeyEntry(.zoom, ["z"], "One pane over the whole screen", hint: "zoom"),
        KeyEntry(.freeze, ["f"], "Hold the display still", hint: "freeze", in: onLists),
        KeyEntry(.copyText, ["y"], "Copy what is under the cursor", hint: "copy"),
        KeyEntry(.export, ["w"], "Write the list to a file", hint: "write", unless: noList),
        KeyEntry(.suspend, ["ctrl+z"], "Suspend the console", hint: "suspend"),
        KeyEntry(.redraw, ["ctrl+l"], "Draw everything anew"),
    ]

    private static let moves: [KeyEntry] = [
        KeyEntry(.dashboard, ["1"], "Dashboard: all mirrors"),
        KeyEntry(.copy, ["2"], "Copy: one mirror in detail"),
        KeyEntry(.tape, ["3"], "Tape: drives, slots and volumes", unless: noTape),
        KeyEntry(.jobs, ["7"], "Jobs: what runs when"),
        KeyEntry(.log, ["8"], "Log: what happened"),
        KeyEntry(.alerts, ["9"], "Alerts: what wants a person"),
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
    static func unsafeView(_ model: Model) -> String? {
        if model.engine == nil { return "no data from the engine yet" }
        if model.isOld { return "the engine is away" }
        if model.isReadOnly { return "this console may only look (read-only)" }
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

    private static func noHistory(_ model: Model) -> String? {
        guard model.screen == .jobs else { return noMirrorAtAll(model) }
        return model.job == nil ? "there is no job" : nil
    }

    private static func noAlert(_ model: Model) -> String? {
        unsafeView(model) ?? (model.alert == nil ? Model.noAlertHere : nil)
    }

    private static func noJob(_ model: Model) -> String? {
        unsafeView(model) ?? (model.job == nil ? "there is no job" : nil)
    }

    private static func idleJob(_ model: Model) -> String? {
        if let refusal = noJob(model) { return refusal }
        guard let job = model.job, !job.phase.isActive else { return nil }
        return "\(job.name) is not running"
    }

    private static func noFilter(_ model: Model) -> String? {
        model.log.filter.isEmpty ? "no filter: press / first" : nil
    }

    private static func noList(_ model: Model) -> String? {
        model.focusedPane.isList ? nil : "this pane is no list"
    }

    private static func noFilterHere(_ model: Model) -> String? {
        model.screen == .alerts ? "what wants somebody is never hidden" : noList(model)
    }

    private static func noSort(_ model: Model) -> String? {
        switch model.focusedPane {
        case .mirrors, .workers, .failures, .jobs, .volumes: nil
        default: "this pane has its own order"
        }
    }
}
