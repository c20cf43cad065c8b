import BackupModel

extension Model {
    /// Does what a key or the palette asked for, or says why it cannot.
    mutating func perform(_ action: Action, _ effects: inout [Effect]) {
        guard let entry = KeyTable.entry(action) else { return }
        if let refusal = entry.refusal(self) { return say("\(action.rawValue): \(refusal)", .warn) }
        if entry.level > .none, monotonic < actsSleepUntil {
            return say("the row under the cursor has just changed: look again", .warn)
        }
        switch action {
        case .dashboard: go(to: .dashboard)
        case .copy: go(to: .copy)
        case .tape: go(to: .tape)
        case .jobs: go(to: .jobs)
        case .log: go(to: .log)
        case .alerts: go(to: .alerts)
        case .help: overlay = .chooser(ActionChooser(.help, theme: themeName))
        case .palette: overlay = .chooser(ActionChooser(.palette, theme: themeName))
        case .filter: overlay = .filter(TextField(currentFilter))
        case .nextPane: moveFocus(1)
        case .previousPane: moveFocus(-1)
        case .up, .down, .first, .last, .pageUp, .pageDown, .halfUp, .halfDown: moveCursor(action)
        case .left: moveMirror(-1)
        case .right: moveMirror(1)
        case .open: open(&effects)
        case .back: _ = goBack()
        case .quit:
            if screen == .dashboard && !isZoomed { quit(&effects) } else if !goBack() { go(to: .dashboard) }
        case .interrupt: quit(&effects)
        case .suspend: effects.append(.suspend)
        case .redraw: effects.append(.redraw)
        case .sort: sortNext()
        case .freeze: freeze()
        case .zoom: isZoomed.toggle()
        case .map: setFocus(focusedPane == .map ? .failures : .map)
        case .span: if let mirror { chosenSpan = rateSpan(mirror) == .minute ? .hour : .minute }
        case .level: nextLevel()
        case .follow: toggleFollow()
        case .nextMatch: moveCursor(.down)
        case .previousMatch: moveCursor(.up)
        case .copyText: copySelected(&effects)
        case .export: exportList(&effects)
        case .info: showRuns(&effects)
        case .run, .scan, .verify, .pause, .stop, .limits, .requeue: act(action, &effects)
        case .acknowledge: if let alert { openPrompt(.note(alert: alert.id), for: action) }
        case .snooze: if let alert { openPrompt(.snooze(alert: alert.id), for: action) }
        case .answerRequest: openRequest(after: nil)
        case .runJob, .pauseJob, .cancelJob, .enableJob, .skipNext: actOnJob(action, &effects)
        case .jobLog: openJobLog()
        case .previousDrive: moveDrive(-1)
        case .nextDrive: moveDrive(1)
        case .ejectTape, .rewindTape, .cleanDrive, .holdAfterTape, .labelTape, .markOffsite, .unloadTape, .inventory,
            .verifyTape, .flowPolicy, .cancelTape:
            actOnTape(action, &effects)
        case .nextTape: explainNextTape(after: nil, &effects)
        case .maintenance, .drain, .acceptClock, .reloadSettings, .stopEngine: actOnEngine(action, &effects)
        }
    }

    private mutating func act(_ action: Action, _ effects: inout [Effect]) {
        guard let mirror else { return }
        switch action {
        case .run: demand(.runMirror(name: mirror.name, overrides: RunOverrides()), &effects)
        case .scan: demand(.scanMirror(name: mirror.name), &effects)
        case .verify: demand(.verifyMirror(name: mirror.name), &effects)
        case .pause:
            demand(
                mirror.phase == .paused ? .resumeMirror(name: mirror.name) : .pauseMirror(name: mirror.name), &effects)
        case .stop: demand(.stopMirror(name: mirror.name), &effects)
        case .requeue: demand(.requeue(name: mirror.name, blob: nil), &effects)
        case .limits: overlay = .limits(LimitsForm(mirror))
        default: break
        }
    }

    mutating func go(to target: Screen) {
        guard target != screen else { return }
        rememberLastSeen()
        screen = target
        isZoomed = false
        refusedQueries = []
        failures.absorb(mirror)
        history.absorb(job)
    }

    /// Remembers up to where the log was seen, when the operator turns away from it.
    mutating func rememberLastSeen() {
        guard screen == .log, let newest = log.events.first else { return }
        log.lastSeen = (newest.number, now)
    }

    /// - Returns: false when there was nothing to go back from on this screen.
    private mutating func goBack() -> Bool {
        if isZoomed {
            isZoomed = false
        } else if !currentFilter.isEmpty {
            setFilter("")
        } else if frozen != nil {
            freeze()
        } else if screen != .dashboard {
            go(to: .dashboard)
        } else {
            return false
        }
        return true
    }

    private mutating func quit(_ effects: inout [Effect]) {
        if let question = questionBeforeQuit {
            overlay = .confirmation(question)
            effects.append(.flushInput)
        } else {
            effects.append(.quit)
        }
    }

    private mutating func freeze() {
        if frozen == nil {
            frozen = engine
        } else {
            frozen = nil
            settle()
        }
    }

    private mutating func sortNext() {
        switch focusedPane {
        case .mirrors:
            mirrorSort = mirrorSort.next
            say("mirrors \(mirrorSort.word)")
        case .workers: workerSort = workerSort.next
        case .failures: failures.setSort(failures.sort.next)
        case .jobs:
            jobSort = jobSort.following
            say("jobs \(jobSort.word)")
        case .volumes:
            volumes.setSort(volumes.sort.next)
            say("volumes \(volumes.sort.word)")
        default: break
        }
        settle()
    }

    private mutating func nextLevel() {
        let all = Severity.allCases
        log.setLevel(all[(log.level.rawValue + 1) % all.count])
        refusedQueries = []
    }

    private mutating func toggleFollow() {
        if log.isFollowing, let first = log.shown.first {
            log.position.move(to: 0, in: [first.number], height: 1)
        } else {
            log.position.release()
        }
    }

    private mutating func open(_ effects: inout [Effect]) {
        switch focusedPane {
        case .mirrors: if mirror != nil { go(to: .copy) }
        case .alerts: if let alert { overlay = .detail(DetailPage(subject: .alert(alert))) }
        case .events:
            let list = shownEvents
            if let index = events.index(in: list.map(\.number)) {
                overlay = .detail(DetailPage(subject: .event(list[index])))
            }
        case .failures:
            if let index = failures.position.index(in: failures.ids) {
                let subject = DetailPage.Subject.failure(mirror: failures.mirror, failures.shown[index])
                overlay = .detail(DetailPage(subject: subject))
            }
        case .lines:
            if let index = log.position.index(in: log.numbers) {
                overlay = .detail(DetailPage(subject: .event(log.shown[index])))
            }
        case .jobs:
            if job != nil { setFocus(.jobDetail) }
        case .history: openJobLog()
        case .attention:
            switch selectedAttention {
            case .request(let request)?: openRequest(request.number)
            case .alert(let alert)?: overlay = .detail(DetailPage(subject: .alert(alert)))
            case nil: break
            }
        case .sets, .next, .activeJobs: go(to: .jobs)
        case .requests, .tapeRequest: openRequest(after: nil)
        case .tapeBox: go(to: .tape)
        case .drives, .volumes: openVolume(&effects)
        default: isZoomed.toggle()
        }
    }

    private mutating func showRuns(_ effects: inout [Effect]) {
        if screen == .jobs {
            setFocus(.history)
            if SizeClass(size) <= .mini { isZoomed = true }
            return
        }
        guard let mirror else { return }
        let query = Query.runs(mirror: mirror.name, limit: 20)
        refusedQueries.remove(query)
        ask(query, &effects)
        overlay = .detail(DetailPage(subject: .runs(mirror: mirror.name)))
    }
}
