package import BackupModel
import CLinux
import Glibc

/// A program to run to its end, by argument vector; no shell is ever between.
package struct ChildCommand: Hashable, Sendable {
    /// The program, by absolute path or found in `PATH`, and its arguments. No secrets: they show in `ps`.
    package var arguments: [String]
    /// All the child gets, beside `PATH` and `LANG`.
    package var environment: [String: String]
    /// Seconds until it is asked to end.
    package var timeout: Double
    /// Seconds from SIGTERM to SIGKILL, which goes to its whole group.
    package var patience: Double = 10
    /// Written to the child's environment, so that what a dead engine left can be found (B26).
    package var run: String

    package init(_ arguments: [String], environment: [String: String] = [:], timeout: Double = 60, run: String = "") {
        self.arguments = arguments
        self.environment = environment
        self.timeout = timeout
        self.run = run
    }
}

/// How a child ended and what it said.
package struct ChildResult: Hashable, Sendable {
    package enum End: Hashable, Sendable { case exited(Int32), signalled(Int32) }

    package var end: End
    package var output: ChildStream
    package var errors: ChildStream
    package var timedOut: Bool

    package var isSuccess: Bool { end == .exited(0) && !timedOut }
}

/// The last 1 MiB of a stream; the rest was read and dropped, so that the child never waits for us.
package struct ChildStream: Hashable, Sendable {
    package static let limit = 1 << 20
    package private(set) var bytes: [UInt8] = []
    package private(set) var dropped = 0

    mutating func append(_ more: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: more)
        // Trimmed in halves, so that a long stream costs no more than its length.
        if bytes.count >= 2 * Self.limit { trim() }
    }

    mutating func trim() {
        let excess = bytes.count - Self.limit
        guard excess > 0 else { return }
        bytes.removeFirst(excess)
        dropped += excess
    }
}

extension ChildCommand {
    static let runVariable = "HOLDFAST_RUN"
    /// Runs the program in a process group of its own and waits for it. Throws when it cannot be started.
    ///
    /// It dies with us: `setpriv --pdeathsig` where there is one. Any descriptors but the first three are closed.
    package func run(
        _ reins: ChildReins? = nil, listener: ChildListener? = nil
    ) async throws(Failure) -> ChildResult {
        do {
            let child = try await ChildSpawner.start(self)
            return try await runBlocking(name: "child") {
                child.wait(timeout: timeout, patience: patience, reins: reins, listener: listener)
            }
        } catch {
            throw (error as? Failure)
                ?? Failure(code: "NO_THREAD", side: .engine, message: "no thread can be started", isTransient: true)
        }
    }

    /// The same on this thread, which waits for the end; for threads that may block.
    package func runHere() throws(Failure) -> ChildResult {
        try RunningChild(self).wait(timeout: timeout, patience: patience)
    }

    /// The argument vector with the death signal's in front.
    func vector(program: String, setpriv: String?) -> [String] {
        (setpriv.map { [$0, "--pdeathsig", "KILL", "--"] } ?? []) + [program] + arguments.dropFirst()
    }

    func variables(path: String) -> [String] {
        var all = ["PATH": path, "LANG": "C.UTF-8"]
        if !run.isEmpty { all[Self.runVariable] = run }
        all.merge(environment) { $1 }
        return all.map { "\($0)=\($1)" }.sorted()
    }
}

/// Starts all children from one thread that never ends: the death signal is tied to the thread that spawned.
private enum ChildSpawner {
    static let executor = try? ThreadExecutor(name: "spawner")

    static func start(_ command: ChildCommand) async throws -> RunningChild {
        guard let executor else { throw ThreadError(errno: EAGAIN) }
        return try await withTaskExecutorPreference(executor) { try await spawn(command) }
    }

    @concurrent private static func spawn(_ command: ChildCommand) async throws -> RunningChild {
        try RunningChild(command)
    }
}
