package import BackupModel
import Glibc
import Synchronization

/// One way in which file calls go wrong, and for which calls.
package struct FaultRule: Sendable {
    package enum Effect: Hashable, Sendable {
        /// Not done, and answered with this errno. A failing `close` closes all the same, as the kernel does.
        case fail(Int32)
        /// Done, and answered with this errno all the same.
        case failAfterwards(Int32)
        /// A read or write of at most so many bytes.
        case short(Int)
        case delay(seconds: Double)
        /// Waits for `FaultPlan.release()`, as a dead device does.
        case hang
        /// The first byte of every read is inverted: the content no longer has its hash.
        case flip
    }

    package var effect: Effect
    /// Any operation when empty.
    package var operations: Set<FileOperation>
    package var side: Side?
    /// Judges the path that the call or its descriptor's `open` had; nil for any.
    package var path: (@Sendable (PathBytes) -> Bool)?
    /// The first of the matching calls that goes wrong, counted from 1.
    package var from: Int
    /// How many of them go wrong; nil for all from there on.
    package var times: Int?

    package init(
        _ effect: Effect, _ operations: Set<FileOperation> = [], side: Side? = nil, from: Int = 1, times: Int? = 1,
        path: (@Sendable (PathBytes) -> Bool)? = nil
    ) {
        self.effect = effect
        self.operations = operations
        self.side = side
        self.path = path
        self.from = from
        self.times = times
    }

    func concerns(_ call: JournaledCall) -> Bool {
        (operations.isEmpty || operations.contains(call.operation)) && (side == nil || side == call.side)
            && (path?(call.path) ?? true)
    }

    func strikes(_ number: Int) -> Bool { number >= from && (times.map { number < from + $0 } ?? true) }
}

/// A file call that was made.
package struct JournaledCall: Hashable, Sendable {
    package var operation: FileOperation
    package var side: Side
    /// As given, or as the descriptor was opened.
    package var path: PathBytes

    package init(_ operation: FileOperation, _ side: Side, _ path: PathBytes) {
        self.operation = operation
        self.side = side
        self.path = path
    }
}

/// What goes wrong in a run, shared by the files of all sides; it counts calls and open descriptors too.
package final class FaultPlan: Sendable {
    private struct State {
        var rules: [FaultRule]
        var seen: [Int]
        var calls = 0
        var struck = 0
        var journal: [JournaledCall]?
        var open: [Int32: PathBytes] = [:]
        var isReleased = false
        var hanging: [Semaphore] = []
    }
    private let state: Mutex<State>

    package init(_ rules: [FaultRule] = [], keepsJournal: Bool = false) {
        state = Mutex(
            State(rules: rules, seen: rules.map { _ in 0 }, journal: keepsJournal ? [] : nil))
    }

    /// The N-th call of all, counted over every side, fails: once, or from there on.
    package convenience init(failing number: Int, errno: Int32, sticky: Bool = false) {
        self.init([FaultRule(.fail(errno), from: number, times: sticky ? nil : 1)])
    }

    /// Calls so far; the highest N that a sweep needs.
    package var calls: Int { state.withLock { $0.calls } }
    /// How often a rule changed a call.
    package var struck: Int { state.withLock { $0.struck } }
    package var journal: [JournaledCall] { state.withLock { $0.journal ?? [] } }
    /// Paths of the descriptors that were opened and not yet closed, for tests that look for leaks.
    package var openPaths: [PathBytes] { state.withLock { Array($0.open.values) } }
    /// Calls that hang at this moment.
    package var hangingCalls: Int { state.withLock { $0.hanging.count } }

    package func add(_ rule: FaultRule) {
        state.withLock {
            $0.rules.append(rule)
            $0.seen.append(0)
        }
    }

    /// Ends all faults.
    package func clear() {
        state.withLock {
            $0.rules = []
            $0.seen = []
        }
        release()
    }

    /// Lets hanging calls go on, and later ones pass.
    package func release() {
        let waiting = state.withLock { state in
            state.isReleased = true
            defer { state.hanging = [] }
            return state.hanging
        }
        for semaphore in waiting { semaphore.signal() }
    }

    func effects(on call: JournaledCall) -> [FaultRule.Effect] {
        state.withLock { state in
            state.calls += 1
            state.journal?.append(call)
            var effects: [FaultRule.Effect] = []
            for (index, rule) in state.rules.enumerated() where rule.concerns(call) {
                state.seen[index] += 1
                if rule.strikes(state.seen[index]) { effects.append(rule.effect) }
            }
            state.struck += effects.count
            return effects
        }
    }

    func path(of file: Descriptor) -> PathBytes { state.withLock { $0.open[file.raw] ?? PathBytes([]) } }
    func opened(_ file: Descriptor, _ path: PathBytes) { state.withLock { $0.open[file.raw] = path } }
    func closed(_ file: Descriptor) { state.withLock { $0.open[file.raw] = nil } }

    func hang() {
        let semaphore = Semaphore()
        let mustWait = state.withLock { state in
            if !state.isReleased { state.hanging.append(semaphore) }
            return !state.isReleased
        }
        if mustWait { semaphore.wait() }
    }
}
