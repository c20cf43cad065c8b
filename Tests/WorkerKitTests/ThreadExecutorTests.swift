import Foundation
import Synchronization
import Testing
import WorkerKit

private actor Blocker {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    init(_ name: String) throws { executor = try ThreadExecutor(name: name) }

    func threadName() -> String {
        preconditionIsolated()
        return (try? String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)) ?? ""
    }

    func block(seconds: Double) { Thread.sleep(forTimeInterval: seconds) }
}

@Suite("Threads for calls that block")
struct ThreadExecutorTests {
    @Test("An actor runs on its own named thread")
    func ownThread() async throws {
        let blocker = try Blocker("copier 3")
        #expect(await blocker.threadName() == "copier 3\n")
    }

    @Test("A24 calls that hang on many actors leave the shared pool free", .timeLimit(.minutes(1)))
    func poolStaysFree() async throws {
        let release = Mutex(false)
        let reached = Atomic(0)
        // Far more hanging calls than the pool has threads; were they on it, nobody could release them.
        async let hanging = runBlocking(count: 32, name: "hang") { number in
            reached.add(1, ordering: .relaxed)
            while !release.withLock({ $0 }) { Thread.sleep(forTimeInterval: 0.001) }
            return number
        }
        while reached.load(ordering: .relaxed) < 32 { await Task.yield() }
        release.withLock { $0 = true }
        #expect(try await hanging == Array(0..<32))
    }

    @Test("The first error of many loops is thrown after all have ended")
    func errors() async throws {
        struct Broken: Error, Equatable { let number: Int }
        let ended = Atomic(0)
        await #expect(throws: Broken(number: 2)) {
            try await runBlocking(count: 5, name: "loop") { number in
                ended.add(1, ordering: .relaxed)
                if number >= 2 { throw Broken(number: number) }
            }
        }
        #expect(ended.load(ordering: .relaxed) == 5)
    }

    @Test("Threads end with their executors", .timeLimit(.minutes(1)))
    func threadsEnd() async throws {
        func count() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").filter {
                (try? String(contentsOfFile: "/proc/self/task/\($0)/comm", encoding: .utf8)) == "short-lived\n"
            }.count
        }
        for _ in 0..<50 {
            let blocker = try Blocker("short-lived")
            await blocker.block(seconds: 0)
        }
        while try count() > 0 { await Task.yield() }
    }
}
