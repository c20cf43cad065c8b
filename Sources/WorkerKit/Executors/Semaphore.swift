import CLinux
import Glibc

/// A counting semaphore of the kernel's, for threads that may block.
package final class Semaphore: Sendable {
    // nonisolated(unsafe): the memory never moves and sem_post/sem_wait are made for many threads.
    private nonisolated(unsafe) let raw: UnsafeMutablePointer<sem_t>

    package init() {
        raw = .allocate(capacity: 1)
        raw.initialize(to: sem_t())
        sem_init(raw, 0, 0)
    }

    deinit {
        sem_destroy(raw)
        raw.deallocate()
    }

    package func signal() { sem_post(raw) }
    package func wait() { while sem_wait(raw) != 0 {} }

    /// False when the time is over first.
    @discardableResult
    package func wait(seconds: Double) -> Bool {
        clinux_semaphore_wait(raw, Int64(min(max(0, seconds), 1e9) * 1e9)) == 0
    }
}
