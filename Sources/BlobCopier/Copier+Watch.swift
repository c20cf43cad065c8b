import BackupModel
import WorkerKit

extension Copier {
    /// Looks after a copying session: batch age, stalls, the volume's identity, suspends, steering.
    func watch(_ session: CopySession, _ queue: CopyQueue) async {
        var watcher = Watcher(pace: pace, now: time.monotonic())
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(pace.tick))
            let now = time.monotonic()
            let limits = control.limits
            if limits.workers != watcher.workers {
                watcher.workers = limits.workers
                gauges.show(workers: limits.workers)
                session.pool.resize(to: limits.workers)
            }
            let isPaused = control.isPaused
            if session.listing != .goesOn || isPaused { gauges.phase = isPaused ? .paused : .copying }
            tell(watcher.stalls(gauges.read().workers, isPaused: isPaused, now: now), now: now)
            if watcher.mustCheckVolume(now: now), let trouble = await recheck(session) { session.halt(queue, trouble) }
            if watcher.mustAbandon(isStopping: control.isStopping, now: now) { queue.abandonWorkers() }
            // Batches close by age too, and a feeder may wait for the end of a pause.
            queue.commit.signal()
            queue.feed.signal()
        }
        // Workers that were given up hang still.
        if watcher.isStalled, !queue.with({ $0.isAbandoned }) { tell(.resumed, now: time.monotonic()) }
    }

    private func tell(_ news: Watcher.StallNews, now: Int64) {
        switch news {
        case .none: break
        case .stalled(let worker, let count):
            let who = count == 1 ? "worker \(worker.number) waits" : "\(count) workers wait, the longest"
            let failure = Failure(
                code: "WORKER_STALLED", side: worker.side,
                message:
                    "\(who) for \(worker.blob?.short ?? "a file") since \(Int(Double(now - worker.movedAt) / 1e9)) s",
                subject: worker.blob?.hex ?? [],
                hint: "Look at the kernel's log (dmesg) for resets of the drive; the run goes on when it answers.",
                isTransient: true)
            report(.warn, failure.code, failure.message, failure)
        case .resumed: report(.info, "WORKER_RESUMED", "every worker goes on")
        }
    }

    private func recheck(_ session: CopySession) async -> Trouble? {
        let gate = session.target.gate
        do throws(Failure) {
            try await blockingThrowing("volume") { () throws(Failure) in try gate.renew() }
            return nil
        } catch { return .of(error) }
    }
}

/// What the passing of time means for a run.
struct Watcher: Hashable, Sendable {
    private let pace: CopyPace
    private var checkedAt: Int64
    private var tickedAt: Int64
    private var stoppingSince: Int64?
    /// From the first worker that stalls until none does.
    private(set) var isStalled = false
    var workers = 0

    enum StallNews: Hashable, Sendable {
        case none
        /// The worker that waits longest, and how many wait.
        case stalled(CopyReading.Worker, count: Int)
        case resumed
    }

    init(pace: CopyPace, now: Int64) {
        self.pace = pace
        checkedAt = now
        tickedAt = now
    }

    /// Whether workers are in calls that do not return (A24): told once, however many follow, and once when all are
    /// back. A pause changes nothing.
    mutating func stalls(_ workers: [CopyReading.Worker], isPaused: Bool, now: Int64) -> StallNews {
        guard !isPaused else { return .none }
        let waiting = workers.filter { worker in
            [.copying, .readBack].contains(worker.activity) && Double(now - worker.movedAt) / 1e9 >= pace.stall
        }
        let was = isStalled
        isStalled = !waiting.isEmpty
        guard let longest = waiting.min(by: { $0.movedAt < $1.movedAt }) else { return was ? .resumed : .none }
        return was ? .none : .stalled(longest, count: waiting.count)
    }

    /// Every minute, and after a gap that can only be a suspend (A12, A28).
    mutating func mustCheckVolume(now: Int64) -> Bool {
        defer { tickedAt = now }
        let slept = Double(now - tickedAt) / 1e9 > max(10, 20 * pace.tick)
        guard slept || Double(now - checkedAt) / 1e9 >= pace.guardCheck else { return false }
        checkedAt = now
        return true
    }

    /// The stop has waited long enough for calls that hang (B29).
    mutating func mustAbandon(isStopping: Bool, now: Int64) -> Bool {
        guard isStopping else { return false }
        let since = stoppingSince ?? now
        stoppingSince = since
        return Double(now - since) / 1e9 >= pace.stop + 2 * pace.tick
    }
}
