import BackupModel
import Synchronization

/// How what was begun ended.
enum RunOutcome: Hashable, Sendable {
    case ended(RunSummary)
    /// It could not begin or broke off: there is no summary, or only a lost one.
    case refused(Failure)
}

/// Room for one run at a time, and how the last one ended.
final class RunSlot: Sendable {
    enum Standing: Hashable, Sendable {
        case never, busy
        case over(RunOutcome)
    }

    private struct State {
        var standing = Standing.never
        var task: Task<Void, Never>?
        var isEndNoticed = true
    }
    private let state = Mutex(State())

    var standing: Standing { state.withLock { $0.standing } }
    var isBusy: Bool { standing == .busy }

    var outcome: RunOutcome? {
        guard case .over(let outcome) = standing else { return nil }
        return outcome
    }

    /// Begins `body`; the caller has seen that the slot is free.
    func begin(_ body: @escaping @Sendable () async -> RunOutcome) {
        state.withLock { state in
            state.standing = .busy
            state.task = Task { [self] in
                let outcome = await body()
                self.state.withLock {
                    $0.standing = .over(outcome)
                    $0.isEndNoticed = false
                }
            }
        }
    }

    /// True once after each end.
    func takeEndNotice() -> Bool {
        state.withLock { state in
            defer { state.isEndNoticed = true }
            return !state.isEndNoticed
        }
    }

    func wait() async { await state.withLock { $0.task }?.value }
}
