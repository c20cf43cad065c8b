/// The party whose fault an error is. Booking a destination's error on the source loses data silently.
package enum Side: String, Codable, CaseIterable, Sendable {
    case source, destination, catalog, spool, drive, settings, engine
}

/// What went wrong, to what, on which side, and what to do now.
///
/// Made where the cause is known; turned into words, JSON and exit statuses in one place each.
package struct Failure: Error, Hashable, Codable, Sendable {
    /// Stable code, upper snake case, for logs and scripts, for instance `DESTINATION_FULL`.
    package var code: String
    package var side: Side
    /// One line in lower case without a full stop. Foreign bytes in it are escaped already (`Printable`).
    package var message: String
    /// What it happened to: a path or a name, raw bytes.
    package var subject: [UInt8]
    /// The system's error number, or 0.
    package var errno: Int32
    /// The system call or step, for instance `fsync`, or empty.
    package var operation: String
    /// A sentence that names the next step, or empty.
    package var hint: String
    package var isTransient: Bool

    package init(
        code: String, side: Side, message: String, subject: [UInt8] = [], errno: Int32 = 0, operation: String = "",
        hint: String = "", isTransient: Bool = false
    ) {
        self.code = code
        self.side = side
        self.message = message
        self.subject = subject
        self.errno = errno
        self.operation = operation
        self.hint = hint
        self.isTransient = isTransient
    }
}

/// How a run ended. Unknown is failed; nothing tested is failed (I5).
package enum RunResult: String, Codable, CaseIterable, Sendable {
    case ok
    case okWithWarnings = "ok_with_warnings"
    case failed
    case interrupted
}

/// Exit statuses of the program, by cause.
package enum ExitStatus: Int32, Sendable, CaseIterable {
    case ok = 0
    case failed = 1
    case usage = 2
    case warnings = 3
    case busy = 75
    case interrupted = 130
    case terminated = 143
}
