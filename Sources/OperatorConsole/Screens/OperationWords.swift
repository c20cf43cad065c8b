import BackupModel

extension JobState {
    /// The two letters in front of it; colour only repeats them (H17).
    var mark: StateMark {
        switch phase {
        case .waiting: return .attention
        case .queued: return .waiting
        case .running, .cancelling: return .running
        case .pausing, .paused: return .disabled
        case .idle:
            guard isEnabled else { return .disabled }
            guard let result = lastRun?.result else { return .queued }
            return result.mark
        }
    }

    /// What it does now, with its reason, or how it ended.
    var stage: SafeText {
        switch phase {
        case .queued(let reason): return "queued: " + SafeText(brief: reason)
        case .waiting(let request): return "WAITS for request #\(request)"
        case .idle:
            if let run = lastRun, let result = run.result { return result.capitals + run.trouble }
            return isEnabled ? "not run yet" : "disabled"
        default: return SafeText(phase.word)
        }
    }

    var stageRole: StyleRole {
        switch phase {
        case .waiting: .stateWaiting
        case .queued: .statePlanned
        case .running, .cancelling: .stateRunning
        case .pausing, .paused: .stateDisabled
        case .idle: isEnabled ? lastRun?.result?.mark.role ?? .textDim : .stateDisabled
        }
    }

    /// Seconds of the run at work, or of the last one.
    func took(_ now: WallTime) -> String {
        if let current { return Quantity.duration(now.seconds(since: current.startedAt)) + ".." }
        return lastRun?.seconds.map(Quantity.duration) ?? "-"
    }
}

extension JobPhase {
    var word: String {
        switch self {
        case .idle: "idle"
        case .queued: "queued"
        case .running: "running"
        case .waiting: "waiting"
        case .pausing: "pausing"
        case .paused: "paused"
        case .cancelling: "cancelling"
        }
    }
}

extension JobRun {
    /// `: no space left`, or nothing.
    fileprivate var trouble: SafeText {
        if let failure { return ": " + failure.words }
        return warnings > 0 ? ", \(Quantity.count(warnings)) warnings" : ""
    }
}

extension JobResult {
    var mark: StateMark {
        switch self {
        case .ok: .ok
        case .okWithWarnings, .interrupted: .attention
        case .failed: .failed
        case .skipped: .disabled
        }
    }

    var word: String {
        switch self {
        case .ok: "ok"
        case .okWithWarnings: "warnings"
        case .failed: "failed"
        case .interrupted: "interrupted"
        case .skipped: "skipped"
        }
    }

    /// A failure is seen without colours too.
    var capitals: SafeText { self == .failed ? "FAILED" : SafeText(word) }
}

extension JobTrigger {
    var word: String {
        switch self {
        case .schedule: "schedule"
        case .catchUp: "catch-up"
        case .chain: "chain"
        case .operator: "operator"
        case .retry: "retry"
        }
    }
}

extension RequestKind {
    var word: String {
        switch self {
        case .attachVolume: "attach volume"
        case .confirm: "confirm"
        case .choose: "choose"
        case .changeTape: "change tape"
        }
    }
}

extension Request {
    /// `#17 attach the volume`, `TAPE lto9 wants NX0007 (or scratch)`, `TAPE lto9: load NX0007 into drive lto9`
    var headline: SafeText {
        guard kind == .changeTape else { return "#\(number) " + SafeText(brief: what) }
        let drive = SafeText(brief: subject).prefix(cells: 24)
        guard what.hasPrefix(subject), !subject.isEmpty else { return "TAPE " + drive + ": " + SafeText(brief: what) }
        return "TAPE " + drive + SafeText(brief: String(what.unicodeScalars.dropFirst(subject.unicodeScalars.count)))
    }

    /// `fails in 55:48`, or nothing.
    func deadlineWords(_ now: WallTime) -> String {
        guard let deadline else { return "" }
        let left = deadline.seconds(since: now)
        guard atDeadline == .failResumable else { return "due in " + Quantity.duration(left) }
        return left > 0 ? "fails in " + Quantity.duration(left) : "fails now"
    }

    /// `waiting 04:12, fails in 55:48`
    func waitingWords(_ now: WallTime) -> String {
        let deadline = deadlineWords(now)
        return "waiting " + Quantity.duration(now.seconds(since: raisedAt)) + (deadline.isEmpty ? "" : ", " + deadline)
    }
}

extension Alert {
    /// `mail 14:13, phone 14:43`: who is told next if nobody acts.
    func ladder(_ clock: Clock) -> SafeText {
        var words: SafeText = ""
        for step in escalation.prefix(8) {
            if !words.isEmpty { words += ", " }
            words += "\(SafeText(brief: step.channel)) \(clock.minute(step.at))"
        }
        return words
    }

    /// Who has seen it, until when it is silent, or who is told next.
    func standing(_ clock: Clock) -> SafeText {
        if let seen = acknowledgement {
            return SafeText(brief: seen.by.user) + (seen.note.isEmpty ? "" : ": " + SafeText(brief: seen.note))
        }
        if let until = snoozedUntil, until > clock.now { return "silent until \(clock.minute(until))" }
        return escalation.first.map { "\(SafeText(brief: $0.channel)) \(clock.minute($0.at))" } ?? "-"
    }
}

extension RecoverySetState {
    /// Seconds since its newest copy was verified; nil: there is none.
    func age(_ now: WallTime) -> Double? { newestVerifiedAt.map { max(0, now.seconds(since: $0)) } }

    /// `copy 31h old, goal 26h, LATE`
    func ageWords(_ now: WallTime) -> SafeText {
        let age = age(now).map { "verified copy \(spanWord($0)) old" } ?? "no verified copy"
        let goal = goal.map { ", goal \(spanWord($0))" } ?? ", no goal"
        let flaws = flawedAtSource == 0 ? "" : ", \(flawedAtSource) bad at source"
        return SafeText(age + goal + (isLate(at: now) ? ", LATE" : "") + flaws)
    }

    /// The part of its goal that is used up; the largest is the worst.
    fileprivate func strain(_ now: WallTime) -> Double {
        guard let goal, goal > 0 else { return newestVerifiedAt == nil ? 0.5 : 0 }
        return age(now).map { $0 / goal } ?? .infinity
    }
}

extension [RecoverySetState] {
    /// The latest first; of equals the more important.
    func worstFirst(_ now: WallTime) -> [RecoverySetState] {
        func rank(_ set: RecoverySetState) -> Int { SetPriority.allCases.firstIndex(of: set.priority) ?? 0 }
        return map { ($0.isLate(at: now) ? 1 : 0, rank($0), $0.strain(now), $0) }
            .enumerated().sorted { a, b in
                let (x, y) = (a.element, b.element)
                return (x.0, x.1, x.2) != (y.0, y.1, y.2) ? (x.0, x.1, x.2) > (y.0, y.1, y.2) : a.offset < b.offset
            }.map(\.element.3)
    }
}

/// `42m`, `31h`, `9d`: the size of an age at one glance.
func spanWord(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    let minutes = Int(min(max(0, seconds), 1e12) / 60)
    if minutes < 100 { return "\(minutes)m" }
    return minutes < 72 * 60 ? "\(minutes / 60)h" : "\(minutes / 1440)d"
}

/// What keeps jobs from starting, in a few capitals; the title shows it.
extension HoldState {
    func words(_ clock: Clock) -> [SafeText] {
        var words: [SafeText] = []
        if stopFile != nil { words.append("STOP FILE") }
        if clockFrozen != nil { words.append("CLOCK FROZEN") }
        if let maintenanceUntil { words.append("HELD until \(clock.minute(maintenanceUntil))") }
        if isDraining { words.append("DRAINING") }
        return words
    }
}

/// A few values as a graph in one row: eight heights, or four with seven bits.
func sparkline(_ values: [Double], glyphs: GlyphSet, limit: Int) -> SafeText {
    let shown = values.suffix(max(0, limit)).map { $0.isFinite ? max(0, $0) : 0 }
    guard let top = shown.max(), top > 0 else {
        return shown.isEmpty ? "" : SafeText(String(repeating: "_", count: shown.count))
    }
    let steps = glyphs.kind == .ascii ? ["_", ".", "-", "="] : ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    return SafeText(shown.map { steps[min(steps.count - 1, Int($0 / top * Double(steps.count - 1) + 0.5))] }.joined())
}
