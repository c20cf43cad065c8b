import BackupModel
import Foundation

/// The one place that turns a failure into words: what happened, to what, on which side, what to do now.
struct FailureText {
    var failure: Failure

    /// One line for logs and progress.
    var line: String {
        let subject = failure.subject.isEmpty ? "" : ": " + printable(failure.subject)
        return failure.message + subject + " (" + failure.side.rawValue + ")"
    }

    /// The lines an operator reads at the end of a command that failed.
    var paragraph: String {
        var lines = ["holdfast: " + failure.message]
        if !failure.subject.isEmpty { lines.append("  what   " + printable(failure.subject)) }
        lines.append("  side   " + failure.side.rawValue)
        lines.append("  code   " + failure.code + systemWords)
        if !failure.hint.isEmpty { lines.append("  do now " + failure.hint) }
        return lines.joined(separator: "\n")
    }

    private var systemWords: String {
        guard failure.errno != 0 else { return "" }
        let step = failure.operation.isEmpty ? "" : failure.operation + ": "
        return " (" + step + String(cString: strerror(failure.errno)) + ", errno \(failure.errno))"
    }
}

extension ExitStatus {
    /// The one place that maps how things ended to what a script sees.
    init(_ failure: Failure?) {
        switch failure?.code {
        case "BUSY": self = .busy
        default: self = failure?.side == .settings ? .usage : .failed
        }
    }

    /// `signal` is the one that asked for the end, where one did.
    init(_ result: RunResult, signal: Int32?) {
        switch result {
        case .ok: self = .ok
        case .okWithWarnings: self = .warnings
        case .failed: self = .failed
        case .interrupted: self = signal == SIGTERM ? .terminated : .interrupted
        }
    }
}
