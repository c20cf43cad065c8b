package import BackupModel
import Glibc

/// A program that stands in a stream: bytes are put in, bytes come out. It belongs to one thread, which it blocks, and
/// dies with it.
package final class ChildFilter {
    /// What the child wrote, valid during the call.
    package typealias Taker = (UnsafeRawBufferPointer) throws -> Void

    private let child: RunningChild
    private let name: String
    private var input: Int32
    private var output: Int32
    private var errorOutput: Int32
    private var errors: [UInt8] = []
    private var isReaped = false
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)

    /// Throws `PROGRAM_MISSING` and `PROGRAM_NOT_STARTED`.
    package init(_ arguments: [String]) throws(Failure) {
        name = printable((arguments.first ?? "").utf8)
        var ends: [Int32] = [0, 0]
        // A socket, so that a child that died is an error and no signal.
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw Failure(
                code: "PROGRAM_NOT_STARTED", side: .engine, message: "cannot start \(name)", errno: errno,
                operation: "socketpair", isTransient: true)
        }
        do throws(Failure) { child = try RunningChild(ChildCommand(arguments), input: ends[1]) } catch {
            for end in ends { close(end) }
            buffer.deallocate()
            throw error
        }
        close(ends[1])
        (input, output, errorOutput) = (ends[0], child.output, child.errors)
        for file in [input, output, errorOutput] { _ = fcntl(file, F_SETFL, O_NONBLOCK) }
    }

    deinit {
        if !isReaped {
            kill(-child.pid, SIGKILL)
            _ = child.reap()
        }
        if input >= 0 { close(input) }
        child.close()
        buffer.deallocate()
    }

    /// Returns when the child has taken all of it. Throws what `take` throws, and `PROGRAM_FAILED`.
    package func put(_ bytes: UnsafeRawBufferPointer, _ take: Taker) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let (canWrite, canRead) = wait(wantsRoom: true)
            if canRead { try read(take) }
            guard canWrite else {
                if output < 0 { throw end() }
                continue
            }
            let sent = send(
                input, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            if sent > 0 { rest = rest.dropFirst(sent) } else if errno != EAGAIN, errno != EINTR { throw end() }
        }
    }

    /// Nothing more goes in: gives the rest of what comes out. Throws `PROGRAM_FAILED` when the child was not content.
    package func finish(_ take: Taker) throws {
        close(input)
        input = -1
        while output >= 0 {
            if wait(wantsRoom: false).canRead { try read(take) }
        }
        if let failure = judge() { throw failure }
    }

    private func wait(wantsRoom: Bool) -> (canWrite: Bool, canRead: Bool) {
        var polled = [
            pollfd(fd: wantsRoom ? input : -1, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: errorOutput, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&polled, nfds_t(polled.count), output >= 0 ? -1 : 0) > 0 else { return (false, false) }
        if polled[2].revents != 0 { readErrors() }
        return (polled[0].revents != 0, polled[1].revents != 0)
    }

    private func read(_ take: Taker) throws {
        let count = Glibc.read(output, buffer.baseAddress, buffer.count)
        if count > 0 {
            try take(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
            output = -1
        }
    }

    /// The first words it said of its trouble; the rest is dropped.
    private func readErrors() {
        var words = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(child.errors, &words, words.count)
        if count > 0, errors.count < 4096 { errors += words[..<count] }
        if count == 0 { errorOutput = -1 }
    }

    private func end() -> Failure { judge() ?? failure("ended before its input did") }

    private func judge() -> Failure? {
        guard !isReaped else { return failure("has ended") }
        let end = child.reap()
        isReaped = true
        readErrors()
        switch end {
        case .exited(0): return nil
        case .exited(let status): return failure("ended with status \(status)")
        case .signalled(let signal): return failure("was ended by signal \(signal)")
        }
    }

    private func failure(_ words: String) -> Failure {
        let said = printable(errors.prefix { $0 != 10 })
        return Failure(
            code: "PROGRAM_FAILED", side: .engine, message: "\(name) \(words)\(said.isEmpty ? "" : ": \(said)")",
            operation: "filter")
    }
}
