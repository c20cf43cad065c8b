import BackupModel

extension DeliveryState: JSONObject {
    static let shape = Shape<DeliveryState>(
        "Delivery", "What could not be told to anybody yet.",
        [
            Field("waiting", "Messages.") { $0.waiting },
            Field("oldest_waiting_at") { $0.oldestWaitingAt },
            Field("last_delivered_at") { $0.lastDeliveredAt },
            Field("last_problem", "The last reason why one did not go out, or empty.") { $0.lastProblem },
        ])
}

extension AttachedConsole: JSONObject {
    static let shape = Shape<AttachedConsole>(
        "Console", "Who watches.",
        [Field("person") { $0.person }, Field("since") { $0.since }, Field("is_read_only") { $0.isReadOnly }])
}

extension EngineState: JSONObject {
    static let shape = Shape<EngineState>(
        "State", "Everything at one moment; what can be large has a route of its own.",
        [
            Field("sequence", "Grows with every change; an order may name it as its basis.") {
                Int64(clamping: $0.sequence)
            },
            Field("host") { $0.host },
            Field("version") { $0.version },
            Field("started_at") { $0.startedAt },
            Field("at", "When this state was taken.") { $0.at },
            Field("hold") { $0.hold },
            Field("delivery") { $0.delivery },
            Field("consoles") { $0.consoles },
            Field("jobs") { $0.jobs },
            Field("firings", "Planned starts of the next 24 hours.") { $0.firings },
            Field("mirrors") { $0.copies },
            Field("tape", "Null: no tape drive is configured.") { $0.tape },
            Field("requests", "The open ones, oldest first.") { $0.requests },
            Field("alerts") { $0.alerts },
            Field("sets") { state in state.sets.map { SetShape(set: $0, now: state.at) } },
            Field("last_event", "The number of the newest event, or 0.") { $0.recentEvents.last?.number ?? 0 },
        ])
}

/// A list in an envelope, so that more can be said beside it later.
struct JobList: JSONObject {
    var jobs: [JobState]
    static let shape = Shape<JobList>("JobList", "", [Field("jobs") { $0.jobs }])
}

struct RunList: JSONObject {
    var runs: [JobRun]
    var isFull: Bool

    static let shape = Shape<RunList>(
        "RunList", "Finished runs, newest first.",
        [
            Field("runs") { $0.runs },
            Field("next_before", "Where the next page begins; null: there is none.") {
                $0.isFull ? $0.runs.last?.startedAt : nil
            },
        ])
}

extension JobLogPage: JSONObject {
    static let shape = Shape<JobLogPage>(
        "LogPage", "A page of a run's log: whole lines.",
        [
            Field("lines") { $0.lines },
            Field("next", "The offset of the next page.") { $0.next },
            Field("is_end", "The run has ended and this is its last page.") { $0.isEnd },
        ])
}

struct RequestList: JSONObject {
    var requests: [Request]
    static let shape = Shape<RequestList>("RequestList", "", [Field("requests") { $0.requests }])
}

struct AlertList: JSONObject {
    var alerts: [Alert]
    static let shape = Shape<AlertList>("AlertList", "", [Field("alerts") { $0.alerts }])
}

struct SetList: JSONObject {
    var sets: [SetShape]
    static let shape = Shape<SetList>("SetList", "", [Field("sets") { $0.sets }])
}

struct MirrorList: JSONObject {
    var mirrors: [CopyState]
    static let shape = Shape<MirrorList>("MirrorList", "", [Field("mirrors") { $0.mirrors }])
}

struct BlobFailureList: JSONObject {
    var failures: [BlobFailure]
    var isFull: Bool

    static let shape = Shape<BlobFailureList>(
        "BlobFailureList", "Failed blobs in order of name.",
        [
            Field("failures") { $0.failures },
            Field("next_after", "Where the next page begins; null: there is none.") {
                $0.isFull ? $0.failures.last?.id : nil
            },
        ])
}

struct EventList: JSONObject {
    var events: [Event]
    var since: Int64

    static let shape = Shape<EventList>(
        "EventList", "Events after a number, oldest first.",
        [
            Field("events") { $0.events },
            Field("next_since", "What to ask for next.") { $0.events.last?.number ?? $0.since },
        ])
}

struct FiringList: JSONObject {
    var firings: [Firing]
    static let shape = Shape<FiringList>(
        "FiringList", "Planned starts, soonest first.", [Field("firings") { $0.firings }])
}

struct AuditList: JSONObject {
    var entries: [AuditEntry]
    var isFull: Bool

    static let shape = Shape<AuditList>(
        "AuditList", "The audit log, newest first.",
        [
            Field("entries") { $0.entries },
            Field("next_before", "Where the next page begins; null: there is none.") {
                $0.isFull ? $0.entries.last?.number : nil
            },
        ])
}

/// What came of an order that the engine took.
struct Accepted: JSONObject {
    var id: String
    var message: String

    static let shape = Shape<Accepted>(
        "Accepted", "The engine took the order.",
        [Field("id", "The order's id.") { $0.id }, Field("message") { $0.message }])
}
