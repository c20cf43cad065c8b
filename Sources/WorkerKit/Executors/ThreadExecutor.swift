import Glibc
import Synchronization

/// A serial executor with one thread of its own, for an actor whose calls block.
///
/// The thread ends when the last reference is gone and its queue is empty, so an actor that holds the executor as a
/// stored constant needs no shutdown.
package final class ThreadExecutor: SerialExecutor, TaskExecutor {
    private let queue: JobQueue

    /// Throws `ThreadError` when no thread can be started. `name` shows in `top -H`.
    package init(name: String) throws(ThreadError) {
        let queue = JobQueue()
        self.queue = queue
        try WorkerThread.start(name: name) { queue.run() }
    }

    deinit { queue.close() }

    package func enqueue(_ job: consuming ExecutorJob) {
        queue.append(
            QueuedJob(
                job: UnownedJob(job), serial: asUnownedSerialExecutor(), task: asUnownedTaskExecutor(), owner: self))
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    package func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }

    /// Whether the caller runs on this executor's thread.
    package func checkIsolated() { precondition(queue.isOwnThread, "not on the executor's thread") }
}

private struct QueuedJob {
    let job: UnownedJob
    let serial: UnownedSerialExecutor
    let task: UnownedTaskExecutor
    /// Keeps the executor alive until the job has run.
    let owner: ThreadExecutor
}

/// Jobs in order of arrival, and the thread's wait for them.
private final class JobQueue: Sendable {
    private struct State {
        var jobs: [QueuedJob] = []
        var isClosed = false
        var thread: pthread_t?
    }
    private let state = Mutex(State())
    private let wake = Semaphore()

    var isOwnThread: Bool {
        let me = pthread_self()
        return state.withLock { $0.thread.map { pthread_equal($0, me) != 0 } ?? false }
    }

    func append(_ job: QueuedJob) {
        state.withLock { $0.jobs.append(job) }
        wake.signal()
    }

    func close() {
        state.withLock { $0.isClosed = true }
        wake.signal()
    }

    func run() {
        state.withLock { $0.thread = pthread_self() }
        while true {
            wake.wait()
            let (jobs, isClosed) = state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isClosed)
            }
            for queued in jobs {
                queued.job.runSynchronously(isolatedTo: queued.serial, taskExecutor: queued.task)
            }
            if isClosed, jobs.isEmpty { return }
        }
    }
}
