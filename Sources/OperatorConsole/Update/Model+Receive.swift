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
        case .engineLost: isEngineLost = true
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
        log.absorb(state.recentEvents)
        if frozen == nil { settle() }
    }

    /// Puts the cursors onto their rows in the new data.
    mutating func settle() {
        let mirror = mirrors.settle(in: shownMirrors.map(\.name))
        if mirror { actsSleepUntil = monotonic + Model.sleep }
        let alert = alerts.settle(in: shownAlerts.map(\.id))
        if alert, screen == .dashboard, focusedPane == .alerts { actsSleepUntil = monotonic + Model.sleep }
        _ = events.settle(in: shownEvents.map(\.number), keepsFirst: false)
        _ = workers.settle(in: shownWorkers.map(\.number))
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
        let wanted: Query? =
            switch (screen, focusedPane) {
            case (.log, _): log.wanted(height: listHeight(.lines))
            case (.copy, .failures): failures.wanted(height: listHeight(.failures))
            default: nil
            }
        guard let wanted, openQueries.isEmpty, !refusedQueries.contains(wanted) else { return }
        ask(wanted, &effects)
    }

    mutating func ask(_ query: Query, _ effects: inout [Effect]) {
        guard openQueries.insert(query).inserted else { return }
        effects.append(.ask(query))
    }
}

extension Intent {
    /// What to say when the engine accepted without words of its own.
    fileprivate var done: String {
        switch self {
        case .runMirror(let name, _): "\(name): run begun"
        case .scanMirror(let name): "\(name): scan begun"
        case .verifyMirror(let name): "\(name): verify begun"
        case .pauseMirror(let name): "\(name): paused"
        case .resumeMirror(let name): "\(name): goes on"
        case .stopMirror(let name): "\(name): the run ends"
        case .limitMirror(let name, _): "\(name): limits set"
        case .requeue(let name, _): "\(name): will be tried again"
        case .acknowledge: "alert acknowledged"
        default: "done"
        }
    }
}
