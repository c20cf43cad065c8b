import BackupModel

/// What only ever grows, counted from states that show a moment each: a pure value, fed with every state seen.
struct MetricsCounters: Hashable, Sendable {
    struct Mirror: Hashable, Sendable {
        var bytes: Int64 = 0
        var blobs = 0
        var retries = 0
        fileprivate var run: RunID?
        fileprivate var seen = Amount()
        fileprivate var seenRetries = 0
    }

    private(set) var runs: [String: [JobResult: Int]] = [:]
    private(set) var mirrors: [String: Mirror] = [:]
    private var lastRuns: [String: RunID] = [:]
    private var isFirst = true

    init() {}

    /// Counts what is new. Runs that ended before the first state count as nothing: they were another engine's.
    mutating func observe(_ state: EngineState) {
        for job in state.jobs { observe(job) }
        for copy in state.copies { observe(copy) }
        isFirst = false
    }

    private mutating func observe(_ job: JobState) {
        if runs[job.name] == nil { runs[job.name] = [:] }
        guard let last = job.lastRun, let result = last.result, lastRuns[job.name] != last.run else { return }
        lastRuns[job.name] = last.run
        if isFirst { return }
        runs[job.name, default: [:]][result, default: 0] += 1
    }

    private mutating func observe(_ copy: CopyState) {
        var mirror = mirrors[copy.name] ?? Mirror()
        let now = copy.progress.thisRun
        if mirror.run != copy.run {
            mirror.run = copy.run
            mirror.seen = Amount()
            mirror.seenRetries = 0
        }
        mirror.bytes += max(0, now.bytes - mirror.seen.bytes)
        mirror.blobs += max(0, now.count - mirror.seen.count)
        mirror.retries += max(0, copy.progress.retries - mirror.seenRetries)
        mirror.seen = Amount(count: max(now.count, mirror.seen.count), bytes: max(now.bytes, mirror.seen.bytes))
        mirror.seenRetries = max(copy.progress.retries, mirror.seenRetries)
        mirrors[copy.name] = mirror
    }
}
