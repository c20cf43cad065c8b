import BackupModel
import Glibc
import Synchronization

/// What an operator and the run itself tell the workers, looked at between two reads.
final class CopyControl: Sendable {
    private struct State {
        var isPaused = false
        var stoppedAt: Int64?
        var limits: CopyLimits
        var limiter: RateLimiter
    }
    private let state: Mutex<State>
    /// Set while the run cannot go on: every blob in hand is given back.
    private let halted = Atomic(false)
    /// Paused, stopping or limited: the slow path of `mayGoOn`.
    private let isRestrained: Atomic<Bool>
    private let clock: @Sendable () -> Int64
    private let patience: Int64

    init(limits: CopyLimits, pace: CopyPace, clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
        patience = Int64(pace.stop * 1e9)
        state = Mutex(State(limits: limits, limiter: RateLimiter(bytesPerSecond: limits.rate)))
        isRestrained = Atomic(limits.rate != nil)
    }

    var limits: CopyLimits { state.withLock { $0.limits } }
    var isPaused: Bool { state.withLock { $0.isPaused } }
    var isStopping: Bool { state.withLock { $0.stoppedAt != nil } }
    var isHalted: Bool { halted.load(ordering: .acquiring) }

    func pause() { change { $0.isPaused = true } }
    func resume() { change { $0.isPaused = false } }
    func stop() { change { $0.stoppedAt = $0.stoppedAt ?? clock() } }
    func halt() { halted.store(true, ordering: .releasing) }
    func unhalt() { halted.store(false, ordering: .releasing) }

    /// A new run begins: a stop was meant for the last one.
    func begin(_ limits: CopyLimits) {
        unhalt()
        change {
            $0.stoppedAt = nil
            $0.isPaused = false
            $0.limits = limits
            $0.limiter = RateLimiter(bytesPerSecond: limits.rate)
        }
    }

    /// Zero workers or batch means: as it is.
    func limit(_ limits: CopyLimits) {
        change {
            if limits.workers > 0 { $0.limits.workers = min(limits.workers, CopyGauges.mostWorkers) }
            if limits.batch > 0 { $0.limits.batch = limits.batch }
            $0.limits.readBack = limits.readBack
            $0.limits.rate = limits.rate
            $0.limiter.change(to: limits.rate)
        }
    }

    private func change(_ body: (inout State) -> Void) {
        state.withLock {
            body(&$0)
            let restrained = $0.isPaused || $0.stoppedAt != nil || $0.limiter.bytesPerSecond != nil
            isRestrained.store(restrained, ordering: .releasing)
        }
    }

    /// Whether a worker takes another blob: waits while paused, says no when the run ends.
    func mayBegin() -> Bool {
        while true {
            if isHalted { return false }
            guard isRestrained.load(ordering: .acquiring) else { return true }
            let (isPaused, isStopping) = state.withLock { ($0.isPaused, $0.stoppedAt != nil) }
            if isStopping { return false }
            if !isPaused { return true }
            usleep(20_000)
        }
    }

    /// Called after each piece of a blob: waits while paused or over the rate; false when the blob is to be given up.
    func mayGoOn(after bytes: Int) -> Bool {
        if isHalted { return false }
        guard isRestrained.load(ordering: .acquiring) else { return true }
        var owed = state.withLock { $0.limiter.take(bytes, now: clock()) }
        while true {
            let (isPaused, stoppedAt) = state.withLock { ($0.isPaused, $0.stoppedAt) }
            if isHalted { return false }
            if let stoppedAt { return clock() - stoppedAt < patience }
            if !isPaused && owed <= 0 { return true }
            let nap = isPaused ? 0.02 : min(owed, 0.02)
            usleep(UInt32(nap * 1e6))
            if !isPaused { owed -= nap }
        }
    }

    /// Sleeps before a retry; false when the run ends meanwhile.
    func rest(seconds: Double) -> Bool {
        let end = clock() + Int64(seconds * 1e9)
        while clock() < end {
            if isHalted || isStopping { return false }
            usleep(UInt32(min(seconds, 0.02) * 1e6) + 1)
        }
        return true
    }
}
