package import BackupModel

/// What the gauges say at one moment.
package struct CopyReading: Hashable, Sendable {
    package struct Worker: Hashable, Sendable {
        package var number: Int
        package var activity: WorkerState.Activity
        package var blob: BlobID?
        package var size: Int64
        package var done: Int64
        package var attempt: Int
        /// Monotonic nanoseconds when this blob began.
        package var startedAt: Int64
        /// Monotonic nanoseconds of the last sign of life.
        package var movedAt: Int64
        /// Where its call goes to.
        package var side = Side.engine
    }

    /// Nanoseconds that workers spent, all together, since the copier was made.
    package struct Shares: Hashable, Sendable {
        package var sourceRead: Int64 = 0
        package var hash: Int64 = 0
        package var targetWrite: Int64 = 0
        package var commit: Int64 = 0
        package var idle: Int64 = 0
        package init() {}
    }

    package var phase: CopyPhase = .idle
    package var isPaused = false
    package var run: RunID?
    package var runStartedAt: WallTime?
    /// Monotonic nanoseconds when the run began.
    package var runStartedNs: Int64 = 0
    package var workers: [Worker] = []
    /// Bytes taken from the source so far, of blobs still in hand too.
    package var bytesCopied: Int64 = 0
    /// Bytes proved from the medium, by read-back or `verify`.
    package var bytesProved: Int64 = 0
    package var placed = Amount()
    package var verified = Amount()
    package var failed = 0
    package var retries = 0
    package var shares = Shares()
    package var before = Tally()
    package var now = Tally()
    package var volume = VolumeState()
    package var limits = CopyLimits()
    package var lastRun: RunSummary?

    package init() {}
}
