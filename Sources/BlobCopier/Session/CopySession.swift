import BackupModel
import Synchronization
import WorkerKit

/// What the parts of one run share, from taking the volume to giving it up.
final class CopySession: Sendable {
    let settings: MirrorSettings
    let index: any BlobIndex
    let volume: String
    let run: RunID
    let source: OpenSource
    let pool: WorkerPool
    let gauges: CopyGauges
    let control: CopyControl
    let time: SystemTime
    let pace: CopyPace
    /// As it stood when the run began.
    let before: Tally
    /// The volume may hold blobs that the index does not know.
    var isAdopting: Bool { before.safe.count == 0 }
    private let journal: Journal
    private let held: Mutex<OpenTarget>
    private let counts = Mutex(Counts())
    private let owed = Mutex<[BlobRecord]>([])
    private let listingState = Mutex(Listing.ended)
    /// Wakes the feeder: room for more, or more to claim.
    let feed = Wakeup()

    /// Whether more blobs may come from the source's listing while the run copies.
    enum Listing: Sendable { case goesOn, ended, failed }

    /// What this run did.
    struct Counts: Sendable {
        var placed = Amount()
        var verified = Amount()
        var failed = Amount()
        /// Went wrong and is wanted still.
        var postponed = 0
        var foundDamage = 0
        /// Placed, and still to be read back.
        var unproved = 0
    }

    init(
        settings: MirrorSettings, index: any BlobIndex, run: RunID, source: OpenSource, target: OpenTarget,
        pool: WorkerPool, gauges: CopyGauges, control: CopyControl, time: SystemTime, pace: CopyPace,
        before: Tally, journal: Journal
    ) {
        self.settings = settings
        self.index = index
        self.run = run
        self.source = source
        self.pool = pool
        self.gauges = gauges
        self.control = control
        self.time = time
        self.pace = pace
        self.before = before
        self.journal = journal
        volume = target.uuid
        held = Mutex(target)
    }

    /// The volume as it is held now; another one after it was lost and came back.
    var target: OpenTarget { held.withLock { $0 } }
    func replace(_ target: OpenTarget) { held.withLock { $0 = target } }

    var listing: Listing { listingState.withLock { $0 } }
    func setListing(_ listing: Listing) {
        listingState.withLock { $0 = listing }
        feed.signal()
    }

    /// A copy that should have been read back and could not be. Beyond 20,000 they wait for `verify`, and the run says
    /// so by its result.
    func owesProof(_ record: BlobRecord) {
        count { $0.unproved += 1 }
        owed.withLock { if $0.count < 20_000 { $0.append(record) } }
    }
    func takeOwedProofs() -> [BlobRecord] {
        owed.withLock { owed in
            defer { owed = [] }
            return owed
        }
    }

    var done: Counts { counts.withLock { $0 } }
    func count(_ body: (inout Counts) -> Void) { counts.withLock { body(&$0) } }

    func report(_ severity: Severity, _ code: String, _ message: String, _ failure: Failure? = nil) {
        journal.write(severity, code, message, failure)
    }

    var commitStep: CommitStep {
        CommitStep(target: target, run: run) { [journal] in journal.write($0, $1, $2, $3) }
    }

    var copyStep: CopyStep {
        CopyStep(
            source: source, target: target, run: run, control: control,
            retry: RetryPolicy(retries: settings.retries, base: pace.retryBase), time: time, isAdopting: isAdopting
        ) { [journal] in journal.write($0, $1, $2, $3) }
    }

    /// Writes outcomes to the index, counts them and tells about failures.
    func settle(_ outcomes: [BlobOutcome], sizes: [BlobID: Int64] = [:]) async throws(Failure) {
        guard !outcomes.isEmpty else { return }
        let tally = try await index.settle(outcomes, run: run, volume: volume, at: time.wall())
        gauges.set { $0.now = tally }
        for outcome in outcomes { note(outcome, size: outcome.size ?? sizes[outcome.id] ?? 0) }
        let done = done
        gauges.set {
            $0.placed = done.placed
            $0.verified = done.verified
            $0.failed = done.failed.count
        }
    }

    private func note(_ outcome: BlobOutcome, size: Int64) {
        let amount = Amount(count: 1, bytes: size)
        count {
            if outcome.state.isSafe { $0.placed += amount }
            if outcome.state == .verified { $0.verified += amount }
            if outcome.state.isFailure { $0.failed += amount }
            if outcome.state.isRemaining, outcome.failure != nil { $0.postponed += 1 }
        }
        guard let failure = outcome.failure else { return }
        let code = outcome.state.isFailure ? "BLOB_FAILED" : "BLOB_POSTPONED"
        report(.warn, code, "\(outcome.id): \(failure.message)", failure)
    }
}

/// Turns what happens into events.
final class Journal: Sendable {
    private let mirror: String
    private let time: SystemTime
    private let send: @Sendable (Event) -> Void

    init(mirror: String, time: SystemTime, send: @escaping @Sendable (Event) -> Void) {
        self.mirror = mirror
        self.time = time
        self.send = send
    }

    func write(_ severity: Severity, _ code: String, _ message: String, _ failure: Failure? = nil) {
        send(
            Event(
                at: time.wall(), severity: severity, component: "copy", code: code, job: mirror, message: message,
                failure: failure))
    }
}
