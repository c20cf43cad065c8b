import BackupModel
import Synchronization
package import WorkerKit

/// Writes archives to tape, one after another, over as many volumes as they take. It has a thread of its own for the
/// drive; the source runs on another.
///
/// An archive is `complete` only when it, and its index, stand behind synchronous filemarks; anything less is void, and
/// says why. The volume stays mounted between archives.
package actor TapeWriter {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let ring: BlockRing
    let flow: FlowGauges
    let feed: DriveFeed
    let supply: any VolumeSupply
    let journal: any ArchiveJournal
    let time: SystemTime
    private let scratch: PathBytes
    let stop = StopFlag()
    let hold = StopFlag()
    package nonisolated let gauges = WriterGauges()
    var mounted: MountedVolume?
    /// Of the set, from 1.
    var volumeNumber = 0

    /// `ring`: of the block size of the archives to write; its `retention` decides how much can be written again when
    /// a tape fails. `scratch`: a folder on disk with room for twice an archive's listing. Throws `ThreadError`.
    package init(
        ring: BlockRing, flow: FlowGauges, feed: DriveFeed = DriveFeed(), supply: any VolumeSupply,
        journal: any ArchiveJournal, scratch: PathBytes = "/var/tmp", time: SystemTime = .live
    ) throws {
        executor = try ThreadExecutor(name: "tape drive")
        self.ring = ring
        self.flow = flow
        self.feed = feed
        self.supply = supply
        self.journal = journal
        self.scratch = scratch
        self.time = time
    }

    /// Ends the archive in hand as void, its volume at a sound place. From any thread; a request for a tape must be
    /// cancelled by who answers it.
    package nonisolated func cancel() {
        stop.raise()
        ring.wake()
    }

    /// Holds the drive at its next block, or lets it go on; the buffer fills and waits. From any thread.
    package nonisolated func pause(_ isOn: Bool) {
        if isOn { hold.raise() } else { hold.lower() }
        ring.wake()
    }

    /// Writes one archive. Throws what the journal throws, and only that: then the archive is not to be believed.
    package func write(
        _ plan: ArchivePlan, from source: @escaping @Sendable () throws -> any EntrySource
    ) async throws -> ArchiveOutcome {
        try await write(plan) { ring, producer in try producer.archive(source(), into: ring) }
    }

    /// The same with a stream that is made elsewhere; `give` runs on a thread of its own and ends the ring's stream.
    func write(
        _ plan: ArchivePlan, give: @escaping @Sendable (BlockRing, ArchiveProducer) throws -> ArchiveProducer.Product
    ) async throws -> ArchiveOutcome {
        precondition(plan.blockSize == ring.blockSize, "the ring has the tape's blocks")
        stop.lower()
        volumeNumber = 0
        try await journal.begun(plan)
        do {
            let written = try await attempt(plan, give)
            Failpoint.hit("T5")
            try await journal.complete(written)
            gauges.set { $0.phase = .idle }
            return .complete(written)
        } catch {
            gauges.set { $0.phase = .idle }
            if let error = error as? JournalFault { throw error.error }
            let void = error as? ArchiveVoid ?? ArchiveVoid(words: Words.of(error), canBeginAnew: false)
            try await journal.void(archive: plan.archive, words: void.words)
            return .void(void)
        }
    }

    /// Lets go of the volume; the door is unlocked, the tape stays where it is.
    package func unmount() {
        try? mounted?.drive.lockDoor(false)
        mounted = nil
        gauges.set { $0.volume = "" }
    }

    private func attempt(
        _ plan: ArchivePlan, _ give: @escaping @Sendable (BlockRing, ArchiveProducer) throws -> ArchiveProducer.Product
    ) async throws -> WrittenArchive {
        let started = Words.instant(time)
        let taker: (any RowTaker)?
        do { taker = try await journal.taker(of: plan) } catch { throw JournalFault(error: error) }
        var producing = try producer(plan, .archive)
        producing.taker = taker
        let producer = producing
        let archive = try await stream(.archive, plan, producer.packing) { try give($0, producer) }
        var facts = IndexFacts(
            set: plan.set, archive: plan.archive, job: plan.job, pool: plan.pool, started: started,
            finished: Words.instant(time), blockSize: plan.blockSize)
        (facts.compression, facts.key) = (plan.compression, producer.packing.seal?.id ?? "")
        (facts.base, facts.parts) = (plan.base, archive.parts)
        (facts.streamBytes, facts.frames) = (archive.product.streamBytes, archive.product.frames)
        if let identity = mounted?.drive.identity { facts.drive = "\(identity.serial) \(identity.firmware)" }
        let listing = try archive.product.rows.located(by: facts)
        (facts.entries, facts.deletions, facts.listing) = (listing.entries, listing.deletions, listing.facts)
        let (sealed, indexer) = (facts, try self.producer(plan, .index))
        let index = try await stream(.index, plan, indexer.packing) { try indexer.index(sealed, listing, into: $0) }
        let status = try? mounted?.drive.status()
        return WrittenArchive(
            facts: facts, indexParts: index.parts, listing: listing, wantsCleaning: status?.wantsCleaning ?? false,
            health: gauges.read().health)
    }

    private func producer(_ plan: ArchivePlan, _ kind: PartFacts.Kind) throws -> ArchiveProducer {
        let seal = try plan.key.map { try StreamPacking.Seal($0, random: time.random) }
        let compression = kind == .archive ? plan.compression : .none
        return ArchiveProducer(packing: StreamPacking(compression: compression, seal: seal), scratch: scratch)
    }
}

/// Raised from any thread, looked at by the drive's.
final class StopFlag: Sendable {
    private let value = Atomic<Bool>(false)
    var isRaised: Bool { value.load(ordering: .acquiring) }
    func raise() { value.store(true, ordering: .releasing) }
    func lower() { value.store(false, ordering: .releasing) }
}

/// What the journal threw: nothing that the tape can do about it.
struct JournalFault: Error {
    var error: any Error
}

/// Errors and times as texts.
enum Words {
    static func of(_ error: any Error) -> String {
        switch error {
        case let fault as TapeFault: "\(fault.operation): \(fault.detail.isEmpty ? fault.kind.rawValue : fault.detail)"
        case let refusal as MountRefusal: refusal.message
        case let failure as Failure: failure.message
        case is CancellationError: "cancelled"
        default: "\(error)"
        }
    }

    /// ISO 8601.
    static func instant(_ time: SystemTime) -> String {
        time.wall().iso8601()
    }
}
