/// How a set stands against its goals; judged from artefacts, never from liveness.
package struct RecoverySetState: Hashable, Codable, Sendable {
    package var name: String
    package var priority: SetPriority
    package var jobs: [String]
    /// When the newest verified copy was verified; nil: there is none.
    package var newestVerifiedAt: WallTime?
    /// Seconds; nil: no goal.
    package var goal: Double?
    package var restoreWithin: Double?
    /// What the newest copy is: a run, a file.
    package var evidence: String
    /// Blobs that its copies lack because the source has them damaged or not any more: no reason to be late.
    package var flawedAtSource: Int

    package init(name: String, priority: SetPriority = .normal, jobs: [String] = []) {
        self.name = name
        self.priority = priority
        self.jobs = jobs
        evidence = ""
        flawedAtSource = 0
    }

    /// True when the goal is missed at that time; without a goal never.
    package func isLate(at now: WallTime) -> Bool {
        guard let goal else { return false }
        guard let newestVerifiedAt else { return true }
        return now.seconds(since: newestVerifiedAt) > goal
    }
}

/// How the voice of the engine stands: what could not be told to anybody yet.
package struct DeliveryState: Hashable, Codable, Sendable {
    package var waiting: Int
    package var oldestWaitingAt: WallTime?
    package var lastDeliveredAt: WallTime?
    /// The last reason why a message did not go out, or empty.
    package var lastProblem: String

    package init() {
        waiting = 0
        lastProblem = ""
    }
}

/// Who watches.
package struct AttachedConsole: Hashable, Codable, Sendable {
    package var person: Person
    package var since: WallTime
    package var isReadOnly: Bool

    package init(person: Person, since: WallTime, isReadOnly: Bool) {
        self.person = person
        self.since = since
        self.isReadOnly = isReadOnly
    }
}
