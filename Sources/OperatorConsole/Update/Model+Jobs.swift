import BackupModel

/// What the keys of the Jobs screen and the rare orders of the palette do.
extension Model {
    mutating func actOnJob(_ action: Action, _ effects: inout [Effect]) {
        guard let job else { return }
        switch action {
        case .runJob: demand(.runJob(name: job.name), &effects)
        case .pauseJob: demand(job.isHeld ? .resumeJob(name: job.name) : .pauseJob(name: job.name), &effects)
        case .cancelJob: demand(.cancelJob(name: job.name), &effects)
        case .enableJob: demand(.enableJob(name: job.name, isEnabled: !job.isEnabled), &effects)
        case .skipNext: demand(.skipNext(job: job.name), &effects)
        default: break
        }
    }

    mutating func actOnEngine(_ action: Action, _ effects: inout [Effect]) {
        let hold = engine?.hold ?? HoldState()
        switch action {
        case .maintenance:
            if hold.maintenanceUntil != nil {
                demand(.maintenance(until: nil), &effects)
            } else {
                overlay = .prompt(Prompt(.maintenance, openedAt: monotonic))
            }
        case .drain: demand(.drain(isOn: !hold.isDraining), &effects)
        case .acceptClock: demand(.acceptClock, &effects)
        case .reloadSettings: demand(.reloadSettings, &effects)
        case .stopEngine: demand(.stopEngine, &effects)
        default: break
        }
    }

    mutating func openJobLog() {
        guard let run = runUnderCursor else { return say("there is no run to show", .warn) }
        overlay = .jobLog(JobLogView(run: run.run, job: run.job, isFollowing: run.result == nil))
    }

    /// Columns and rows of a run's log.
    var jobLogSize: Size {
        Size(columns: max(1, size.columns - 4), rows: max(1, size.rows - 4))
    }

    mutating func take(_ key: Key, log view: JobLogView) {
        var view = view
        let height = jobLogSize.rows
        let last = max(0, view.lines.count - height)
        let first = view.first(height: height)
        func scroll(to target: Int) {
            view.isFollowing = false
            view.scroll = min(max(0, target), last)
        }
        if key == .character("f") {
            view.isFollowing.toggle()
            if !view.isFollowing { view.scroll = first }
            overlay = .jobLog(view)
            return
        }
        switch keymap.action(for: key, on: screen) {
        case .up: scroll(to: first - 1)
        case .down: scroll(to: first + 1)
        case .pageUp: scroll(to: first - height)
        case .pageDown: scroll(to: first + height)
        case .halfUp: scroll(to: first - max(1, height / 2))
        case .halfDown: scroll(to: first + max(1, height / 2))
        case .first: scroll(to: 0)
        case .last: scroll(to: last)
        case .back, .quit, .interrupt, .jobLog:
            overlay = nil
            return
        default: return
        }
        overlay = .jobLog(view)
    }
}

extension JobState {
    /// Paused, or about to be: `P` lets it go on.
    var isHeld: Bool { phase == .paused || phase == .pausing }
}
