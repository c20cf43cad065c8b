import BackupCatalog
import BackupModel

/// What people ask of jobs.
extension JobBook {
    mutating func ask(_ name: String, _ moment: JobMoment) throws(Failure) -> String {
        let card = try card(name)
        if let stop = hold.stopFile { throw .stopped(stop) }
        if isEnding { throw .jobRefused("ENGINE_CLOSING", "the engine is ending", "") }
        guard card.isEnabled else {
            throw .jobRefused("JOB_DISABLED", "\(name) is disabled", "Enable it first: holdfast job enable \(name)")
        }
        guard card.active == nil else {
            throw .jobRefused("ALREADY_RUNNING", "\(name) runs already", "Wait for its end, or cancel it first.")
        }
        // A retry or a late start is brought forward; what waits for its chain goes without it.
        if let pending = card.memory.pending, card.readyAt <= moment.seconds, pending.waitsFor.isEmpty {
            throw .jobRefused("ALREADY_QUEUED", "\(name) is queued already: \(card.reason)", "")
        }
        queue(name, PendingRun(trigger: .operator, since: moment.wall), after: 0, moment)
        settle(at: moment)
        guard let now = cards[name], now.active == nil else { return "\(name) begun" }
        return "\(name) queued: \(now.reason)"
    }

    mutating func cancel(_ name: String, _ moment: JobMoment) throws(Failure) -> String {
        let card = try self.card(orGone: name)
        if let active = card.active {
            guard active.cancelled == nil else { return "\(name) is being cancelled" }
            cancelActive(name, .person)
            return "\(name) is being cancelled: what is safe stays safe"
        }
        guard let pending = card.memory.pending else {
            throw .jobRefused("NOT_RUNNING", "\(name) neither runs nor waits", "")
        }
        leaveOut(name, pending, .jobLeftOut("JOB_CANCELLED", "cancelled before it began"), moment)
        return "\(name) taken off the queue"
    }

    mutating func pause(_ name: String, _ moment: JobMoment) throws(Failure) -> String {
        guard let active = try card(orGone: name).active else {
            throw .jobRefused("NOT_RUNNING", "\(name) does not run", "Run the job.")
        }
        switch active.phase {
        case .running, .waiting:
            cards[name]?.active?.stand(.pausing, at: moment.seconds)
            decisions.append(.pause(active.record.run))
            return "\(name) is pausing"
        case .pausing, .paused: throw .jobRefused("ALREADY_PAUSED", "\(name) is paused", "Resume it.")
        case .idle, .queued, .cancelling: throw .jobRefused("NOT_RUNNING", "\(name) is being cancelled", "")
        }
    }

    mutating func resume(_ name: String) throws(Failure) -> String {
        guard let active = try card(orGone: name).active, active.phase == .paused || active.phase == .pausing else {
            throw .jobRefused("NOT_PAUSED", "\(name) is not paused", "")
        }
        decisions.append(.resume(active.record.run))
        return "\(name) goes on"
    }

    mutating func enable(_ name: String, _ isOn: Bool, _ moment: JobMoment) throws(Failure) -> String {
        let card = try card(name)
        cards[name]?.memory.isEnabled = isOn == card.settings.isEnabled ? nil : isOn
        if !isOn, let pending = card.memory.pending {
            leaveOut(name, pending, .jobLeftOut("JOB_DISABLED", "disabled before it began"), moment)
        }
        return "\(name) \(isOn ? "enabled" : "disabled")"
    }

    mutating func skipNext(_ name: String) throws(Failure) -> String {
        guard try card(name).settings.schedule != nil else {
            throw .jobRefused("JOB_UNPLANNED", "\(name) has no schedule", "Cancel it when it is queued.")
        }
        cards[name]?.memory.skipsNext = true
        return "the next planned start of \(name) is left out"
    }

    /// A job that the settings do not have any more may still be ended.
    private func card(orGone name: String) throws(Failure) -> JobCard {
        if let card = cards[name] { return card }
        return try card(name)
    }
}

extension Failure {
    static func jobRefused(_ code: String, _ message: String, _ hint: String) -> Failure {
        Failure(code: code, side: .engine, message: message, hint: hint)
    }

    /// Why a run was left out.
    static func jobLeftOut(_ code: String, _ message: String) -> Failure {
        Failure(code: code, side: .engine, message: message)
    }

    static func stopped(_ why: String) -> Failure {
        Failure(
            code: "STOP_FILE", side: .engine,
            message: "the stop file forbids all work" + (why.isEmpty ? "" : ": \(why)"),
            hint: "Remove the file STOP in the state folder when work may go on.")
    }
}
