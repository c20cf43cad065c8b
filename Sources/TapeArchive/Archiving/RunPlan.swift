import BackupCatalog
import BackupModel
import Glibc
import Synchronization
import WorkerKit

/// All that one run needs, made before the first byte is read.
struct RunPlan: Sendable {
    let base: ArchiveRecord?
    let source: ArchiveSource
    let told: SourceTold
    let supply: WatchedSupply
    let journal: CatalogJournal
    let writer: TapeWriter
    let flow: FlowGauges
    let expected: ExpectedBytes
    /// The folder for rows and parts under way.
    let spool: PathBytes
    let blockSize: Int
    /// Nil: not sealed.
    let key: ArchiveKey?
    let began: Int64

    /// Walks the sources beside the run, so that people can be told when it ends; cancel the task when it did.
    func estimating() -> Task<Void, Never> {
        let (source, expected) = (source, expected)
        return Task.detached {
            let stop = StopFlag()
            await withTaskCancellationHandler {
                // An estimate that cannot be had is none: the run itself tells what is wrong.
                let estimate = try? await runBlocking(name: "tape estimate") {
                    try source.estimate(isStopped: { stop.isRaised })
                }
                if let estimate { expected.set(estimate.archiveBytes) }
            } onCancel: {
                stop.raise()
            }
        }
    }

    func decideSpool(_ files: any FileCalls) throws -> SpoolBounds {
        let space: VolumeSpace
        do throws(FileError) {
            let root = try files.openRoot(spool)
            defer { try? files.close(root) }
            space = try files.space(of: root)
        } catch { throw error.failure }
        return try SpoolBounds.decide(space, folder: spool)
    }

    /// What the stream was like, for the run's log.
    func flowWords(stream: Int64, now: Int64) -> [String] {
        let reading = flow.read()
        let seconds = max(0.001, Double(now - began) / 1e9)
        let (counts, limits) = (reading.counts, reading.limits)
        func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
        return [
            "\(Quantity.rate(Double(stream) / seconds)) over \(Quantity.duration(seconds)), "
                + "\(counts.stops) stops, \(counts.underRuns) under-runs, \(counts.backHitches) back-hitches, "
                + "longest gap \(Quantity.duration(counts.longestGap))",
            "the limit was the source \(percent(limits.source)), the buffer \(percent(limits.buffer)), "
                + "the drive \(percent(limits.drive)) of the time",
        ]
    }
}

extension ArchiveRun {
    /// Refuses what cannot be, and makes what is needed. Blocks.
    func prepare() throws -> RunPlan {
        let key = try (work.settings.encryption ?? pool.encryption).map { try house.key($0) }
        let tapes = TapeCatalog(house.catalog)
        let base = try ArchiveSource.base(of: work, tapes, line)
        let source = try ArchiveSource(work.settings, base: base, tapes, files: house.files)
        let blockSize = Int(lease.settings.blockSize)
        let ring = try ring(blockSize)
        let rule = work.policy ?? lease.settings.policy ?? .standard(rangeIsKnown: lease.feed.range != nil)
        let flow = FlowGauges(rule, ring: ring, time: house.time)
        let spool = try spoolFolder()
        let origin = CatalogJournal.Origin(
            run: work.run, pool: pool, strategy: work.settings.strategy, base: base)
        let journal = try CatalogJournal(
            tapes, origin, flow: flow, time: house.time, line: line)
        let supply = WatchedSupply(lease.supply, line: line)
        let expected = ExpectedBytes()
        var feed = lease.feed
        feed.remaining = { expected.value().map { max(0, $0 - Int64(ring.received)) } }
        let writer = try TapeWriter(
            ring: ring, flow: flow, feed: feed, supply: supply, journal: journal, scratch: spool, time: house.time)
        let told = SourceTold(line: line)
        // The control may be held by who lends the drive: it must not hold the buffer in turn.
        control.onCancel { [weak writer] in
            writer?.cancel()
            told.stop()
        }
        control.onPause { [weak writer] in writer?.pause($0) }
        tell(ring, rule, base)
        return RunPlan(
            base: base, source: source, told: told, supply: supply, journal: journal, writer: writer, flow: flow,
            expected: expected, spool: spool, blockSize: blockSize, key: key, began: house.time.monotonic())
    }

    private func tell(_ ring: BlockRing, _ rule: FlowRule, _ base: ArchiveRecord?) {
        let sources = work.settings.sources.map { printable($0.utf8) }.joined(separator: ", ")
        line("archive", "\(sources) to pool \(printable(pool.name.utf8)), \(work.settings.strategy.rawValue)")
        if work.settings.isIncremental {
            line("base", base.map { "what changed since archive \($0.archive)" } ?? "a whole archive: there is no base")
        }
        line(
            "buffer",
            "\(Quantity.bytes(Int64(ring.capacity))) in blocks of \(Quantity.bytes(Int64(ring.blockSize))), \(rule)")
    }

    private func ring(_ blockSize: Int) throws -> BlockRing {
        let settings = lease.settings
        let size = try (work.buffer ?? settings.buffer).decide(
            in: house.room(), blockSize: settings.blockSize, isOverridden: settings.isBufferOverridden)
        // What the drive may still hold when it fails is kept, and no more than a quarter of the buffer.
        let retention = lease.feed.buffer > 0 ? min(Int(lease.feed.buffer), Int(size) / 4) : Int(size) / 4
        return try BlockRing(bytes: Int(size), blockSize: blockSize, retention: retention, time: house.time)
    }

    private func spoolFolder() throws -> PathBytes {
        if let named = work.settings.spool { return PathBytes(named) }
        let state = PathBytes(house.stateFolder)
        do throws(FileError) {
            let root = try house.ownFiles.openRoot(state)
            defer { try? house.ownFiles.close(root) }
            do throws(FileError) {
                try house.ownFiles.makeDirectory("spool", beneath: root, mode: 0o700)
            } catch  where error.errno == EEXIST {}
        } catch { throw error.failure }
        return state / "spool"
    }
}

extension ArchiveWork {
    /// What stands for a job's name where there is none.
    package static let byHand = "by hand"
}

/// Bytes of the archive in all, once somebody knows.
final class ExpectedBytes: Sendable {
    private let bytes = Atomic<Int64>(-1)

    func set(_ count: Int64) { bytes.store(count, ordering: .relaxed) }

    var value: @Sendable () -> Int64? {
        { [self] in
            let count = bytes.load(ordering: .relaxed)
            return count < 0 ? nil : count
        }
    }
}

/// Tells the run's log which tapes were wanted and why, and remembers when there was none to be had.
final class WatchedSupply: VolumeSupply {
    private let supply: any VolumeSupply
    private let line: @Sendable (String, String) -> Void
    private let withdrawn = Atomic<Bool>(false)

    init(_ supply: any VolumeSupply, line: @escaping @Sendable (String, String) -> Void) {
        self.supply = supply
        self.line = line
    }

    /// Nobody gave a tape: cancelled, or nobody came in time (F35).
    var isWithdrawn: Bool { withdrawn.load(ordering: .acquiring) }

    func next(_ need: VolumeNeed) async throws -> VolumeOffer? {
        line("volume", "a tape for part \(need.part): \(need.reason.words)")
        let offer = try await supply.next(need)
        withdrawn.store(offer == nil, ordering: .releasing)
        if let offer {
            line("volume", "\(printable(offer.label.utf8)) from tape file \(offer.end.files), block \(offer.end.block)")
        }
        return offer
    }
}

extension VolumeNeed.Reason {
    package var words: String {
        switch self {
        case .begins: "the archive begins"
        case .full(let label): "\(printable(label.utf8)) is full"
        case .failed(let label, let words): "\(printable(label.utf8)) failed: \(words)"
        case .refused(let refusal): refusal.message
        case .fault(let fault): Words.of(fault)
        }
    }
}
