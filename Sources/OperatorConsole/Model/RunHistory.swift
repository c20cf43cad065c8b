import BackupModel

/// The past runs of the job under the cursor, as far as they were asked for.
struct RunHistory: Hashable, Sendable {
    private(set) var job = ""
    /// Newest first.
    private(set) var runs: [JobRun] = []
    private(set) var reachedEnd = false
    /// The job's last run when its newest page was asked for.
    private var basis: RunID?
    private(set) var wasAnswered = false
    var position = ListPosition<RunID>()

    static let page = 50
    static let limit = 20_000

    var ids: LazyMapCollection<[JobRun], RunID> { runs.lazy.map(\.run) }

    /// Turns to a job, and asks anew when it has ended another run.
    mutating func absorb(_ state: JobState?) {
        guard let state else { return self = RunHistory() }
        if state.name != job {
            self = RunHistory()
            job = state.name
            basis = state.lastRun?.run
        } else if state.lastRun?.run != basis {
            basis = state.lastRun?.run
            reachedEnd = false
            wasAnswered = false
        }
    }

    /// The next question, or nil when all that is looked at is here.
    func wanted(height: Int) -> Query? {
        guard !job.isEmpty else { return nil }
        if !wasAnswered { return .jobRuns(job: job, before: nil, limit: RunHistory.page) }
        guard !reachedEnd, runs.count < RunHistory.limit, (position.index(in: ids) ?? 0) + height >= runs.count else {
            return nil
        }
        return .jobRuns(job: job, before: runs.last?.startedAt, limit: RunHistory.page)
    }

    mutating func append(_ page: [JobRun], before: WallTime?, limit: Int) {
        wasAnswered = true
        if before == nil {
            let fresh = Set(page.map(\.run))
            let overlaps = runs.contains { fresh.contains($0.run) }
            runs = overlaps ? page + runs.filter { !fresh.contains($0.run) } : page
            if !overlaps { reachedEnd = page.count < limit }
        } else {
            let known = Set(runs.map(\.run))
            runs += page.filter { !known.contains($0.run) }
            reachedEnd = page.count < limit
        }
        _ = position.settle(in: ids, keepsFirst: false)
    }
}

/// The kept log of one run, page by page.
package struct JobLogView: Hashable, Sendable {
    let run: RunID
    let job: String
    private(set) var lines: [String] = []
    /// Lines of the beginning that were let go, so that memory stays bounded.
    private(set) var dropped = 0
    private(set) var next: Int64 = 0
    private(set) var isEnd = false
    private(set) var failure: String?
    /// Shows the newest line and goes with it.
    var isFollowing: Bool
    var scroll = 0
    /// A running job's log is asked for again, but not before this.
    private(set) var asksAgainAt = 0.0

    static let limit = 20_000

    init(run: RunID, job: String, isFollowing: Bool) {
        self.run = run
        self.job = job
        self.isFollowing = isFollowing
    }

    func first(height: Int) -> Int {
        let last = max(0, lines.count - height)
        return isFollowing ? last : min(max(0, scroll), last)
    }

    func wanted(height: Int, at monotonic: Double) -> Query? {
        guard !isEnd, failure == nil, monotonic >= asksAgainAt else { return nil }
        guard isFollowing || first(height: height) + 2 * height >= lines.count else { return nil }
        return .jobLog(run: run, offset: next)
    }

    mutating func append(_ page: JobLogPage, at monotonic: Double) {
        // A page that does not get on holds nothing, whatever is in it: it is not asked for again at once.
        let isStill = page.next <= next
        if !isStill { lines += page.lines }
        if lines.count > JobLogView.limit {
            let surplus = lines.count - JobLogView.limit
            lines.removeFirst(surplus)
            dropped += surplus
            scroll = max(0, scroll - surplus)
        }
        next = page.next
        isEnd = page.isEnd
        if isStill { asksAgainAt = monotonic + 1 }
    }

    mutating func refuse(_ words: String) { failure = words }
}
