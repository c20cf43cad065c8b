package import BackupModel

/// What the settings say of tape.
package struct StationPlan: Hashable, Sendable {
    package var libraries: [LibrarySettings]
    package var drives: [DriveSettings]
    package var pools: [Pool]
    /// Our own folder; the spool of staged archives lies in it where a job names no other.
    package var stateFolder: String

    package init(
        libraries: [LibrarySettings] = [], drives: [DriveSettings] = [], pools: [Pool] = [], stateFolder: String
    ) {
        self.libraries = libraries
        self.drives = drives
        self.pools = pools
        self.stateFolder = stateFolder
    }
}

/// One archive to be made.
package struct ArchiveWork: Sendable {
    package var settings: TapeJobSettings
    /// The job's name, or `by hand`.
    package var job: String
    package var run: RunID?
    /// The recovery set it counts for; the job's name where it is in none.
    package var set: String
    /// Nil: the first free drive that can write the pool's tapes.
    package var drive: String?
    /// Instead of the drive's own.
    package var policy: FlowRule?
    package var buffer: BufferSize?
    /// Started by the clock: nobody may be there.
    package var isScheduled: Bool

    package init(_ settings: TapeJobSettings, job: String, set: String, run: RunID? = nil, isScheduled: Bool = false) {
        self.settings = settings
        self.job = job
        self.set = set
        self.run = run
        self.isScheduled = isScheduled
    }
}

/// How an archive, or a verification, ended.
package struct TapeRunEnd: Hashable, Sendable {
    package var result: JobResult
    package var failure: Failure?
    /// Files and bytes of the sources that are on tape, or that were read back and found right.
    package var done: Amount
    package var warnings: Int
    /// The archive's 32 digits, or empty.
    package var archive: String
    /// Labels, in the order written or read.
    package var volumes: [String]

    package init(_ result: JobResult, failure: Failure? = nil, done: Amount = Amount(), warnings: Int = 0) {
        self.result = result
        self.failure = failure
        self.done = done
        self.warnings = warnings
        archive = ""
        volumes = []
    }
}
