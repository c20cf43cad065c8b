import CLinux
import Glibc

/// One detached thread with a name of its own, for calls that block.
///
/// Swift's cooperative pool has a thread per core; a disk that hangs would take the whole program with it (A24).
package enum WorkerThread {
    /// Starts a thread that runs `body` and ends. `name` shows in `top -H`, cut to 15 bytes by the kernel.
    ///
    /// Throws the errno of `pthread_create`, for instance EAGAIN when the limit of threads is reached.
    package static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(ThreadError) {
        let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        // Enough for SQLite and the copy loop, and little enough for 64 workers.
        pthread_attr_setstacksize(&attributes, 1 << 20)
        var thread = pthread_t()
        let result = pthread_create(&thread, &attributes, threadMain, start.toOpaque())
        guard result == 0 else {
            start.release()
            throw ThreadError(errno: result)
        }
    }
}

/// A thread could not be started.
package struct ThreadError: Error, Hashable {
    package var errno: Int32
}

private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}

private func threadMain(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    guard let argument else { return nil }
    let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
    clinux_set_thread_name(start.name)
    start.body()
    return nil
}

/// Runs a body that blocks on a thread of its own and waits for its end without blocking the caller's executor.
///
/// Cancellation is not seen by `body`: give it something to look at. Throws what `body` throws, or `ThreadError`.
package func runBlocking<T: Sendable>(
    name: String, _ body: @escaping @Sendable () throws -> T
) async throws -> T {
    try await withUnsafeThrowingContinuation { continuation in
        do {
            try WorkerThread.start(name: name) { continuation.resume(with: Result { try body() }) }
        } catch {
            continuation.resume(throwing: error)
        }
    }
}

/// Runs `count` blocking loops, each on a thread of its own, and returns when all have ended.
///
/// Their results come in order of their number. When one throws, the others still run to their end; the first error in
/// order of number is thrown then.
package func runBlocking<T: Sendable>(
    count: Int, name: String, _ body: @escaping @Sendable (Int) throws -> T
) async throws -> [T] {
    let results = await withTaskGroup(of: (Int, Result<T, any Error>).self) { group in
        for number in 0..<count {
            group.addTask {
                do {
                    return (number, .success(try await runBlocking(name: "\(name) \(number)") { try body(number) }))
                } catch { return (number, .failure(error)) }
            }
        }
        return await group.reduce(into: [Int: Result<T, any Error>]()) { $0[$1.0] = $1.1 }
    }
    return try (0..<count).compactMap { try results[$0]?.get() }
}
