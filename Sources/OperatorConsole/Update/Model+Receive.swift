import BackupModel

extension Model {
    /// Takes one message and says what is to be done.
    package mutating func receive(_ message: Message) -> [Effect] {
        var effects: [Effect] = []
        switch message {
        case .state(let state): take(state, &effects)
        case .answer(let query, let answer): take(answer, to: query)
        case .intentResult(let intent, let outcome): take(outcome, of: intent)
        case .key(let key): take(key, &effects)
        case .paste(let bytes): take(pasted: bytes)
        case .resize(let size): self.size = size
        case .tick(let now, let monotonic): tick(now, monotonic)
        case .focus(let hasFocus): if !hasFocus { rememberLastSeen() }
        case .engineLost: take(.away(since: now, reason: ""), &effects)
        case .standing(let standing): take(standing, &effects)
        case .note(let severity, let text): say(text, severity)
        }
        askForMore(&effects)
        return effects
    }

    mutating func say(_ text: SafeText, _ severity: Severity = .info) {
        result = ResultLine(text: text, severity: severity, until: monotonic + Model.resultSpan)
    }

    private mutating func tick(_ now: WallTime, _ monotonic: Double) {
        self.now = now
        self.monotonic = max(self.monotonic, monotonic)
        if let result, self.monotonic >= result.until { self.result = nil }
    }

    private mutating func take(_ state: EngineState, _ effects: inout [Effect]) {
        let known = Set((engine?.alerts ?? []).map(\.id))
        if isAccessible, engine != nil, state.alerts.contains(where: { !known.contains($0.id) }) {
            effects.append(.bell)
        }
        if isEngineLost {
            // Questions asked of an engine that went away are never answered.
            openQueries = []
        }
        engine = state
        receivedAt = monotonic
        isEngineLost = false
        if standing?.isAttached == false { standing = nil }
        noticeClosedRequest(&effects)
        log.absorb(state.recentEvents)
        if frozen == nil { settle() }
    }

    private mutating func take(_ new: LinkStanding, _ effects: inout [Effect]) {
        let wasLost = isEngineLost
        standing = new
        switch new {
        case .attached(_, let isReadOnly):
            self.isReadOnly = isReadOnly
            isEngineLost = false
            openQueries = []
            refusedQueries = []
            if wasLost, engine != nil { say("the engine is back") }
        case .away:
            isEngineLost = true
            if !wasLost, isAccessible { effects.append(.bell) }
        case .refused(let failure):
            isEngineLost = true
            say("the engine refuses this console: \(failure.message)", .error)
        }
    }

    /// Puts the cursors onto their rows in the new data.
    mutating func settle() {
        let mirror = mirrors.settle(in: shownMirrors.map(\.name))
        if mirror { actsSleepUntil = monotonic + Model.sleep }
        let alert = alerts.settle(in: shownAlerts.map(\.id))
        if alert, screen == .dashboard, focusedPane == .alerts { actsSleepUntil = monotonic + Model.sleep }
        let job = jobs.settle(in: shownJobs.map(\.name))
        if job, screen == .jobs { actsSleepUntil = monotonic + Model.sleep }
        let attention = attention.settle(in: shownAttention.map(\.id))
        if attention, screen == .alerts { actsSleepUntil = monotonic + Model.sleep }
        history.absorb(self.job)
        _ = events.settle(in: shownEvents.map(\.number), keepsFirst: false)
        _ = workers.settle(in: shownWorkers.map(\.number))
        settleTape()
        failures.absorb(self.mirror)
    }

    private mutating func take(_ answer: Answer, to query: Query) {
        guard openQueries.remove(query) != nil else { return }
        switch (query, answer) {
        case (.log(let before, let limit, let level), .log(let events)):
            guard before == log.events.last?.number, level == log.level else { return }
            log.append(events, asked: limit)
        case (.failures(let mirror, let after, let limit), .failures(let page)):
            guard mirror == failures.mirror else { return }
            failures.append(page, after: after, limit: limit)
        case (.runs(let mirror, _), .runs(let summaries)): runs[mirror] = summaries
        case (.jobRuns(let job?, let before, let limit), .jobRuns(let page)):
            if job == history.job { history.append(page, before: before, limit: limit) }
        case (.jobRuns(nil, _, _), .jobRuns(let page)): laneRuns = page
        case (.jobLog(let run, let offset), .jobLog(let page)): take(page, of: run, offset)
        case (.requestHistory, .requestHistory(let requests)): tellClosed(requests)
        case (.volumes(_, let after, let limit), .volumes(let page)): volumes.append(page, after: after, limit: limit)
        case (.nextTape, .lines(let lines)), (.volumeContents, .lines(let lines)):
            tapePage = (query, Array(lines.prefix(Model.mostTapeLines)))
        case (.jobLog(let run, _), .refused(let failure)):
            guard case .jobLog(var view)? = overlay, view.run == run else { return }
            view.refuse(failure.message)
            overlay = .jobLog(view)
        case (_, .refused(let failure)):
            say(SafeText(failure.message), .error)
            // Not asked again at once: the same question would be refused again and again.
            refusedQueries.insert(query)
        default: break
        }
    }

    private mutating func take(_ outcome: IntentResult, of intent: Intent) {
        switch outcome {
        case .accepted(let words): say(words.isEmpty ? SafeText(intent.done) : SafeText(words))
        case .refused(let failure):
            let hint = failure.hint.isEmpty ? "" : ". " + failure.hint
            say("refused: \(failure.message)\(hint)", .error)
        }
    }

    /// Large lists are asked for while the operator nears their end.
    private mutating func askForMore(_ effects: inout [Effect]) {
        guard !isEngineLost, engine != nil else { return }
        guard openQueries.isEmpty, let wanted = wanted.first(where: { !refusedQueries.contains($0) }) else { return }
        if case .jobRuns(nil, _, _) = wanted { laneBasis = lastRuns }
        ask(wanted, &effects)
    }

    /// What is looked at and not here yet, the most urgent first.
    private var wanted: [Query] {
        if case .jobLog(let view)? = overlay {
            return [view.wanted(height: jobLogSize.rows, at: monotonic)].compactMap(\.self)
        }
        if case .detail(let page)? = overlay, let query = page.query {
            // Asked when it was opened; asked again where the engine went away before it answered.
            return tapePage?.query == query ? [] : [query]
        }
        switch (screen, focusedPane) {
        case (.log, _): return [log.wanted(height: listHeight(.lines))].compactMap(\.self)
        case (.tape, .volumes): return [volumes.wanted(height: listHeight(.volumes))].compactMap(\.self)
        case (.copy, .failures): return [failures.wanted(height: listHeight(.failures))].compactMap(\.self)
        case (.jobs, _):
            let lanes = Query.jobRuns(job: nil, before: nil, limit: Model.laneLimit)
            return [laneBasis == lastRuns ? nil : lanes, history.wanted(height: listHeight(.history))].compactMap(
                \.self)
        default: return []
        }
    }

    private var lastRuns: Set<RunID> { Set((engine?.jobs ?? []).compactMap(\.lastRun?.run)) }

    /// Runs drawn in the lanes.
    private static var laneLimit: Int { 300 }

    private mutating func take(_ page: JobLogPage, of run: RunID, _ offset: Int64) {
        guard case .jobLog(var view)? = overlay, view.run == run, view.next == offset else { return }
        view.append(page, at: monotonic)
        overlay = .jobLog(view)
    }

    mutating func ask(_ query: Query, _ effects: inout [Effect]) {
        guard openQueries.insert(query).inserted else { return }
        effects.append(.ask(query))
    }
}

extension Intent {
    /// What to say when the engine accepted without words of its own.
    var done: String {
        switch self {
        case .runMirror(let name, _): "\(name): run begun"
        case .enrolMirror(let name, _): "\(name): enrolment begun"
        case .scanMirror(let name): "\(name): scan begun"
        case .verifyMirror(let name): "\(name): verify begun"
        case .pauseMirror(let name): "\(name): paused"
        case .resumeMirror(let name): "\(name): goes on"
        case .stopMirror(let name): "\(name): the run ends"
        case .limitMirror(let name, _): "\(name): limits set"
        case .requeue(let name, _): "\(name): will be tried again"
        case .acknowledge: "alert acknowledged"
        case .snooze(_, let seconds): "alert silent for \(Quantity.duration(seconds))"
        case .tape(let order): order.done
        case .runJob(let name): "\(name): run asked for"
        case .cancelJob(let name): "\(name): is being cancelled"
        case .pauseJob(let name): "\(name): paused"
        case .resumeJob(let name): "\(name): goes on"
        case .enableJob(let name, let isEnabled): "\(name): \(isEnabled ? "enabled" : "disabled")"
        case .skipNext(let job): "\(job): its next run is left out"
        case .answer(let request, let word): "request #\(request): answered \(word)"
        case .claim(let request): "request #\(request): yours for ten minutes"
        case .postpone(let request, let seconds): "request #\(request): reminded in \(Quantity.duration(seconds))"
        case .maintenance(let until): until == nil ? "maintenance ended" : "jobs held, alerts muted"
        case .drain(let isOn): isOn ? "draining: nothing new begins" : "draining ended"
        case .acceptClock: "the clock is trusted again"
        case .reloadSettings: "settings read"
        case .stopEngine: "the engine ends"
        }
    }
}
