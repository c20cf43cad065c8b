import BackupCatalog
import BackupModel
import Synchronization

@testable import BackupEngine

/// A book of jobs, a clock that only moves when told, and what was decided so far.
struct JobBookStory {
    var book: JobBook
    var now = 1000.0
    var last: [JobDecision] = []
    private static let dice = Mutex<UInt64>(0)

    init(_ jobs: [JobSettings], slots: [String: [String]] = [:], atOnce: Int = 4, memories: [JobMemory] = []) {
        book = JobBook(jobs, slots: slots, memories: memories, atOnce: atOnce, at: JobBookStory.moment(1000))
    }

    static let epoch = WallTime(milliseconds: 1_760_000_000_000)

    static func moment(_ seconds: Double) -> JobMoment {
        JobMoment(wall: epoch.adding(seconds: seconds), seconds: seconds) {
            dice.withLock {
                $0 += 1
                return $0 &* 0x9e37_79b9_7f4a_7c15
            }
        }
    }

    var wall: WallTime { JobBookStory.epoch.adding(seconds: now) }

    /// One step; its decisions are in `last`.
    @discardableResult
    mutating func take(_ input: JobInput) throws(Failure) -> String {
        let words = try book.take(input, at: JobBookStory.moment(now))
        last = book.drainDecisions()
        return words
    }

    mutating func pass(_ seconds: Double) throws(Failure) {
        now += seconds
        try take(.tick)
    }

    mutating func due(_ name: String, _ trigger: JobTrigger = .schedule) throws(Failure) {
        try take(.due(name, at: wall, trigger))
    }

    mutating func end(_ name: String, _ result: JobResult, _ failure: Failure? = nil) throws(Failure) {
        guard let run = book.cards[name]?.active?.record.run else {
            throw Failure(code: "STORY", side: .engine, message: "\(name) does not run")
        }
        try take(.ended(run, JobOutcome(result, failure: failure)))
    }

    func phase(_ name: String) -> JobPhase? { book.cards[name]?.phase }
    func reason(_ name: String) -> String? { if case .queued(let reason)? = phase(name) { reason } else { nil } }
    func isRunning(_ name: String) -> Bool { book.cards[name]?.active != nil }

    /// Jobs that were begun in the last step.
    var begun: [String] { last.compactMap { if case .start(let run) = $0 { run.job } else { nil } } }

    /// Ends written in the last step.
    var over: [JobRun] { last.compactMap { if case .over(let run) = $0 { run } else { nil } } }

    var cancelled: [CancelReason] { last.compactMap { if case .cancel(_, let why) = $0 { why } else { nil } } }
}

/// A job with what a test cares for.
func job(
    _ name: String, after: [String] = [], _ when: ChainRule = .success, priority: Int = 50, resources: [String] = [],
    retries: Int = 0, schedule: String? = nil, timeout: Double? = nil
) -> JobSettings {
    var job = JobSettings(name: name, kind: .command)
    job.command = ["true"]
    job.after = after
    job.afterWhen = when
    job.priority = priority
    job.resources = resources
    job.retries = retries
    job.schedule = schedule
    job.timeout = timeout
    return job
}
