/// Everything a console draws, in one plain value under 256 KiB; what can be large is asked for by `Query`.
package struct EngineState: Hashable, Codable, Sendable {
    /// Grows with every change.
    package var sequence: UInt64
    package var host: String
    package var version: String
    /// The settings it runs with, or empty when it has no file.
    package var settingsFile: String
    package var startedAt: WallTime
    /// When this state was taken; the console shows its age.
    package var at: WallTime
    package var copies: [CopyState]
    /// Nil where no tape drive is configured.
    package var tape: TapeState?
    package var jobs: [JobState]
    /// Planned starts of the next 24 hours, at most 100, soonest first.
    package var firings: [Firing]
    /// Open requests, oldest first.
    package var requests: [Request]
    package var alerts: [Alert]
    package var sets: [RecoverySetState]
    package var hold: HoldState
    package var delivery: DeliveryState
    package var consoles: [AttachedConsole]
    /// The newest events, oldest first, at most 200; older ones come by `Query.log`.
    package var recentEvents: [Event]

    package init(
        sequence: UInt64 = 0, host: String, version: String, startedAt: WallTime, at: WallTime,
        copies: [CopyState] = [], jobs: [JobState] = [], requests: [Request] = [], alerts: [Alert] = [],
        sets: [RecoverySetState] = [], recentEvents: [Event] = []
    ) {
        self.sequence = sequence
        self.host = host
        self.version = version
        settingsFile = ""
        self.startedAt = startedAt
        self.at = at
        self.copies = copies
        self.jobs = jobs
        firings = []
        self.requests = requests
        self.alerts = alerts
        self.sets = sets
        hold = HoldState()
        delivery = DeliveryState()
        consoles = []
        self.recentEvents = recentEvents
    }
}

/// Something a person should know or do.
package struct Alert: Hashable, Codable, Sendable {
    package var id: Int
    package var severity: Severity
    package var raisedAt: WallTime
    /// The job or volume it is about.
    package var subject: String
    package var failure: Failure
    /// How often its condition was met since it was raised.
    package var count: Int
    package var acknowledgement: Acknowledgement?
    /// Silent until then.
    package var snoozedUntil: WallTime?
    /// Who is told next and when, if nobody acts.
    package var escalation: [EscalationStep]

    package init(id: Int, severity: Severity, raisedAt: WallTime, subject: String, failure: Failure) {
        self.id = id
        self.severity = severity
        self.raisedAt = raisedAt
        self.subject = subject
        self.failure = failure
        count = 1
        escalation = []
    }

    /// Whether it still asks for somebody.
    package func isLoud(at now: WallTime) -> Bool {
        acknowledgement == nil && (snoozedUntil.map { $0 <= now } ?? true)
    }
}

/// Somebody has seen an alert; it stays until its condition is gone.
package struct Acknowledgement: Hashable, Codable, Sendable {
    package var by: Person
    package var at: WallTime
    package var note: String

    package init(by: Person, at: WallTime, note: String) {
        self.by = by
        self.at = at
        self.note = note
    }
}

/// One rung of the ladder: a channel that is told at a time.
package struct EscalationStep: Hashable, Codable, Sendable {
    package var at: WallTime
    package var channel: String

    package init(at: WallTime, channel: String) {
        self.at = at
        self.channel = channel
    }
}

package enum Severity: Int, Codable, CaseIterable, Comparable, Sendable {
    case debug = 0, info = 1, warn = 2, error = 3

    package static func < (a: Severity, b: Severity) -> Bool { a.rawValue < b.rawValue }

    package var word: String {
        switch self {
        case .debug: "DEBUG"
        case .info: "INFO"
        case .warn: "WARN"
        case .error: "ERROR"
        }
    }
}

/// One numbered thing that happened. Texts are `printable` already.
package struct Event: Hashable, Codable, Sendable {
    package var number: Int64
    package var at: WallTime
    package var severity: Severity
    /// `copy`, `engine`, `command` ...
    package var component: String
    /// Stable upper snake case code, for instance `RUN_STARTED`.
    package var code: String
    /// The mirror or job, or empty.
    package var job: String
    package var message: String
    package var failure: Failure?

    package init(
        number: Int64 = 0, at: WallTime, severity: Severity, component: String, code: String, job: String = "",
        message: String, failure: Failure? = nil
    ) {
        self.number = number
        self.at = at
        self.severity = severity
        self.component = component
        self.code = code
        self.job = job
        self.message = message
        self.failure = failure
    }
}
