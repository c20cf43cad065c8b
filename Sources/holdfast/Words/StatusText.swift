import BackupModel

/// The state in lines, for `holdfast status`.
struct StatusText {
    var state: EngineState

    var text: String {
        var lines = ["holdfast \(state.version) on \(state.host), \(state.at.iso8601())"]
        if state.hold.holdsJobs || state.hold.clockFrozen != nil { lines.append("held       " + state.hold.words) }
        lines += section("requests", state.requests.map { "#\($0.number) \($0.what) (\($0.why))" })
        lines += section("alerts", state.alerts.map { "\($0.severity.word) \($0.subject): \($0.failure.message)" })
        lines += section("sets", state.sets.map { $0.line(at: state.at) })
        lines += section("jobs", state.jobs.map { $0.line(at: state.at) })
        lines += section("mirrors", state.copies.map { ProgressText(copy: $0, at: state.at).line })
        return lines.joined(separator: "\n")
    }

    private func section(_ title: String, _ rows: [String]) -> [String] {
        rows.enumerated().map { ($0 == 0 ? title : "").padded(to: 11) + $1 }
    }
}

extension RecoverySetState {
    /// `blobs  newest verified 3 h ago, goal 26 h`
    func line(at now: WallTime) -> String {
        let age = newestVerifiedAt.map { Quantity.duration(max(0, now.seconds(since: $0))) + " old" } ?? "never verified"
        let target = goal.map { ", goal " + Quantity.duration($0) } ?? ""
        return "\(name.padded(to: 16)) \(age)\(target)\(isLate(at: now) ? "  LATE" : "")"
    }
}

extension JobState {
    /// `nightly  running` or `nightly  ok 2026-11-21T02:14:00Z, next 2026-11-22T02:00:00Z`
    func line(at now: WallTime) -> String {
        var words = "\(name.padded(to: 16)) \(phase.words.padded(to: 10))"
        if !isEnabled { words += " disabled" }
        if let lastRun, let result = lastRun.result {
            words += " last \(result.words) \((lastRun.endedAt ?? lastRun.startedAt).iso8601())"
        }
        if let nextAt { words += ", next \(nextAt.iso8601())" }
        return words
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
