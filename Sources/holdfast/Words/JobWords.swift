import BackupModel

extension JobState {
    /// `nightly          idle, last ok 2026-11-21T02:14:00Z, next 2026-11-22T02:00:00Z`
    func line(at now: WallTime) -> String {
        var parts = [phase.words]
        if !isEnabled { parts.append("disabled") }
        if let lastRun, let result = lastRun.result {
            parts.append("last \(result.words) \((lastRun.endedAt ?? lastRun.startedAt).iso8601())")
        }
        if let nextAt { parts.append("next \(nextAt.iso8601())") }
        if phase == .idle, !after.isEmpty { parts.append("runs after " + after.joined(separator: ", ")) }
        return name.padded(to: 16) + " " + parts.joined(separator: ", ")
    }
}

extension JobPhase {
    /// One or a few words.
    var words: String {
        switch self {
        case .idle: "idle"
        case .queued(let reason): "queued: " + reason
        case .running: "running"
        case .waiting(let request): "waits for request #\(request)"
        case .pausing: "pausing"
        case .paused: "paused"
        case .cancelling: "cancelling"
        }
    }
}

extension JobResult {
    /// As people read it.
    var words: String {
        switch self {
        case .ok: "ok"
        case .okWithWarnings: "ok with warnings"
        case .failed: "failed"
        case .interrupted: "interrupted"
        case .skipped: "skipped"
        }
    }

    /// What a script that waited for the run sees.
    var status: ExitStatus {
        switch self {
        case .ok: .ok
        case .okWithWarnings, .skipped: .warnings
        case .failed, .interrupted: .failed
        }
    }
}
