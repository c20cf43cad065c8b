import Synchronization

/// A person's hand on a run: from any thread.
package final class TapeRunControl: Sendable {
    private struct State {
        var isCancelled = false
        var isPaused = false
        var onCancel: [@Sendable () -> Void] = []
        var onPause: [@Sendable (Bool) -> Void] = []
    }
    private let state = Mutex(State())

    package init() {}

    package var isCancelled: Bool { state.withLock { $0.isCancelled } }
    package var isPaused: Bool { state.withLock { $0.isPaused } }

    /// The archive ends as void, the volume stays appendable.
    package func cancel() {
        let bodies = state.withLock { state in
            if state.isCancelled { return [@Sendable () -> Void]() }
            state.isCancelled = true
            defer { state.onCancel = [] }
            return state.onCancel
        }
        for body in bodies { body() }
    }

    /// The drive stops at the next block; the buffer fills and waits.
    package func pause(_ isOn: Bool) {
        let bodies = state.withLock { state in
            if state.isPaused == isOn { return [@Sendable (Bool) -> Void]() }
            state.isPaused = isOn
            return state.onPause
        }
        for body in bodies { body(isOn) }
    }

    /// Calls `body` once, when the run is cancelled; at once where it is already.
    package func onCancel(_ body: @escaping @Sendable () -> Void) {
        let isLate = state.withLock { state in
            if !state.isCancelled { state.onCancel.append(body) }
            return state.isCancelled
        }
        if isLate { body() }
    }

    /// Calls `body` with each change of the pause, and at once where it is on.
    package func onPause(_ body: @escaping @Sendable (Bool) -> Void) {
        let isOn = state.withLock { state in
            state.onPause.append(body)
            return state.isPaused
        }
        if isOn { body(true) }
    }
}
