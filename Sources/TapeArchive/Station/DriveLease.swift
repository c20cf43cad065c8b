package import BackupModel
import Synchronization

/// One drive for one job and nobody else, until `end`.
///
/// The drive's calls go through what the supply or the finder gives, on a thread of the caller's that may block; while
/// one of them is asked, the drive is theirs.
package final class DriveLease: Sendable {
    /// As the settings name it.
    package let name: String
    package let settings: DriveSettings
    package let identity: DriveIdentity
    /// Nil where nobody knows.
    package let generation: TapeGeneration?
    /// What the drive is fed by: its speeds, its own buffer.
    package let feed: DriveFeed
    /// The tapes to write to, of the pool that was claimed.
    package let supply: any VolumeSupply
    /// The tapes to read.
    package let finder: any VolumeFinder

    /// Of the run that has it; nil: nobody can end it.
    let control: TapeRunControl?

    private let shown: Mutex<LeasedStream?>
    private let giveBack: @Sendable () async -> Void
    private let isOver = Atomic(false)

    package init(
        name: String, settings: DriveSettings, identity: DriveIdentity, generation: TapeGeneration? = nil,
        feed: DriveFeed = DriveFeed(), supply: any VolumeSupply, finder: any VolumeFinder,
        control: TapeRunControl? = nil,
        giveBack: @escaping @Sendable () async -> Void = {}
    ) {
        self.name = name
        self.settings = settings
        self.identity = identity
        self.generation = generation
        self.feed = feed
        self.supply = supply
        self.finder = finder
        self.control = control
        self.giveBack = giveBack
        shown = Mutex(nil)
    }

    /// What whoever draws the drive reads from now on; nil: nothing flows.
    package func show(_ stream: LeasedStream?) { shown.withLock { $0 = stream } }

    package var stream: LeasedStream? { shown.withLock { $0 } }

    /// Gives the drive back; the tape stays in it. Once is enough, and it must be.
    package func end() async {
        if isOver.exchange(true, ordering: .acquiringAndReleasing) { return }
        show(nil)
        await giveBack()
    }
}

/// What flows through a leased drive, for whoever draws it.
package struct LeasedStream: Sendable {
    /// 32 digits, or empty.
    package var archive: String
    package var since: WallTime
    package var blockSize: Int
    /// Nil while something is read.
    package var flow: FlowGauges?
    package var writer: WriterGauges?
    /// Bytes of the sources in all, as far as they are known now.
    package var expected: @Sendable () -> Int64?
    /// Bytes read so far; for a reader.
    package var read: @Sendable () -> Int64

    package init(
        archive: String = "", since: WallTime, blockSize: Int, flow: FlowGauges? = nil, writer: WriterGauges? = nil,
        expected: @escaping @Sendable () -> Int64? = { nil }, read: @escaping @Sendable () -> Int64 = { 0 }
    ) {
        self.archive = archive
        self.since = since
        self.blockSize = blockSize
        self.flow = flow
        self.writer = writer
        self.expected = expected
        self.read = read
    }
}

/// Who wants a drive, and what for.
package struct DriveClaim: Sendable {
    package enum Purpose: Hashable, Sendable {
        /// Append to volumes of that pool.
        case write(pool: String)
        /// Read volumes, whichever are asked for.
        case read
    }

    package var purpose: Purpose
    package var job: String
    package var run: RunID?
    /// Nil: the first free drive that can do it.
    package var drive: String?
    package var isScheduled: Bool
    package var control: TapeRunControl
    /// What the run's log should say: a code and a line.
    package var line: @Sendable (String, String) -> Void

    package init(
        _ purpose: Purpose, job: String, run: RunID? = nil, drive: String? = nil, isScheduled: Bool = false,
        control: TapeRunControl, line: @escaping @Sendable (String, String) -> Void
    ) {
        self.purpose = purpose
        self.job = job
        self.run = run
        self.drive = drive
        self.isScheduled = isScheduled
        self.control = control
        self.line = line
    }
}

/// Lends drives.
package protocol DriveLending: Sendable {
    /// Waits, with its reason in the drive's state, while another job or another program has the drive. Throws
    /// `DRIVE_UNKNOWN`, `DRIVE_UNFIT`, and `CANCELLED` when the claim's control is cancelled.
    func lease(_ claim: DriveClaim) async throws(Failure) -> DriveLease
}
