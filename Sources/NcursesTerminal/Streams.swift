import Glibc
import OperatorConsole
import SystemPackage

/// The terminal's descriptors of our own, and the standard ones turned to the log while the screen is up: a library
/// that prints must not tear the picture, and the last words of a crash must not be lost with it.
struct Streams {
    let input: FileDescriptor
    let output: FileDescriptor
    let savedOut: FileDescriptor
    let savedError: FileDescriptor

    /// Standard input and output when both are terminals, or else `/dev/tty`.
    init(log: String?) throws(TerminalFailure) {
        let usesStandard = isatty(0) == 1 && isatty(1) == 1
        do {
            if usesStandard {
                input = try FileDescriptor.standardInput.duplicate()
                output = try FileDescriptor.standardOutput.duplicate()
            } else {
                input = try FileDescriptor.open("/dev/tty", .readWrite)
                output = try input.duplicate()
            }
        } catch { throw .noTerminal }
        do {
            savedOut = try FileDescriptor.standardOutput.duplicate()
            savedError = try FileDescriptor.standardError.duplicate()
            let sink = try Streams.sink(log)
            _ = try sink.duplicate(as: .standardOutput)
            _ = try sink.duplicate(as: .standardError)
            try sink.close()
        } catch let error as Errno {
            throw .system(operation: "open the log", errno: error.rawValue)
        } catch { throw .noTerminal }
        for descriptor in [input, output, savedOut, savedError] {
            _ = fcntl(descriptor.rawValue, F_SETFD, FD_CLOEXEC)
        }
    }

    private static func sink(_ log: String?) throws -> FileDescriptor {
        if let log {
            let file = try? FileDescriptor.open(
                FilePath(log), .writeOnly, options: [.append, .create, .closeOnExec], permissions: .ownerReadWrite)
            if let file { return file }
        }
        return try FileDescriptor.open("/dev/null", .writeOnly)
    }

    /// Standard output and error as they were; ours closed.
    func release() {
        fflush(nil)
        _ = try? savedOut.duplicate(as: .standardOutput)
        _ = try? savedError.duplicate(as: .standardError)
        for descriptor in [input, output, savedOut, savedError] { try? descriptor.close() }
    }
}
