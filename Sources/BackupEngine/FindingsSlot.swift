import BackupModel
import Synchronization

/// Room for one enrolment or dry run at a time, and what the last one found.
final class FindingsSlot: Sendable {
    private struct State {
        var findings = MirrorFindings.none
        var task: Task<Void, Never>?
        var isEndNoticed = true
    }
    private let state = Mutex(State())

    var findings: MirrorFindings { state.withLock { $0.findings } }
    var isBusy: Bool { findings == .underWay }

    /// Begins `body`; the caller has seen that the slot is free.
    func begin(_ body: @escaping @Sendable () async -> MirrorFindings) {
        state.withLock { state in
            state.findings = .underWay
            state.task = Task { [self] in
                let found = await body()
                self.state.withLock { ($0.findings, $0.isEndNoticed) = (found, false) }
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
