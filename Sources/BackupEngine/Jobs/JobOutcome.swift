package import BackupModel

/// How a job's work ended, as its worker tells.
package struct JobOutcome: Hashable, Sendable {
    package var result: JobResult
    package var failure: Failure?
    /// What was made safe, found or proved.
    package var done: Amount
    package var warnings: Int

    package init(_ result: JobResult, failure: Failure? = nil, done: Amount = Amount(), warnings: Int = 0) {
        self.result = result
        self.failure = failure
        self.done = done
        self.warnings = warnings
    }

    /// A failure; what was interrupted did not fail.
    package init(_ failure: Failure) {
        self.init(failure.code == "INTERRUPTED" ? .interrupted : .failed, failure: failure)
    }
}

/// Why a run is ended before its own end.
package enum CancelReason: String, Hashable, Sendable {
    case person, timeout, stopFile, engineEnds
}

/// The time of one step: for records, for spans, and a die.
package struct JobMoment: Sendable {
    package var wall: WallTime
    /// Of the monotonic clock; the wall may jump (I12).
    package var seconds: Double
    package var dice: @Sendable () -> UInt64

    package init(wall: WallTime, seconds: Double, dice: @escaping @Sendable () -> UInt64) {
        self.wall = wall
        self.seconds = seconds
        self.dice = dice
    }

    /// 0 to 1.
    var chance: Double { Double(dice() >> 11) / Double(UInt64(1) << 53) }
}
