import BackupModel
import Synchronization

/// What a mirror is doing, written by its workers and read by whoever draws; neither ever waits for the other.
package final class CopyGauges: Sendable {
    /// Workers that are shown; more than this are refused by the settings.
    package static let mostWorkers = 64

    private let slots: [WorkerSlot]
    private let slow = Mutex(CopyReading())
    private let workers = Atomic<Int>(0)
    let bytesCopied = Atomic<Int64>(0)
    let bytesProved = Atomic<Int64>(0)
    let commit = CallTimes()
    let retries = Atomic<Int>(0)
    private let clock: @Sendable () -> Int64
    private let idle = Mutex<(workers: Int, since: Int64, total: Int64)>((0, 0, 0))

    init(clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
        slots = (0..<Self.mostWorkers).map { WorkerSlot(number: $0, clock: clock) }
    }

    func now() -> Int64 { clock() }

    func slot(_ number: Int) -> WorkerSlot { slots[min(number, slots.count - 1)] }

    /// How many workers are shown.
    func show(workers count: Int) {
        let now = clock()
        workers.store(count, ordering: .relaxed)
        // Idle time is what all workers had, less what they were seen doing.
        idle.withLock { idle in
            idle.total += Int64(idle.workers) * (now - idle.since)
            idle.workers = count
            idle.since = now
        }
    }

    /// Changes what changes seldom.
    func set(_ body: (inout CopyReading) -> Void) { slow.withLock { body(&$0) } }

    var phase: CopyPhase {
        get { slow.withLock { $0.phase } }
        set { slow.withLock { $0.phase = newValue } }
    }

    /// A consistent enough picture: counters may differ by the calls of the moment.
    package func read() -> CopyReading {
        let now = clock()
        var reading = slow.withLock { $0 }
        reading.workers = slots[..<workers.load(ordering: .relaxed)].map { $0.read() }
        reading.bytesCopied = bytesCopied.load(ordering: .relaxed)
        reading.bytesProved = bytesProved.load(ordering: .relaxed)
        reading.retries = retries.load(ordering: .relaxed)
        for slot in slots { slot.calls.add(to: &reading.shares, now: now) }
        commit.add(to: &reading.shares, now: now)
        let had = idle.withLock { $0.total + Int64($0.workers) * (now - $0.since) }
        let busy = reading.shares.sourceRead + reading.shares.hash + reading.shares.targetWrite
        reading.shares.idle = max(0, had - busy - reading.shares.commit)
        return reading
    }
}

/// One worker's line on the screen.
final class WorkerSlot: Sendable {
    private struct Work {
        var activity = WorkerState.Activity.idle
        var blob: BlobID?
        var size: Int64 = 0
        var attempt = 0
        var startedAt: Int64 = 0
    }
    private let number: Int
    private let clock: @Sendable () -> Int64
    private let work = Mutex(Work())
    private let done = Atomic<Int64>(0)
    private let movedAt = Atomic<Int64>(0)
    let calls = CallTimes()

    init(number: Int, clock: @escaping @Sendable () -> Int64) {
        self.number = number
        self.clock = clock
    }

    func begin(_ activity: WorkerState.Activity, blob: BlobID, size: Int64, attempt: Int) {
        let now = clock()
        done.store(0, ordering: .relaxed)
        movedAt.store(now, ordering: .relaxed)
        work.withLock {
            let started = $0.blob == blob && attempt > 1 ? $0.startedAt : now
            $0 = Work(activity: activity, blob: blob, size: size, attempt: attempt, startedAt: started)
        }
    }

    func change(_ activity: WorkerState.Activity) {
        movedAt.store(clock(), ordering: .relaxed)
        work.withLock { $0.activity = activity }
    }

    /// `at` is the monotonic time the caller has at hand.
    func moved(_ bytes: Int, at: Int64) {
        done.add(Int64(bytes), ordering: .relaxed)
        movedAt.store(at, ordering: .relaxed)
    }

    func end() {
        work.withLock { $0 = Work() }
        done.store(0, ordering: .relaxed)
    }

    func read() -> CopyReading.Worker {
        let work = work.withLock { $0 }
        return CopyReading.Worker(
            number: number, activity: work.activity, blob: work.blob, size: work.size,
            done: done.load(ordering: .relaxed), attempt: work.attempt, startedAt: work.startedAt,
            movedAt: movedAt.load(ordering: .relaxed),
            side: work.activity == .readBack ? .destination : calls.side)
    }
}
