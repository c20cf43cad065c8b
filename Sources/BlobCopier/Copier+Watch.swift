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
            gauges.phase = isPaused ? .paused : .copying
            for worker in watcher.stalled(gauges.read().workers, isPaused: isPaused, now: now) {
                report(
                    .warn, "WORKER_STALLED",
                    "worker \(worker.number) waits for \(worker.blob?.short ?? "a file") since "
                        + "\(Int(Double(now - worker.movedAt) / 1e9)) s")
            }
            if watcher.mustCheckVolume(now: now), let trouble = await recheck(session) { session.halt(queue, trouble) }
            if watcher.mustAbandon(isStopping: control.isStopping, now: now) { queue.abandonWorkers() }
            // Batches close by age too, and a feeder may wait for the end of a pause.
            queue.commit.signal()
            queue.feed.signal()
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
    /// Worker and start of the blob whose stall was told.
    private var told: [Int: Int64] = [:]
    var workers = 0

    init(pace: CopyPace, now: Int64) {
        self.pace = pace
        checkedAt = now
        tickedAt = now
    }

    /// Workers that newly count as stalled: in a call that does not return (A24).
    mutating func stalled(_ workers: [CopyReading.Worker], isPaused: Bool, now: Int64) -> [CopyReading.Worker] {
        guard !isPaused else { return [] }
        let new = workers.filter { worker in
            [.copying, .readBack].contains(worker.activity) && told[worker.number] != worker.startedAt
                && Double(now - worker.movedAt) / 1e9 >= pace.stall
        }
        for worker in new { told[worker.number] = worker.startedAt }
        return new
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
