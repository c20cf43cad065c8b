import BackupModel
import CLinux
import Glibc

/// A started child and our ends of its streams; used by one thread.
struct RunningChild: Sendable {
    let pid: pid_t
    let output: Int32
    let errors: Int32
    private let pidfd: Int32

    init(_ command: ChildCommand) throws(Failure) {
        try self.init(command, input: -1)
    }

    /// `input`: what the child reads; the caller closes it.
    init(_ command: ChildCommand, input: Int32) throws(Failure) {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/sbin:/usr/bin:/sbin:/bin"
        guard let program = command.arguments.first, let found = Self.find(program, path) else {
            throw Self.failure(command, ENOENT)
        }
        var out: [Int32] = [0, 0]
        var err: [Int32] = [0, 0]
        var result = clinux_pipe(&out)
        guard result == 0 else { throw Self.failure(command, -result) }
        result = clinux_pipe(&err)
        guard result == 0 else {
            Self.close(out)
            throw Self.failure(command, -result)
        }
        let arguments = command.vector(program: found, setpriv: Self.find("setpriv", path))
        result = Self.spawn(arguments, command.variables(path: path), input, out[1], err[1])
        Self.close([out[1], err[1]])
        guard result > 0 else {
            Self.close([out[0], err[0]])
            throw Self.failure(command, -result)
        }
        pid = result
        output = out[0]
        errors = err[0]
        pidfd = clinux_pidfd(pid)
    }

    /// Drains both streams until the child has ended, and gives its group no more time than it has.
    func wait(
        timeout: Double, patience: Double, reins: ChildReins? = nil, listener: ChildListener? = nil
    ) -> ChildResult {
        var drain = ChildDrain(output: output, errors: errors, pidfd: pidfd, listener: listener)
        reins?.took(pid)
        var deadline = clinux_boot_nanoseconds() + Int64(min(timeout, 1e9) * 1e9)
        var timedOut = false, isAsked = false
        while !drain.hasEnded {
            let now = clinux_boot_nanoseconds()
            let isStopped = reins?.isStopped == true
            if !isAsked, isStopped || now >= deadline {
                timedOut = !isStopped
                isAsked = true
                kill(-pid, SIGTERM)
                // One that is stopped where it stands would not hear it.
                kill(-pid, SIGCONT)
                deadline = now + Int64(patience * 1e9)
            } else if now >= deadline {
                kill(-pid, SIGKILL)
                break
            } else {
                let left = (deadline - now) / 1_000_000 + 1
                drain.step(milliseconds: Int32(clamping: reins == nil ? left : min(left, 100)))
            }
        }
        reins?.letGo()
        // What the child left running in its group would hold our pipes open.
        kill(-pid, SIGKILL)
        let end = reap()
        drain.finish()
        close()
        return ChildResult(end: end, output: drain.kept(0), errors: drain.kept(1), timedOut: timedOut)
    }

    /// Waits for its end, once.
    func reap() -> ChildResult.End {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        return signal == 0 ? .exited((status >> 8) & 0xff) : .signalled(signal)
    }

    /// Lets go of our ends.
    func close() { Self.close([output, errors, pidfd].filter { $0 >= 0 }) }

    private static func close(_ files: [Int32]) { for file in files { Glibc.close(file) } }

    private static func find(_ program: String, _ path: String) -> String? {
        if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
        return path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String], _ input: Int32, _ out: Int32, _ err: Int32
    ) -> Int32 {
        let vector = arguments.map { strdup($0) } + [nil]
        let variables = environment.map { strdup($0) } + [nil]
        defer { for text in vector + variables { free(text) } }
        return clinux_spawn(vector, variables, input, out, err)
    }

    private static func failure(_ command: ChildCommand, _ errno: Int32) -> Failure {
        let name = printable((command.arguments.first ?? "").utf8)
        return Failure(
            code: errno == ENOENT ? "PROGRAM_MISSING" : "PROGRAM_NOT_STARTED", side: .engine,
            message: "cannot start \(name) (\(FailureWords.name(errno)))", errno: errno, operation: "spawn",
            hint: errno == ENOENT ? "Install it, or look at PATH." : "",
            isTransient: FailureWords.transient.contains(errno))
    }
}

/// Reads two pipes as they fill, and sees the child's end.
private struct ChildDrain {
    private var files: [Int32]
    private let pidfd: Int32
    private var streams = [ChildStream(), ChildStream()]
    private(set) var hasEnded = false
    private let listener: ChildListener?

    init(output: Int32, errors: Int32, pidfd: Int32, listener: ChildListener?) {
        files = [output, errors]
        self.pidfd = pidfd
        self.listener = listener
        for file in files { _ = fcntl(file, F_SETFL, O_NONBLOCK) }
    }

    mutating func step(milliseconds: Int32) {
        var polled = (files + [pidfd]).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return }
        for index in 0..<2 where polled[index].revents != 0 { read(index) }
        // Without a pidfd (before Linux 5.3) the end of both streams is the child's end.
        hasEnded = polled[2].revents != 0 || (pidfd < 0 && files == [-1, -1])
    }

    /// What is still in the pipes.
    mutating func finish() { for index in 0..<2 { read(index) } }

    func kept(_ index: Int) -> ChildStream {
        var stream = streams[index]
        stream.trim()
        return stream
    }

    private mutating func read(_ index: Int) {
        guard files[index] >= 0 else { return }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        // Bounded: a child that never stops talking must not keep us from looking at the clock.
        for _ in 0..<16 {
            let count = Glibc.read(files[index], buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 {
                if count == 0 || errno != EAGAIN { files[index] = -1 }
                return
            }
            let piece = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            streams[index].append(piece)
            listener?(index == 1, piece)
        }
    }
}
