import BackupModel

extension VolumeState: JSONObject {
    static let shape = Shape<VolumeState>(
        "Volume", "The volume a mirror writes to.",
        [
            Field("uuid") { $0.uuid },
            Field("file_system") { $0.fileSystem },
            Field("is_present") { $0.isPresent },
            Field("free", "Bytes.") { $0.free },
            Field("capacity", "Bytes.") { $0.capacity },
        ])
}

extension CopyProgress: JSONObject {
    static let shape = Shape<CopyProgress>(
        "MirrorProgress", "`total` is `before`, `this_run`, `remaining` and `failed` together.",
        [
            Field("total") { $0.total },
            Field("before", "Safe before this run.") { $0.before },
            Field("this_run", "Made safe by this run.") { $0.thisRun },
            Field("remaining") { $0.remaining },
            Field("failed") { $0.failed },
            Field("verified") { $0.verified },
            Field("retries") { $0.retries },
        ])
}

extension CopyRates: JSONObject {
    static let shape = Shape<CopyRates>(
        "MirrorRates", "Bytes a second over several spans.",
        [
            Field("now") { $0.now },
            Field("one_minute") { $0.oneMinute },
            Field("ten_minutes") { $0.tenMinutes },
            Field("average") { $0.average },
            Field("blobs_per_minute") { $0.blobsPerMinute },
            Field("stalled_seconds", "Without progress while there is work.") { $0.stalledFor },
        ])
}

extension CopyLimits: JSONObject {
    static let shape = Shape<CopyLimits>(
        "MirrorLimits", "What may be changed while it runs.",
        [
            Field("workers") { $0.workers },
            Field("batch") { $0.batch },
            Field("rate", "Bytes a second; null: no limit.") { $0.rate },
            Field("read_back") { $0.readBack },
        ])
}

/// When a mirror will end, flattened.
struct EstimateShape: JSONObject {
    enum Word: String, CaseIterable, JSONValue { case unknown, seconds, stalled, waiting, done }

    var word: Word
    var seconds: Double?
    var low: Double?
    var high: Double?
    var reason = ""

    init(_ estimate: Estimate) {
        switch estimate {
        case .unknown: word = .unknown
        case .seconds(let likely, let least, let most):
            word = .seconds
            (seconds, low, high) = (likely, least, most)
        case .stalled(let since):
            word = .stalled
            seconds = since
        case .waiting(let why):
            word = .waiting
            reason = why
        case .done: word = .done
        }
    }

    static let shape = Shape<EstimateShape>(
        "Estimate", "When it will end, or the honest word why nobody knows.",
        [
            Field("is", "`seconds`: in that many; `stalled`: for that many.") { $0.word },
            Field("seconds") { $0.seconds },
            Field("low") { $0.low },
            Field("high") { $0.high },
            Field("reason", "What it waits for, or empty.") { $0.reason },
        ])
}

extension RunSummary.Kind: JSONValue {
    static let schema = Schema.words([RunSummary.Kind.scan, .run, .verify].map(\.rawValue))
    var json: JSON { .string(rawValue) }
}

extension RunSummary: JSONObject {
    static let shape = Shape<RunSummary>(
        "MirrorRun", "What a run of a mirror left behind.",
        [
            Field("run") { $0.run },
            Field("kind") { $0.kind },
            Field("started_at") { $0.startedAt },
            Field("ended_at") { $0.endedAt },
            Field("result", "Null while it runs, and for ever when the process died.") { $0.result },
            Field("before") { $0.before },
            Field("done") { $0.done },
            Field("failed") { $0.failed },
            Field("remaining") { $0.remaining },
            Field("retries") { $0.retries },
            Field("failure") { $0.failure },
        ])
}

extension BlobFailure: JSONObject {
    static let shape = Shape<BlobFailure>(
        "BlobFailure", "A failed blob with its reason.",
        [
            Field("id") { $0.id },
            Field("size", "Bytes.") { $0.size },
            Field("state") { $0.state },
            Field("attempts") { $0.attempts },
            Field("failure") { $0.failure },
            Field("at") { $0.at },
        ])
}

extension CopyState: JSONObject {
    static let shape = Shape<CopyState>(
        "Mirror", "One mirror.",
        [
            Field("name") { $0.name },
            Field("source") { $0.source },
            Field("target") { $0.target },
            Field("volume") { $0.volume },
            Field("phase") { MirrorPhaseWord(of: $0.phase) },
            Field("reason", "What it waits for, or empty.") { $0.phase.reason },
            Field("run") { $0.run },
            Field("run_started_at") { $0.runStartedAt },
            Field("elapsed_seconds") { $0.elapsed },
            Field("progress") { $0.progress },
            Field("rates") { $0.rates },
            Field("estimate") { EstimateShape($0.eta) },
            Field("limits") { $0.limits },
            Field("failures", "The newest, at most 20.") { $0.failures },
            Field("last_run") { $0.lastRun },
        ])
}

enum MirrorPhaseWord: String, CaseIterable, JSONValue {
    case idle, scanning, reconciling, copying, verifying, paused, waiting, finished

    init(of phase: CopyPhase) {
        self =
            switch phase {
            case .idle: .idle
            case .scanning: .scanning
            case .reconciling: .reconciling
            case .copying: .copying
            case .verifying: .verifying
            case .paused: .paused
            case .waiting: .waiting
            case .finished: .finished
            }
    }
}

extension CopyPhase {
    fileprivate var reason: String {
        guard case .waiting(let reason) = self else { return "" }
        return reason
    }
}

/// A set with what its age means at a time.
struct SetShape: JSONObject {
    var set: RecoverySetState
    var now: WallTime

    static let shape = Shape<SetShape>(
        "Set", "How a set stands against its goals.",
        [
            Field("name") { $0.set.name },
            Field("priority") { $0.set.priority },
            Field("jobs") { $0.set.jobs },
            Field("newest_verified_at", "Null: there is none.") { $0.set.newestVerifiedAt },
            Field("age_seconds", "Of the newest verified copy.") { shape in
                shape.set.newestVerifiedAt.map { shape.now.seconds(since: $0) }
            },
            Field("goal_seconds", "How old it may be; null: no goal.") { $0.set.goal },
            Field("restore_within_seconds") { $0.set.restoreWithin },
            Field("is_late", "The goal is missed.") { $0.set.isLate(at: $0.now) },
            Field("evidence", "What the newest copy is: a run, a file.") { $0.set.evidence },
        ])
}
