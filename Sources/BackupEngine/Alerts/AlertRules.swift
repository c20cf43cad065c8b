package import BackupModel

/// What the state itself does not tell and alerts depend on.
package struct AlertFacts: Hashable, Sendable {
    /// Starts that a job left out in a row because its last run was still going (C8).
    package var overlaps: [String: Int]

    package init(overlaps: [String: Int] = [:]) { self.overlaps = overlaps }
}

/// From which figure on something is an alert.
package struct AlertRules: Hashable, Sendable {
    /// Share of a volume; below it space is low. It counts as enough again a fifth above.
    package var lowSpace = 0.05
    /// Seconds for which a request may wait before it is an alert of its own.
    package var requestOpen = 3600.0
    /// C8.
    package var overlaps = 3
    /// Seconds for which a message may wait to be delivered.
    package var undelivered = 900.0
    /// How often the tape may have had to stop and wind back for want of data within one archive; each costs the drive
    /// and the medium some of their life.
    package var backHitches = 100

    package init() {}

    struct Judgement {
        var met: [AlertCondition] = []
        /// Cannot be told now: what is raised stays, what is not stays so.
        var undecided: Set<AlertKey> = []
    }

    func judge(_ state: EngineState, facts: AlertFacts, now: WallTime) -> Judgement {
        var judgement = Judgement()
        for job in state.jobs { judge(job, facts, &judgement) }
        for copy in state.copies { judge(copy, &judgement) }
        for drive in state.tape?.drives ?? [] { judge(drive, &judgement) }
        for library in state.tape?.libraries ?? [] { judge(library, &judgement) }
        judgement.met += short(state.tape)
        judgement.met += state.sets.compactMap { late($0, now) }
        judgement.met += state.requests.compactMap { waiting($0, now) }
        judgement.met += [clock(state.hold), stopped(state.hold), undelivered(state.delivery, now)].compactMap { $0 }
        return judgement
    }

    private func judge(_ job: JobState, _ facts: AlertFacts, _ judgement: inout Judgement) {
        switch job.lastRun?.result {
        case .failed?:
            // A retry may be on its way.
            if job.phase == .idle { judgement.met.append(failed(job)) } else { fallthrough }
        // An operator ended it, or an engine did that goes on with it: the set's goal speaks if nothing comes of it.
        case .skipped?, .interrupted?:
            judgement.undecided.insert(AlertKey(subject: job.name, code: "JOB_FAILED"))
        case .ok?, .okWithWarnings?, nil: break
        }
        if let count = facts.overlaps[job.name], count >= overlaps {
            judgement.met.append(
                condition(
                    job.name, .warn, "JOB_OVERLAPS", "\(overlaps) starts in a row or more fell into the run before",
                    "Run it less often, or find out why it takes so long."))
        }
    }

    private func failed(_ job: JobState) -> AlertCondition {
        var words = "the last run failed"
        if let failure = job.lastRun?.failure { words += ": " + failure.message }
        return condition(
            job.name, .error, "JOB_FAILED", words,
            job.lastRun?.failure?.hint ?? "Read its log: holdfast job log \(job.name)")
    }

    private func judge(_ copy: CopyState, _ judgement: inout Judgement) {
        let key = AlertKey(subject: copy.name, code: "SPACE_LOW")
        guard copy.volume.isPresent, copy.volume.capacity > 0 else {
            judgement.undecided.insert(key)
            return
        }
        let share = Double(copy.volume.free) / Double(copy.volume.capacity)
        if share < lowSpace {
            judgement.met.append(
                condition(
                    copy.name, .warn, "SPACE_LOW",
                    "less than \(Int((lowSpace * 100).rounded())) % of the volume is free",
                    "Free space on it or enrol a larger one before it is full.", side: .destination))
        } else if share < lowSpace * 1.2 {
            judgement.undecided.insert(key)
        }
    }

    private func late(_ set: RecoverySetState, _ now: WallTime) -> AlertCondition? {
        guard set.isLate(at: now), let goal = set.goal else { return nil }
        let newest = set.newestVerifiedAt.map { "the newest is of \($0.iso8601())" } ?? "there is none"
        return condition(
            set.name, set.priority.severity, "SET_LATE",
            "no verified copy is younger than \(hours(goal)); \(newest)",
            "Run its jobs: " + set.jobs.joined(separator: ", "))
    }

    private func waiting(_ request: Request, _ now: WallTime) -> AlertCondition? {
        guard request.isOpen, now.seconds(since: request.raisedAt) >= requestOpen else { return nil }
        let isUrgent = request.deadline.map { $0.seconds(since: now) < requestOpen } ?? false
        return condition(
            "request \(request.number)", isUrgent ? .error : .warn, "REQUEST_OPEN",
            "nobody has answered: \(request.what)", "holdfast answer \(request.number) ...")
    }

    private func clock(_ hold: HoldState) -> AlertCondition? {
        guard let jump = hold.clockFrozen else { return nil }
        return condition(
            "clock", .error, "CLOCK_JUMPED", "the clock jumped (\(jump.tidied(100))); nothing is deleted meanwhile",
            "Put the clock right, or agree to it.")
    }

    private func stopped(_ hold: HoldState) -> AlertCondition? {
        guard let why = hold.stopFile else { return nil }
        return condition(
            "engine", .warn, "STOP_FILE",
            "the stop file forbids all work" + (why.isEmpty ? "" : ": \(why.tidied(200))"),
            "Remove the file STOP in the state folder when work may go on.")
    }

    private func undelivered(_ delivery: DeliveryState, _ now: WallTime) -> AlertCondition? {
        guard delivery.waiting > 0, let oldest = delivery.oldestWaitingAt, now.seconds(since: oldest) >= undelivered
        else { return nil }
        return condition(
            "delivery", .warn, "UNDELIVERED",
            "messages cannot be delivered"
                + (delivery.lastProblem.isEmpty ? "" : ": " + delivery.lastProblem.tidied(200)),
            "Check the channels: nobody outside hears of this engine.")
    }

    func condition(
        _ subject: String, _ severity: Severity, _ code: String, _ message: String, _ hint: String,
        side: Side = .engine
    ) -> AlertCondition {
        AlertCondition(
            subject: subject, severity: severity,
            failure: Failure(code: code, side: side, message: message, hint: hint))
    }

    private func hours(_ seconds: Double) -> String {
        seconds < 7200 ? "\(Int(seconds / 60)) min" : "\(Int(seconds / 3600)) h"
    }
}

extension SetPriority {
    /// How loud it is when the set misses its goal.
    package var severity: Severity {
        switch self {
        case .low: .info
        case .normal: .warn
        case .high, .critical: .error
        }
    }
}
