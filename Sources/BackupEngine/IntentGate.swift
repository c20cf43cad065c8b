package import BackupModel

/// Says whether an intent makes sense for a mirror in its phase: nil, or why not and what would.
package func refusal(of intent: Intent, in phase: CopyPhase) -> Failure? {
    switch intent {
    case .runMirror, .enrolMirror, .scanMirror, .verifyMirror, .requeue:
        phase.isBusy ? refused("ALREADY_RUNNING", "the mirror is at work", "Wait for its end, or stop it first.") : nil
    case .pauseMirror:
        switch phase {
        case .copying, .verifying, .scanning, .reconciling, .waiting: nil
        case .paused: refused("ALREADY_PAUSED", "the mirror is paused", "Resume it.")
        case .idle, .finished: refused("NOT_RUNNING", "nothing runs that could pause", "Run the mirror.")
        }
    case .resumeMirror:
        phase == .paused ? nil : refused("NOT_PAUSED", "the mirror is not paused", "")
    case .stopMirror, .limitMirror:
        phase.isBusy ? nil : refused("NOT_RUNNING", "the mirror does not run", "Run the mirror.")
    case .acknowledge, .snooze, .tape, .runJob, .cancelJob, .pauseJob, .resumeJob, .enableJob, .skipNext, .answer,
        .claim,
        .postpone, .maintenance, .drain, .acceptClock, .reloadSettings, .stopEngine:
        nil
    }
}

private func refused(_ code: String, _ message: String, _ hint: String) -> Failure {
    Failure(code: code, side: .engine, message: message, hint: hint)
}

extension CopyPhase {
    /// A run, scan or verification has begun and not ended.
    package var isBusy: Bool {
        switch self {
        case .idle, .finished: false
        case .scanning, .reconciling, .copying, .verifying, .paused, .waiting: true
        }
    }
}

extension Intent {
    /// The mirror it is about; nil for those about none.
    package var mirror: String? {
        switch self {
        case .runMirror(let name, _), .enrolMirror(let name, _), .scanMirror(let name), .verifyMirror(let name),
            .pauseMirror(let name),
            .resumeMirror(let name), .stopMirror(let name), .limitMirror(let name, _), .requeue(let name, _):
            name
        case .acknowledge, .snooze, .tape, .runJob, .cancelJob, .pauseJob, .resumeJob, .enableJob, .skipNext, .answer,
            .claim,
            .postpone, .maintenance, .drain, .acceptClock, .reloadSettings, .stopEngine:
            nil
        }
    }
}

extension Intent {
    /// As the audit log has it: what, of what, with what; foreign bytes escaped.
    package var words: String {
        switch self {
        case .runMirror(let name, let overrides): "run \(mirror(name))" + overrides.words
        case .enrolMirror(let name, _): "enrol \(mirror(name))"
        case .scanMirror(let name): "scan \(mirror(name))"
        case .verifyMirror(let name): "verify \(mirror(name))"
        case .pauseMirror(let name): "pause \(mirror(name))"
        case .resumeMirror(let name): "resume \(mirror(name))"
        case .stopMirror(let name): "stop \(mirror(name))"
        case .limitMirror(let name, let limits): "limit \(mirror(name)): \(limits.inWords)"
        case .requeue(let name, let blob): "requeue \(blob?.short ?? "all failures") of \(mirror(name))"
        case .acknowledge(let alert, let note): "acknowledge alert \(alert)" + (note.isEmpty ? "" : ": " + said(note))
        case .snooze(let alert, let seconds): "snooze alert \(alert) for \(Quantity.duration(seconds))"
        case .tape(let order): order.words
        case .runJob(let name): "run \(job(name))"
        case .cancelJob(let name): "cancel \(job(name))"
        case .pauseJob(let name): "pause \(job(name))"
        case .resumeJob(let name): "resume \(job(name))"
        case .enableJob(let name, let isEnabled): (isEnabled ? "enable " : "disable ") + job(name)
        case .skipNext(let name): "skip the next start of \(job(name))"
        case .answer(let request, let word): "answer request \(request): \(said(word))"
        case .claim(let request): "claim request \(request)"
        case .postpone(let request, let seconds):
            "postpone the reminders of request \(request) by \(Quantity.duration(seconds))"
        case .maintenance(let until): until.map { "maintenance until \($0.iso8601())" } ?? "end maintenance"
        case .drain(let isOn): isOn ? "drain" : "end draining"
        case .acceptClock: "accept the clock"
        case .reloadSettings: "reload the settings"
        case .stopEngine: "stop the engine"
        }
    }

    private func mirror(_ name: String) -> String { "mirror " + said(name) }
    private func job(_ name: String) -> String { "job " + said(name) }
    /// Whatever somebody typed or sent: escaped, and bounded.
    private func said(_ text: String) -> String { text.tidied(200) }
}

extension RunOverrides {
    fileprivate var words: String {
        var parts: [String] = []
        if dryRun { parts.append("dry run") }
        if let workers { parts.append("\(workers) workers") }
        if let batch { parts.append("batch \(batch)") }
        if let limit { parts.append("\(limit) blobs at most") }
        if let readBack { parts.append("read-back \(readBack.rawValue)") }
        return parts.isEmpty ? "" : ": " + parts.joined(separator: ", ")
    }
}

extension CopyLimits {
    fileprivate var inWords: String {
        "\(workers) workers, batch \(batch), read-back \(readBack.rawValue), rate "
            + (rate.map { Quantity.rate(Double($0)) } ?? "unlimited")
    }
}
