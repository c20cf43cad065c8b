import Glibc
import Synchronization

/// Steers a child from elsewhere, while a thread waits for it; told before the child began, it obeys at once.
package final class ChildReins: Sendable {
    private struct State {
        var isStopped = false
        var isPaused = false
        var group: pid_t = 0
    }
    private let state = Mutex(State())

    package init() {}

    package var isStopped: Bool { state.withLock { $0.isStopped } }
    package var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Asks its whole group to end; it is killed when its patience is over.
    package func stop() { state.withLock { $0.isStopped = true } }

    /// Stops its group where it stands (SIGSTOP) and lets it go on.
    package func pause(_ isPaused: Bool) {
        state.withLock { state in
            state.isPaused = isPaused
            // Under the lock: the group's number must not be another's by now.
            if state.group > 0 { kill(-state.group, isPaused ? SIGSTOP : SIGCONT) }
        }
    }

    func took(_ pid: pid_t) {
        state.withLock { state in
            state.group = pid
            if state.isPaused { kill(-pid, SIGSTOP) }
        }
    }

    /// Called before the child is reaped.
    func letGo() { state.withLock { $0.group = 0 } }
}

/// A piece of what a child says, as it says it; called on the thread that waits for it.
package typealias ChildListener = @Sendable (_ isError: Bool, UnsafeRawBufferPointer) -> Void
