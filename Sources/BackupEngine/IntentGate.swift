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
    default:
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
        default: nil
        }
    }
}

extension Intent {
    /// As the audit log has it.
    package var words: String {
        switch self {
        case .runMirror(_, let overrides): overrides.dryRun ? "dry run" : "run"
        case .enrolMirror: "enrol"
        case .scanMirror: "scan"
        case .verifyMirror: "verify"
        case .pauseMirror: "pause"
        case .resumeMirror: "resume"
        case .stopMirror: "stop"
        case .limitMirror(_, let limits):
            "limit: \(limits.workers) workers, batch \(limits.batch), read-back \(limits.readBack.rawValue), rate "
                + (limits.rate.map { Quantity.rate(Double($0)) } ?? "unlimited")
        case .requeue(_, let blob): "requeue " + (blob?.short ?? "all failures")
        case .acknowledge(let alert, _): "acknowledge alert \(alert)"
        default: "\(self)"
        }
    }
}
