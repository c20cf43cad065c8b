import BackupModel
import Synchronization
import WorkerKit

/// Threads that copy and prove blobs, each with a bench of its own: buffer and hasher.
///
/// Proving goes before copying, so that a written batch is settled soon. A thread that hangs in the kernel is left
/// there; the others go on (A24).
final class WorkerPool: Sendable {
    typealias Job = @Sendable (Bench) -> Void

    private struct State {
        var urgent: [Job] = []
        var normal: [Job] = []
        var wanted = 0
        /// Numbers of the threads that run.
        var alive: Set<Int> = []
        /// Calls to make when the last thread has gone.
        var onEmpty: (@Sendable () -> Void)?
    }
    private let state = Monitor(State())
    private let hash: HashKind
    private let gauges: CopyGauges

    init(hash: HashKind, gauges: CopyGauges) {
        self.hash = hash
        self.gauges = gauges
    }

    /// Starts or retires threads until there are `count`.
    func resize(to count: Int) {
        let missing = state.change { state -> [Int] in
            state.wanted = count
            let missing = (0..<count).filter { !state.alive.contains($0) }
            state.alive.formUnion(missing)
            return missing
        }
        for number in missing { start(number) }
    }

    /// Runs `body` for 0..<count on the workers and returns when all have ended. At most `lanes` workers take part.
    func perform(_ count: Int, lanes: Int? = nil, _ body: @escaping @Sendable (Int, Bench) -> Void) async {
        guard count > 0 else { return }
        await withCheckedContinuation { continuation in
            let shared = Countdown(count) { continuation.resume() }
            let taken = Numbers()
            let job: Job = { bench in
                repeat {
                    guard let index = taken.next(below: count) else { return }
                    body(index, bench)
                    shared.down()
                } while lanes != nil
            }
            add([Job](repeating: job, count: min(count, lanes ?? count)), urgent: true)
        }
    }

    func add(_ jobs: [Job], urgent: Bool) {
        // Taken from the end: the first to come is the last in the array.
        state.change { state in
            if urgent {
                state.urgent.insert(contentsOf: jobs.reversed(), at: 0)
            } else {
                state.normal.insert(contentsOf: jobs.reversed(), at: 0)
            }
        }
    }

    /// Ends the threads once their queue is empty, or leaves those that hang after `patience` seconds.
    func close(patience: Double) async {
        await withCheckedContinuation { continuation in
            let once = Countdown(1) { continuation.resume() }
            let isEmpty = state.change { state -> Bool in
                state.wanted = 0
                state.onEmpty = { once.down() }
                return state.alive.isEmpty
            }
            if isEmpty { once.down() }
            Task {
                try? await Task.sleep(for: .seconds(patience))
                once.down()
            }
        }
    }

    private func start(_ number: Int) {
        Task {
            do {
                try await runBlocking(name: "copy \(number)") { [self] in work(number) }
            } catch {
                // No thread, or no hash: the rest of the pool does the work.
                left(number)
            }
        }
    }

    private func work(_ number: Int) {
        guard let bench = try? Bench(number: number, hash: hash, gauges: gauges) else { return left(number) }
        while let job = next(number) {
            job(bench)
            bench.slot.end()
        }
        left(number)
    }

    private func left(_ number: Int) {
        let call = state.change { state -> (@Sendable () -> Void)? in
            state.alive.remove(number)
            return state.alive.isEmpty ? state.onEmpty : nil
        }
        call?()
    }

    /// The next job, or nil when this thread is to end.
    private func next(_ number: Int) -> Job? {
        state.wait { state -> Job?? in
            // The last threads to go do what is left.
            if number >= state.wanted, state.wanted > 0 || (state.urgent.isEmpty && state.normal.isEmpty) {
                // Here, so that a thread wanted again meanwhile is started again.
                state.alive.remove(number)
                return .some(nil)
            }
            if let job = state.urgent.popLast() ?? state.normal.popLast() { return .some(job) }
            return nil
        }
    }
}

/// Hands out numbers from zero on, each once.
private final class Numbers: Sendable {
    private let taken = Atomic(0)

    func next(below end: Int) -> Int? {
        let number = taken.add(1, ordering: .relaxed).oldValue
        return number < end ? number : nil
    }
}

/// Calls once when it reaches zero; later steps are nothing.
final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let then: @Sendable () -> Void

    init(_ count: Int, _ then: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.then = then
    }

    func down() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { then() }
    }
}
