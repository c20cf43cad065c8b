/// One job as the console sees it.
package struct JobState: Hashable, Codable, Sendable {
    package var name: String
    package var kind: JobKind
    package var phase: JobPhase
    package var isEnabled: Bool
    /// As written in the settings, or empty.
    package var schedule: String
    package var nextAt: WallTime?
    package var after: [String]
    package var priority: Int
    package var resources: [String]
    /// The run in progress.
    package var current: JobRun?
    package var lastRun: JobRun?
    /// Seconds, median of its last good runs; nil before the first.
    package var expectedSeconds: Double?
    /// Seconds of its last runs, oldest first, at most 20.
    package var durations: [Double]
    /// Bytes of its last runs, oldest first, at most 20.
    package var sizes: [Int64]

    package init(name: String, kind: JobKind) {
        self.name = name
        self.kind = kind
        phase = .idle
        isEnabled = true
        schedule = ""
        after = []
        priority = 50
        resources = []
        durations = []
        sizes = []
    }
}

/// Where a job is in its life.
package enum JobPhase: Hashable, Codable, Sendable {
    /// Nothing to do before its next time, or for ever.
    case idle
    /// Wants to run and may not yet: `waits for target:/mnt/x`, `after dump`, `held`.
    case queued(reason: String)
    case running
    /// Waits for a person: the number of the request.
    case waiting(request: Int)
    case pausing
    case paused
    case cancelling

    /// It has begun and not ended.
    package var isActive: Bool {
        switch self {
        case .idle, .queued: false
        case .running, .waiting, .pausing, .paused, .cancelling: true
        }
    }
}

/// One run of a job, in progress or in history.
package struct JobRun: Hashable, Codable, Sendable {
    package var run: RunID
    package var job: String
    package var kind: JobKind
    package var trigger: JobTrigger
    /// The time the schedule meant; nil when nobody planned it.
    package var plannedAt: WallTime?
    package var startedAt: WallTime
    package var endedAt: WallTime?
    /// 1 for the first try.
    package var attempt: Int
    /// Nil while it runs.
    package var result: JobResult?
    package var failure: Failure?
    /// What it made safe, found or proved.
    package var done: Amount
    package var warnings: Int

    package init(
        run: RunID, job: String, kind: JobKind, trigger: JobTrigger, plannedAt: WallTime? = nil, startedAt: WallTime,
        attempt: Int = 1
    ) {
        self.run = run
        self.job = job
        self.kind = kind
        self.trigger = trigger
        self.plannedAt = plannedAt
        self.startedAt = startedAt
        self.attempt = attempt
        done = Amount()
        warnings = 0
    }

    /// Seconds it took, nil while it runs.
    package var seconds: Double? { endedAt?.seconds(since: startedAt) }
}

/// Why a run began.
package enum JobTrigger: String, Codable, CaseIterable, Sendable {
    case schedule
    /// One run for all that were missed while nothing ran.
    case catchUp = "catch_up"
    case chain, `operator`, retry
}

/// How a job's run ended; one of five, and unknown is failed (I5).
package enum JobResult: String, Codable, CaseIterable, Sendable {
    case ok
    case okWithWarnings = "ok_with_warnings"
    case failed, interrupted, skipped
}

/// One planned start, for the lanes of the Jobs screen and `schedule next`.
package struct Firing: Hashable, Codable, Sendable {
    package var job: String
    package var at: WallTime
    package var expectedSeconds: Double?
    /// Another firing that wants the same slot at that time, or empty.
    package var conflict: String

    package init(job: String, at: WallTime, expectedSeconds: Double? = nil, conflict: String = "") {
        self.job = job
        self.at = at
        self.expectedSeconds = expectedSeconds
        self.conflict = conflict
    }
}

/// What keeps all jobs from starting.
package struct HoldState: Hashable, Codable, Sendable {
    /// Jobs are held and alerts muted until then.
    package var maintenanceUntil: WallTime?
    /// What runs ends, nothing begins.
    package var isDraining: Bool
    /// The stop file is there (B32); its first line says why.
    package var stopFile: String?
    /// The clock jumped: nothing is deleted until somebody, or the clock, agrees (C1). Says by how much.
    package var clockFrozen: String?

    package init() { isDraining = false }

    package var holdsJobs: Bool { maintenanceUntil != nil || isDraining || stopFile != nil }
}
