import BackupModel

extension Model {
    /// The question for an intent, or nil when it needs none.
    func question(for intent: Intent) -> Confirmation? {
        guard intent.confirmation > .none else { return nil }
        return Confirmation(
            .intent(intent), level: intent.confirmation, question: words(for: intent),
            consequences: consequences(of: intent), openedAt: monotonic)
    }

    /// The question before the console ends, or nil when nothing runs.
    var questionBeforeQuit: Confirmation? {
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
        default: "Do it?"
        }
    }

    private func consequences(of intent: Intent) -> [SafeText] {
        guard case .stopMirror(let name) = intent, let copy = engine?.copies.first(where: { $0.name == name }) else {
            return []
        }
        let progress = copy.progress
        let safe = progress.before + progress.thisRun
        return [
            "safe and kept   \(safe.words)",
            "not copied yet  \(progress.remaining.words)",
            "Blobs under way are given up and copied anew by the next run,",
            "which goes on where this one ends.",
        ]
    }

    private func failedCount(_ name: String) -> Int {
        engine?.copies.first { $0.name == name }?.progress.failed.count ?? 0
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
