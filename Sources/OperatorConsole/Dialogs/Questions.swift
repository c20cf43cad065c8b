import BackupModel

extension Model {
    /// The question for an intent, or nil when it needs none.
    func question(for intent: Intent) -> Confirmation? {
        let level = level(of: intent)
        guard level > .none else { return nil }
        return Confirmation(
            .intent(intent), level: level, question: words(for: intent), consequences: consequences(of: intent),
            word: intent.wordToType, openedAt: monotonic)
    }

    /// How much an intent wants to be meant now.
    func level(of intent: Intent) -> ConfirmationLevel { engine?.level(of: intent) ?? intent.confirmation }

    private func answer(_ word: String, to number: Int) -> RequestAnswer? {
        openRequest(numbered: number)?.answers.first { $0.word == word }
    }

    /// The question before all jobs that wait for a request are ended; nil when none waits.
    func questionBeforeCancel(_ request: Request) -> Confirmation? {
        let intents = cancelIntents(request)
        guard let first = intents.first else { return nil }
        guard intents.count > 1 else { return question(for: first) }
        return Confirmation(
            .all(intents), level: .word, question: "Cancel the \(intents.count) jobs that wait for #\(request.number)?",
            consequences: request.jobs.prefix(6).map { "ends            " + SafeText(brief: $0) }
                + ["What is safe stays safe; the rest is done by the next run."],
            openedAt: monotonic)
    }

    /// The question before the console ends, or nil when nothing ends with it.
    var questionBeforeQuit: Confirmation? {
        // Behind a link the engine goes on without us.
        guard standing == nil else { return nil }
        let running = runningMirrors
        guard let first = running.first else { return nil }
        let who: SafeText = running.count == 1 ? "\(first.name) is" : "\(running.count) mirrors are"
        return Confirmation(
            .quit, level: .ask,
            question: "Quit? \(who) at work: ends cleanly, goes on next time.", openedAt: monotonic)
    }

    private func words(for intent: Intent) -> SafeText {
        switch intent {
        case .runMirror(let name, _): "Run \(name) now?"
        case .enrolMirror(let name, _): "Make the volume at the target that of \(name)?"
        case .scanMirror(let name): "Scan the source of \(name)?"
        case .verifyMirror(let name): "Read every copy of \(name) back and compare?"
        case .pauseMirror(let name): "Pause \(name)?"
        case .resumeMirror(let name): "Let \(name) go on?"
        case .stopMirror(let name): "Stop the run of \(name)?"
        case .limitMirror(let name, let limits): "Set \(name) to \(limits.words)?"
        case .requeue(let name, .some(let blob)): "Try blob \(blob.short) of \(name) again?"
        case .requeue(let name, nil):
            "Try the \(Quantity.count(failedCount(name))) failed blobs of \(name) again?"
        case .acknowledge(let alert, _): "Acknowledge alert \(alert)?"
        case .snooze(let alert, let seconds): "Silence alert \(alert) for \(Quantity.duration(seconds))?"
        case .tape(let order): words(for: order)
        case .runJob(let name): "Run job \(name) now?"
        case .cancelJob(let name): "Cancel the run of \(name)?"
        case .pauseJob(let name): "Pause job \(name)?"
        case .resumeJob(let name): "Let job \(name) go on?"
        case .enableJob(let name, true): "Enable job \(name)?"
        case .enableJob(let name, false): "Disable job \(name)? It will not run by itself."
        case .skipNext(let name): "Leave out the next run of \(name)\(nextStart(name))?"
        case .answer(let request, let word): "Answer request #\(request) with \"\(SafeText(brief: word))\"?"
        case .claim(let request): "Take request #\(request)?"
        case .postpone(let request, let seconds): "Remind about #\(request) in \(Quantity.duration(seconds))?"
        case .maintenance(let until?): "Hold all jobs and mute alerts until \(clock.minute(until))?"
        case .maintenance(nil): "End the maintenance? Held jobs begin, alerts sound."
        case .drain(true): "Begin nothing new until told otherwise?"
        case .drain(false): "Let jobs begin again?"
        case .acceptClock: "Is the clock right?"
        case .reloadSettings: "Read the settings again? Runs under way keep theirs."
        case .stopEngine: "Stop the engine?"
        }
    }

    private func consequences(of intent: Intent) -> [SafeText] {
        switch intent {
        case .stopMirror(let name): lossOfStopping(mirror: name)
        case .cancelJob(let name): lossOfCancelling(job: name)
        case .answer(let number, let word): lossOfAnswering(number, word)
        case .tape(let order): consequences(of: order)
        case .acceptClock:
            [
                "what was seen   \(SafeText(brief: engine?.hold.clockFrozen ?? "the clock is trusted"))",
                "this console    \(clock.full(now))",
                "Deletions by age have stopped. After yes they go on with this clock.",
            ]
        case .stopEngine: lossOfStoppingEngine
        default: []
        }
    }

    private func lossOfStopping(mirror name: String) -> [SafeText] {
        guard let copy = engine?.copies.first(where: { $0.name == name }) else { return [] }
        let progress = copy.progress
        let safe = progress.before + progress.thisRun
        return [
            "safe and kept   \(safe.words)",
            "not copied yet  \(progress.remaining.words)",
            "Blobs under way are given up and copied anew by the next run,",
            "which goes on where this one ends.",
        ]
    }

    private func lossOfCancelling(job name: String) -> [SafeText] {
        guard let state = engine, let job = state.jobs.first(where: { $0.name == name }) else { return [] }
        var lines: [SafeText] = []
        if let run = job.current {
            lines.append(
                "begun           \(clock.minute(run.startedAt)), \(Quantity.duration(now.seconds(since: run.startedAt))) ago"
            )
            lines.append("safe and kept   \(run.done.words)")
        } else {
            lines.append("not begun yet   it leaves the queue")
        }
        let followers = state.jobs.filter { $0.after.contains(name) }.map(\.name)
        if !followers.isEmpty { lines.append("will not follow " + SafeText(brief: followers.joined(separator: ", "))) }
        for set in state.sets where set.jobs.contains(name) {
            lines.append("goal of         " + SafeText(brief: set.name).prefix(cells: 24) + ": " + set.ageWords(now))
        }
        return lines + ["It ends in seconds; the next run goes on where this one ends."]
    }

    private func lossOfAnswering(_ number: Int, _ word: String) -> [SafeText] {
        guard let request = openRequest(numbered: number) else { return [] }
        var lines: [SafeText] = ["asked           " + SafeText(brief: request.what).prefix(cells: 56)]
        if let answer = answer(word, to: number) {
            lines.append("it means        " + SafeText(brief: answer.meaning).prefix(cells: 56))
        }
        if !request.jobs.isEmpty {
            lines.append("jobs            " + SafeText(brief: request.jobs.joined(separator: ", ")).prefix(cells: 56))
        }
        return lines
    }

    private var lossOfStoppingEngine: [SafeText] {
        let jobs = engine?.jobs.count(where: \.phase.isActive) ?? 0
        return [
            "at work         \(jobs) jobs, \(runningMirrors.count) mirrors; they end cleanly",
            "Until it is started again nothing runs, nobody is reminded,",
            "and no alert goes out.",
        ]
    }

    private func nextStart(_ name: String) -> String {
        guard let next = engine?.jobs.first(where: { $0.name == name })?.nextAt else { return "" }
        return ", " + clock.minute(next)
    }

    private func failedCount(_ name: String) -> Int {
        engine?.copies.first { $0.name == name }?.progress.failed.count ?? 0
    }
}

extension EngineState {
    /// How much an intent wants to be meant: an answer that ends or loses something is asked about again.
    func level(of intent: Intent) -> ConfirmationLevel {
        guard case .answer(let number, let word) = intent,
            let request = requests.first(where: { $0.number == number })
        else { return intent.confirmation }
        if request.answers.contains(where: { $0.word == word && $0.isDangerous }) { return .word }
        return request.kind == .changeTape && word.hasPrefix(Request.blank) ? .ask : intent.confirmation
    }
}

extension Amount {
    var words: SafeText { "\(Quantity.count(count)) files, \(Quantity.bytes(bytes))" }
}

extension CopyLimits {
    var words: SafeText {
        let rate = rate.map { Quantity.rate(Double($0)) } ?? "no limit"
        return "\(rate), \(workers) workers, batch \(batch), read-back \(readBack.rawValue)"
    }
}
