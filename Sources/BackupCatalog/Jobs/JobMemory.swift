package import BackupModel

/// A run that was decided on and has not begun; it outlives the engine.
package struct PendingRun: Hashable, Codable, Sendable {
    package var trigger: JobTrigger
    package var plannedAt: WallTime?
    package var attempt: Int
    package var since: WallTime
    /// Not before then: jitter, or the pause before a retry.
    package var notBefore: WallTime?
    /// Jobs of the chain that have not ended yet.
    package var waitsFor: [String]
    /// The job of the chain that ended badly, so that this one will be skipped.
    package var spoiledBy: String?

    package init(
        trigger: JobTrigger, plannedAt: WallTime? = nil, attempt: Int = 1, since: WallTime,
        notBefore: WallTime? = nil, waitsFor: [String] = []
    ) {
        self.trigger = trigger
        self.plannedAt = plannedAt
        self.attempt = attempt
        self.since = since
        self.notBefore = notBefore
        self.waitsFor = waitsFor
    }
}

/// A start command that must run because its stop command has begun.
package struct OwedStart: Hashable, Codable, Sendable {
    package var run: RunID
    package var command: [String]
    /// Seconds it may take.
    package var timeout: Double

    package init(run: RunID, command: [String], timeout: Double) {
        self.run = run
        self.command = command
        self.timeout = timeout
    }
}

/// What a job remembers between runs and engines.
package struct JobMemory: Hashable, Sendable {
    package var name: String
    /// Nil: as the settings say.
    package var isEnabled: Bool?
    package var skipsNext: Bool
    /// The last time of the schedule that was run, skipped or caught up.
    package var handledAt: WallTime?
    package var pending: PendingRun?
    package var owedStart: OwedStart?
    /// Planned starts left out in a row because the run before went on.
    package var overlaps: Int
    /// Engines that ended in a row while it ran.
    package var interruptions: Int

    package init(name: String) {
        self.name = name
        skipsNext = false
        overlaps = 0
        interruptions = 0
    }
}

/// What one step of the jobs changes, kept in one transaction: a planned time is handled when its run is opened.
package struct JobChange: Sendable {
    package var memories: [JobMemory] = []
    package var opened: [JobRun] = []
    /// Ended runs; one that was never opened (skipped) is added.
    package var closed: [JobRun] = []
    /// Small facts by name, for instance what holds the jobs; nil forgets.
    package var facts: [String: String?] = [:]

    package init() {}

    package var isEmpty: Bool { memories.isEmpty && opened.isEmpty && closed.isEmpty && facts.isEmpty }
}
