import BackupModel

extension Amount: JSONObject {
    static let shape = Shape<Amount>(
        "Amount", "Files and bytes.", [Field("count") { $0.count }, Field("bytes") { $0.bytes }])
}

extension Failure: JSONObject {
    static let shape = Shape<Failure>(
        "Failure", "What went wrong, to what, on which side, and what to do now.",
        [
            Field("code", "Stable, upper snake case.") { $0.code },
            Field("side", "Whose fault it is.") { $0.side },
            Field("message") { $0.message },
            Field("subject", "A path or a name; bytes that are no text are escaped.") { printable($0.subject) },
            Field("errno", "The system's error number, or 0.") { Int($0.errno) },
            Field("operation", "The system call or step, or empty.") { $0.operation },
            Field("hint", "The next step, or empty.") { $0.hint },
            Field("is_transient") { $0.isTransient },
        ])
}

extension Person: JSONObject {
    static let shape = Shape<Person>(
        "Person", "Who did something.",
        [
            Field("user") { $0.user },
            Field("uid") { Int64($0.uid) },
            Field("via", "The terminal, `command line`, `file` or `api`.") { $0.via },
        ])
}

extension JobRun: JSONObject {
    static let shape = Shape<JobRun>(
        "Run", "One run of a job, in progress or in history.",
        [
            Field("run") { $0.run },
            Field("job") { $0.job },
            Field("kind") { $0.kind },
            Field("trigger", "Why it began.") { $0.trigger },
            Field("planned_at", "The time the schedule meant.") { $0.plannedAt },
            Field("started_at") { $0.startedAt },
            Field("ended_at", "Null while it runs.") { $0.endedAt },
            Field("seconds", "How long it took; null while it runs.") { $0.seconds },
            Field("attempt", "1 for the first try.") { $0.attempt },
            Field("result", "Null while it runs.") { $0.result },
            Field("failure") { $0.failure },
            Field("done", "What it made safe, found or proved.") { $0.done },
            Field("warnings") { $0.warnings },
        ])
}

extension JobState: JSONObject {
    static let shape = Shape<JobState>(
        "Job", "One job of the settings and where it is in its life.",
        [
            Field("name") { $0.name },
            Field("kind") { $0.kind },
            Field("phase") { PhaseWord(of: $0.phase) },
            Field("reason", "Why it is queued, or empty.") { $0.phase.reason },
            Field("request", "The request it waits for.") { $0.phase.request },
            Field("is_enabled") { $0.isEnabled },
            Field("schedule", "As written in the settings, or empty.") { $0.schedule },
            Field("next_at", "Its next planned start.") { $0.nextAt },
            Field("after", "The jobs it is chained to.") { $0.after },
            Field("priority") { $0.priority },
            Field("resources", "The slots it holds while it runs.") { $0.resources },
            Field("current", "The run in progress.") { $0.current },
            Field("last_run") { $0.lastRun },
            Field("expected_seconds", "Median of its last good runs.") { $0.expectedSeconds },
            Field("durations", "Seconds of its last runs, oldest first.") { $0.durations },
            Field("sizes", "Bytes of its last runs, oldest first.") { $0.sizes },
        ])
}

/// The phase of a job without what it carries.
enum PhaseWord: String, CaseIterable, JSONValue {
    case idle, queued, running, waiting, pausing, paused, cancelling

    init(of phase: JobPhase) {
        self =
            switch phase {
            case .idle: .idle
            case .queued: .queued
            case .running: .running
            case .waiting: .waiting
            case .pausing: .pausing
            case .paused: .paused
            case .cancelling: .cancelling
            }
    }
}

extension JobPhase {
    fileprivate var reason: String {
        guard case .queued(let reason) = self else { return "" }
        return reason
    }

    fileprivate var request: Int? {
        guard case .waiting(let request) = self else { return nil }
        return request
    }
}

extension Firing: JSONObject {
    static let shape = Shape<Firing>(
        "Firing", "One planned start.",
        [
            Field("job") { $0.job },
            Field("at") { $0.at },
            Field("expected_seconds") { $0.expectedSeconds },
            Field("conflict", "Another planned start that wants the same slot then, or empty.") { $0.conflict },
        ])
}

extension HoldState: JSONObject {
    static let shape = Shape<HoldState>(
        "Hold", "What keeps all jobs from starting.",
        [
            Field("maintenance_until") { $0.maintenanceUntil },
            Field("is_draining") { $0.isDraining },
            Field("stop_file", "The first line of the stop file; null: there is none.") { $0.stopFile },
            Field("clock_frozen", "By how much the clock jumped; null: it did not.") { $0.clockFrozen },
        ])
}
