package import BackupCatalog
package import BackupModel

/// A run in progress, with the settings it began with: a reload changes the next one (J10).
package struct ActiveRun: Hashable, Sendable {
    package var record: JobRun
    package var settings: JobSettings
    package var slots: [String]
    package var phase: JobPhase
    package var cancelled: CancelReason?
    /// Seconds it has worked, without those in which it waited for a person.
    var spent = 0.0
    /// Monotonic seconds since which it works; nil while it waits or is paused.
    var worksSince: Double?

    func worked(at now: Double) -> Double { spent + (worksSince.map { max(0, now - $0) } ?? 0) }
}

/// One job in the book: what it should do, what it remembers, and what it does now.
package struct JobCard: Hashable, Sendable {
    package var settings: JobSettings
    /// The settings' resources and those its kind brings.
    package var slots: [String]
    package var memory: JobMemory
    package var active: ActiveRun?
    /// Why what is pending does not start; empty when nothing is.
    package internal(set) var reason = ""
    /// How it ended when it last ran to an end; starts left out for an overlap do not count.
    package var lastResult: JobResult?
    /// Monotonic seconds before which what is pending does not start.
    var readyAt = 0.0
    /// It is not in the settings any more; only its run goes on.
    var isGone = false

    package var isEnabled: Bool { memory.isEnabled ?? settings.isEnabled }

    package var phase: JobPhase {
        if let active { return active.phase }
        return memory.pending == nil ? .idle : .queued(reason: reason)
    }

    /// It starts when those before it have ended, and at no time of its own.
    var isChained: Bool { !settings.after.isEmpty && settings.schedule == nil }
}

/// What happens to the jobs.
package enum JobInput: Hashable, Sendable {
    /// A time of the schedule has come, or one catch-up for all that were missed.
    case due(String, at: WallTime, JobTrigger)
    /// Times up to then count no more.
    case handled(String, WallTime)
    case asked(String)
    case cancel(String)
    case pause(String)
    case resume(String)
    case enable(String, Bool)
    case skipNext(String)
    case ended(RunID, JobOutcome)
    /// A run was in progress when an engine died.
    case crashed(JobRun)
    case paused(RunID)
    case waits(RunID, request: Int)
    case goesOn(RunID)
    case held(HoldState)
    /// Slots that runs without a job hold.
    case taken(Set<String>)
    /// The settings were read anew; slots by job, and jobs that may run at the same time.
    case settings([JobSettings], slots: [String: [String]], atOnce: Int)
    case owesStart(String, OwedStart?)
    /// Everything in progress is ended; nothing new begins.
    case engineEnds
    case tick

    /// It comes between the ticks and may begin a run.
    var letsOthersBegin: Bool {
        switch self {
        case .asked, .ended, .enable, .taken: true
        default: false
        }
    }
}

/// What is to be done about it.
package enum JobDecision: Hashable, Sendable {
    case start(JobRun)
    case cancel(RunID, CancelReason)
    case pause(RunID)
    case resume(RunID)
    /// A run has its end; one that was left out has begun and ended at once.
    case over(JobRun)
    /// A planned start was left out because the run before goes on; how many in a row.
    case overlap(String, at: WallTime, inARow: Int)
    /// It failed and is tried again; seconds until then.
    case retry(JobRun, after: Double)
    case queued(String)
}
