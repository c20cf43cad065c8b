import BackupModel
import Synchronization

/// An engine that has a state, takes orders by a fixed rule and remembers them.
final class HTTPFakeEngine: EngineService {
    private struct Inner {
        var state: EngineState
        var orders: [Order] = []
        var done: [String: IntentResult] = [:]
        var streams: [AsyncStream<EngineState>.Continuation] = []
    }

    private let inner: Mutex<Inner>

    init(_ state: EngineState = .sample) { inner = Mutex(Inner(state: state)) }

    var orders: [Order] { inner.withLock { $0.orders } }

    func change(_ edit: @Sendable (inout EngineState) -> Void) {
        inner.withLock { inner in
            inner.state.sequence += 1
            edit(&inner.state)
            for stream in inner.streams { stream.yield(inner.state) }
        }
    }

    func happen(_ message: String) {
        change { state in
            let number = (state.recentEvents.last?.number ?? 0) + 1
            state.recentEvents.append(
                Event(
                    number: number, at: state.at, severity: .info, component: "engine", code: "TESTED",
                    message: message))
        }
    }

    func end() { inner.withLock { inner in inner.streams.forEach { $0.finish() } } }

    func states() async -> AsyncStream<EngineState> {
        let (stream, continuation) = AsyncStream.makeStream(of: EngineState.self, bufferingPolicy: .bufferingNewest(1))
        inner.withLock { inner in
            inner.streams.append(continuation)
            continuation.yield(inner.state)
        }
        return stream
    }

    func take(_ order: Order) async -> IntentResult {
        inner.withLock { inner in
            if let result = inner.done[order.id] { return result }
            let result = HTTPFakeEngine.judge(order.intent, inner.state)
            inner.orders.append(order)
            inner.done[order.id] = result
            return result
        }
    }

    private static func judge(_ intent: Intent, _ state: EngineState) -> IntentResult {
        func refused(_ code: String) -> IntentResult {
            .refused(Failure(code: code, side: .engine, message: "refused for the test", hint: "Try another."))
        }
        switch intent {
        case .runJob(let name), .cancelJob(let name), .pauseJob(let name), .resumeJob(let name), .skipNext(let name),
            .enableJob(let name, _):
            guard state.jobs.contains(where: { $0.name == name }) else { return refused("JOB_UNKNOWN") }
            return intent == .pauseJob(name: name) ? refused("NOT_RUNNING") : .accepted("as you say")
        case .answer(let number, let word):
            guard let request = state.requests.first(where: { $0.number == number }) else {
                return refused("REQUEST_UNKNOWN")
            }
            return request.answers.contains { $0.word == word } ? .accepted("answered") : refused("NO_ANSWER")
        case .claim(let number), .postpone(let number, _):
            return state.requests.contains { $0.number == number } ? .accepted("so be it") : refused("REQUEST_UNKNOWN")
        case .acknowledge(let alert, _), .snooze(let alert, _):
            return state.alerts.contains { $0.id == alert } ? .accepted("noted") : refused("ALERT_GONE")
        default: return .accepted("done")
        }
    }

    func ask(_ query: Query) async -> Answer {
        let state = inner.withLock { $0.state }
        switch query {
        case .findings: return .findings(.none)
        case .failures(_, let after, let limit):
            let all = state.copies.flatMap(\.failures).sorted { $0.id < $1.id }
            return .failures(Array(all.filter { after == nil || $0.id > after ?? $0.id }.prefix(limit)))
        case .log: return .log([])
        case .runs: return .runs([])
        case .jobRuns(let job, let before, let limit):
            let runs = state.jobs.filter { $0.name == job }.compactMap(\.lastRun)
            return .jobRuns(Array(runs.filter { before == nil || $0.startedAt < before ?? $0.startedAt }.prefix(limit)))
        case .jobLog(let run, let offset):
            guard state.jobs.contains(where: { $0.lastRun?.run == run }) else {
                return .refused(Failure(code: "RUN_UNKNOWN", side: .engine, message: "no such run"))
            }
            return .jobLog(JobLogPage(lines: offset == 0 ? ["one", "\"two\""] : [], next: 10, isEnd: true))
        case .firings: return .firings(state.firings)
        case .volumes: return .volumes(state.tape?.volumes ?? [])
        case .nextTape, .volumeContents, .tapeLook, .tapeEstimate: return .lines([])
        case .requestHistory: return .requestHistory([.closedSample])
        case .audit(let before, let limit):
            let entries = inner.withLock { $0.orders }.enumerated().map { index, order in
                AuditEntry(
                    number: Int64(index + 1), at: state.at, order: order, words: "tested", result: .accepted("done"))
            }
            return .audit(
                Array(entries.reversed().filter { $0.number < before ?? .max }.prefix(limit)))
        case .eventsSince(let number, let limit):
            return .events(Array(state.recentEvents.filter { $0.number > number }.prefix(limit)))
        }
    }
}

extension WallTime {
    /// 2026-10-04T14:00:00Z
    static let noon = WallTime(milliseconds: 1_791_122_400_000)
}

extension Request {
    static let closedSample: Request = {
        var request = Request(
            number: 3, kind: .confirm, jobs: ["nightly"], subject: "plan", what: "Larger than usual", why: "",
            answers: [RequestAnswer(word: "yes", meaning: "go on", isDangerous: true)],
            raisedAt: .noon.adding(seconds: -9000))
        request.state = .answered(
            word: "yes", by: Person(user: "ben", uid: 1000, via: "command line"), at: .noon.adding(seconds: -8000))
        return request
    }()
}

extension EngineState {
    /// One of everything, with a volume and a job that have hostile names.
    static let sample: EngineState = {
        var state = EngineState(
            sequence: 7, host: "vault", version: "0.4", startedAt: .noon.adding(seconds: -3600), at: .noon)
        state.jobs = [sampleJob, JobState(name: "dump", kind: .command)]
        state.copies = [sampleMirror]
        state.requests = [
            Request(
                number: 12, kind: .attachVolume, jobs: ["nightly"], subject: "uuid", what: "Attach \"cold\"\n",
                why: "away",
                answers: [RequestAnswer(word: "attached", meaning: "it is there")],
                raisedAt: .noon.adding(seconds: -90))
        ]
        let failure = Failure(
            code: "DESTINATION_FULL", side: .destination, message: "no space", subject: [0x2f, 0xff], errno: 28)
        state.alerts = [Alert(id: 4, severity: .error, raisedAt: .noon, subject: "cold", failure: failure)]
        var set = RecoverySetState(name: "blobs", priority: .critical, jobs: ["nightly"])
        (set.goal, set.restoreWithin, set.newestVerifiedAt) = (93_600, 7200, .noon.adding(seconds: -100))
        state.sets = [set, RecoverySetState(name: "never")]
        state.firings = [Firing(job: "nightly", at: .noon.adding(seconds: 43_200), expectedSeconds: 2.5)]
        state.consoles = [
            AttachedConsole(person: Person(user: "ben", uid: 1000, via: "pts/3"), since: .noon, isReadOnly: true)
        ]
        state.recentEvents = [
            Event(number: 41, at: .noon, severity: .warn, component: "copy", code: "STALLED", job: "cold", message: "!")
        ]
        return state
    }()

    private static let sampleJob: JobState = {
        var job = JobState(name: "nightly", kind: .mirrorRun)
        (job.phase, job.schedule, job.nextAt) = (.waiting(request: 12), "*-*-* 02:00", .noon.adding(seconds: 43_200))
        var run = JobRun(
            run: RunID(bits: 0xfeed), job: "nightly", kind: .mirrorRun, trigger: .schedule,
            startedAt: .noon.adding(seconds: -1000))
        (run.endedAt, run.result, run.done) = (
            .noon.adding(seconds: -900), .okWithWarnings, Amount(count: 3, bytes: 4096)
        )
        job.lastRun = run
        return job
    }()

    private static let sampleMirror: CopyState = {
        var copy = CopyState(name: "co\"ld\\\n", source: "/srv", target: "/mnt")
        copy.volume = VolumeState(uuid: "u", fileSystem: "ext4", isPresent: true, free: 5000, capacity: 10_000)
        (copy.phase, copy.run) = (.copying, RunID(bits: 1))
        copy.progress.thisRun = Amount(count: 2, bytes: 300)
        copy.progress.remaining = Amount(count: 5, bytes: 700)
        (copy.progress.retries, copy.rates.oneMinute, copy.rates.stalledFor) = (1, 12.5, 3)
        copy.eta = .seconds(60, low: 30, high: 90)
        copy.failures = [
            BlobFailure(
                id: .emptySHA256, size: 0, state: .sourceCorrupt, attempts: 1,
                failure: Failure(code: "HASH_MISMATCH", side: .source, message: "not its hash"), at: .noon)
        ]
        return copy
    }()
}
