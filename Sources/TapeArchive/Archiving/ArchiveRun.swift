package import BackupCatalog
package import BackupModel
import Synchronization
package import WorkerKit

/// One archive, from its sources to the tape. The caller has leased the drive, and gives it back afterwards.
package struct ArchiveRun: Sendable {
    /// What the engine's house has for it.
    package struct House: Sendable {
        package var catalog: Catalog
        /// For the sources.
        package var files: any FileCalls
        /// For what is our own, the spool.
        package var ownFiles: any FileCalls
        package var time: SystemTime
        /// Absolute; exists.
        package var stateFolder: String
        /// Memory that buffers may take now.
        package var room: @Sendable () -> MemoryRoom
        /// The key that an archive is sealed with. Blocks; throws `Failure`.
        package var key: @Sendable (SecretReference) throws -> ArchiveKey
        /// The key with that id, if it is at hand.
        package var keys: @Sendable (String) -> ArchiveKey?

        package init(
            catalog: Catalog, files: any FileCalls = LinuxFiles(side: .source), time: SystemTime = .live,
            stateFolder: String, room: @escaping @Sendable () -> MemoryRoom = { .here }
        ) {
            self.catalog = catalog
            self.files = files
            ownFiles = LinuxFiles(side: .engine)
            self.time = time
            self.stateFolder = stateFolder
            self.room = room
            key = { _ in throw Failure.noKeys }
            keys = { _ in nil }
        }
    }

    let work: ArchiveWork
    let pool: Pool
    let lease: DriveLease
    let house: House
    let control: TapeRunControl
    let line: @Sendable (String, String) -> Void
    /// Of a staged archive; nil: as the disk allows.
    var spoolBounds: SpoolBounds?

    /// `line`: for the run's log, a code and words.
    package init(
        _ work: ArchiveWork, pool: Pool, lease: DriveLease, house: House, control: TapeRunControl,
        line: @escaping @Sendable (String, String) -> Void
    ) {
        self.work = work
        self.pool = pool
        self.lease = lease
        self.house = house
        self.control = control
        self.line = line
    }

    /// To its end, whatever happens.
    package func run() async -> TapeRunEnd {
        do {
            let plan = try await runBlocking(name: "tape plan") { try prepare() }
            let task = Task { try await attempts(plan) }
            control.onCancel { task.cancel() }
            let ended = await task.result
            // Whatever happened, the door is unlocked.
            await plan.writer.unmount()
            return try ended.get()
        } catch { return failed(error) }
    }

    /// How often an archive is begun anew before it is given up.
    static let mostAttempts = 3

    private func attempts(_ plan: RunPlan) async throws -> TapeRunEnd {
        let estimate = plan.estimating()
        defer { estimate.cancel() }
        for attempt in 1...Self.mostAttempts {
            try Task.checkCancellation()
            let archive = house.time.randomHex(digits: 32)
            lease.show(
                LeasedStream(
                    archive: archive, since: house.time.wall(), blockSize: plan.blockSize, flow: plan.flow,
                    writer: plan.writer.gauges, expected: plan.expected.value))
            let outcome = try await write(plan, archive)
            let volumes = await plan.journal.volumes
            lease.show(nil)
            switch outcome {
            case .complete(let written): return await ended(plan, written, volumes)
            case .void(let void):
                guard void.canBeginAnew, attempt < Self.mostAttempts, !control.isCancelled else {
                    return gaveUp(plan, void, archive, volumes)
                }
                line("again", "the archive is begun anew (\(attempt + 1) of \(Self.mostAttempts)): \(void.words)")
            }
        }
        throw CancellationError()
    }

    private func write(_ plan: RunPlan, _ archive: String) async throws -> ArchiveOutcome {
        let tape = ArchivePlan(
            set: archive, archive: archive, job: work.job, pool: pool.name, blockSize: plan.blockSize,
            device: lease.settings.device.isEmpty ? "/dev/nst0" : lease.settings.device,
            base: plan.base?.archive ?? "", compression: Compression(pool.compression), key: plan.key)
        let (source, told) = (plan.source, plan.told)
        let open: @Sendable () throws -> any EntrySource = {
            do { return SourceFeed(try source.open(), told) } catch {
                told.failed(error)
                throw error
            }
        }
        guard work.settings.strategy == .staged else { return try await plan.writer.write(tape, from: open) }
        let (folder, files) = (plan.spool, house.ownFiles)
        let bounds = try await runBlocking(name: "tape spool") { try spoolBounds ?? plan.decideSpool(files) }
        line(
            "spool",
            "parts of \(Quantity.bytes(Int64(bounds.part))) in \(folder), at most \(bounds.parts) of them at a time")
        return try await plan.writer.write(tape) { ring, producer in
            do {
                return try producer.staged(open, over: StageSpool(bounds, in: folder, files: files), into: ring)
            } catch {
                // The spool's disk; what the tape failed with has its words already.
                if error is Failure { told.failed(error) }
                throw error
            }
        }
    }
}

// MARK: - How it ended

extension ArchiveRun {
    private func ended(_ plan: RunPlan, _ written: WrittenArchive, _ volumes: [String]) async -> TapeRunEnd {
        let warnings = plan.told.warnings
        var end = TapeRunEnd(warnings > 0 ? .okWithWarnings : .ok, done: plan.told.done, warnings: warnings)
        end.archive = written.facts.archive
        end.volumes = volumes
        let stream = written.facts.streamBytes
        line(
            "done",
            "archive \(end.archive): \(written.facts.entries) entries, \(Quantity.bytes(stream)) on "
                + volumes.joined(separator: ", ")
                + (written.facts.deletions > 0 ? ", \(written.facts.deletions) names gone since the base" : "")
                + (warnings > 0 ? "; \(warnings) warnings" : ""))
        for words in plan.flowWords(stream: stream, now: house.time.monotonic()) { line("flow", words) }
        if written.wantsCleaning { line("cleaning", "the drive wants to be cleaned before the next archive") }
        return end
    }

    private func gaveUp(_ plan: RunPlan, _ void: ArchiveVoid, _ archive: String, _ volumes: [String]) -> TapeRunEnd {
        let isEnded = control.isCancelled || plan.supply.isWithdrawn
        var end = TapeRunEnd(isEnded ? .interrupted : .failed, done: Amount(), warnings: plan.told.warnings)
        end.archive = archive
        end.volumes = volumes
        end.failure =
            plan.told.failure
            ?? Failure(
                code: isEnded ? "ARCHIVE_INTERRUPTED" : "ARCHIVE_VOID", side: .destination,
                message: "the archive is void: \(void.words)", operation: "archive",
                hint: isEnded
                    ? "Run the job again; the volume stays appendable."
                    : "Look at drive and tape, then run the job again.")
        return end
    }

    private func failed(_ error: any Error) -> TapeRunEnd {
        lease.show(nil)
        if control.isCancelled { return TapeRunEnd(.interrupted, failure: Failure.cancelled) }
        return TapeRunEnd(.failed, failure: Failure.of(error))
    }
}

extension Failure {
    /// Never in clear what was to be sealed.
    static let noKeys = Failure(
        code: "ENCRYPTION_UNAVAILABLE", side: .settings, message: "no key can be read here",
        hint: "Take the encryption out of the settings, or another pool.")

    static let cancelled = Failure(
        code: "ARCHIVE_INTERRUPTED", side: .engine, message: "cancelled before the first block",
        hint: "Run the job again.")

    /// What ended a run, whatever it is.
    static func of(_ error: any Error) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let refusal as BufferRefusal:
            Failure(
                code: "BUFFER_REFUSED", side: .settings, message: refusal.message, operation: "buffer",
                hint: "Set buffer to at most \(refusal.allowed) bytes for this drive.")
        case let none as RingMemoryError:
            Failure(
                code: "BUFFER_UNAVAILABLE", side: .engine,
                message: "no memory for a buffer of \(Quantity.bytes(Int64(none.bytes)))", errno: none.errno,
                operation: "buffer", hint: "Set a smaller buffer for this drive.")
        default:
            Failure(
                code: "TAPE_FAILED", side: .destination, message: Words.of(error), hint: "Look at drive and tape.")
        }
    }
}
