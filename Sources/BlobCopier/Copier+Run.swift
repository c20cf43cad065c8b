package import BackupModel
import Synchronization
import WorkerKit

extension Copier {
    /// Brings the index up to date and copies what is wanted. Throws when nothing could be begun; otherwise the summary
    /// says how it ended, and the index keeps it.
    package func run(_ overrides: RunOverrides = RunOverrides()) async throws(Failure) -> RunSummary {
        try begin("run", limits(overrides))
        defer { end() }
        return try await withSession(.run) { (session, volume) async throws(Failure) in
            try await self.copy(session, volume, limit: overrides.limit)
        }
    }

    /// Only brings the index up to date.
    package func scan(full: Bool = false) async throws(Failure) -> ScanReport {
        try begin("scan", limits(RunOverrides()))
        defer { end() }
        let volume = try await expectedVolume()
        let source = try await openSource(volume)
        let pool = WorkerPool(hash: settings.hash, gauges: gauges)
        start(pool)
        do throws(Failure) {
            let report = try await scan(source, volume.identity.uuid, pool, full: full)
            await close(pool, then: .finished(.ok))
            return report
        } catch {
            report(.error, error.code, error.message, error)
            await close(pool, then: .finished(error.code == "INTERRUPTED" ? .interrupted : .failed))
            throw error
        }
    }

    // MARK: Frame

    /// How a session ended.
    struct SessionEnd: Sendable {
        var result: RunResult
        var failure: Failure?
        /// Threads hang in the kernel: their volume stays taken until they return.
        var hasHungWorkers = false
    }

    func withSession(
        _ kind: RunSummary.Kind,
        _ body: (CopySession, IndexedVolume) async throws(Failure) -> SessionEnd
    ) async throws(Failure) -> RunSummary {
        for warning in try await checkPlacement() { report(.debug, "PLACEMENT", warning) }
        let volume = try await expectedVolume()
        let source = try await openSource(volume)
        let worker = WorkerIdentity.current(command: command, time: time)
        let target = try await open(volume, as: worker)
        let pool = WorkerPool(hash: settings.hash, gauges: gauges)
        do throws(Failure) {
            return try await withTarget(kind, volume, source, target, pool, body)
        } catch {
            await release(target)
            throw error
        }
    }

    private func withTarget(
        _ kind: RunSummary.Kind, _ volume: IndexedVolume, _ source: OpenSource, _ target: OpenTarget,
        _ pool: WorkerPool, _ body: (CopySession, IndexedVolume) async throws(Failure) -> SessionEnd
    ) async throws(Failure) -> RunSummary {
        let before = try await index.tally(volume: target.uuid)
        let run = RunID(bits: time.random())
        var summary = RunSummary(run: run, kind: kind, startedAt: time.wall(), before: before.safe)
        try await index.begin(summary, volume: target.uuid)
        show(summary, before, volume)
        start(pool)
        let session = CopySession(
            settings: settings, index: index, run: run, source: source, target: target, pool: pool, gauges: gauges,
            control: control, time: time, pace: pace, before: before, journal: journal)
        report(.info, "RUN_STARTED", "\(kind.rawValue) \(run) on volume \(target.uuid.prefix(8))")
        let end: SessionEnd
        do throws(Failure) { end = try await body(session, volume) } catch {
            end = SessionEnd(result: error.code == "INTERRUPTED" ? .interrupted : .failed, failure: error)
        }
        if !end.hasHungWorkers { await release(session.target) }
        try await finish(&summary, end, session)
        await close(pool, then: .finished(summary.result ?? .failed))
        return summary
    }

    private func show(_ summary: RunSummary, _ before: Tally, _ volume: IndexedVolume) {
        let now = time.monotonic()
        gauges.retries.store(0, ordering: .relaxed)
        gauges.set {
            $0.run = summary.run
            $0.runStartedAt = summary.startedAt
            $0.runStartedNs = now
            $0.before = before
            $0.now = before
            $0.placed = Amount()
            $0.verified = Amount()
            $0.failed = 0
            $0.volume = VolumeState(
                uuid: volume.identity.uuid, fileSystem: volume.identity.fileSystem, isPresent: true)
        }
    }

    /// An index that does not answer any more leaves a run without an end: the next one sees that.
    private func finish(_ summary: inout RunSummary, _ end: SessionEnd, _ session: CopySession) async throws(Failure) {
        let done = session.done
        summary.endedAt = time.wall()
        summary.result = end.result
        summary.failure = end.failure
        summary.done = summary.kind == .verify ? done.verified : done.placed
        summary.failed = done.failed
        summary.retries = gauges.read().retries
        if let tally = try? await index.tally(volume: session.volume) {
            summary.remaining = tally.remaining
            // What the run's own listing found missing failed too.
            if summary.kind == .run { summary.failed = tally.failed }
            gauges.set { $0.now = tally }
        }
        let final = summary
        gauges.set { $0.lastRun = final }
        if let failure = end.failure, end.result == .failed {
            report(.error, failure.code, failure.message, failure)
        }
        report(
            end.result == .ok ? .info : .warn, "RUN_ENDED",
            "\(summary.kind.rawValue) \(summary.run): \(end.result.rawValue), \(Quantity.count(summary.done.count)) "
                + "blobs, \(Quantity.bytes(summary.done.bytes))")
        do throws(Failure) { try await index.end(summary, volume: session.volume) } catch {
            report(.error, error.code, error.message, error)
            summary.result = .failed
            summary.failure = summary.failure ?? error
        }
    }

    // MARK: Parts

    func openSource(_ volume: IndexedVolume) async throws(Failure) -> OpenSource {
        let (path, files) = (settings.source, sourceFiles)
        return try await blockingThrowing("source") { () throws(Failure) -> OpenSource in
            try OpenSource(path: path, files: files, fanOut: volume.identity.fanOut)
        }
    }

    func start(_ pool: WorkerPool) {
        let count = control.limits.workers
        gauges.show(workers: count)
        pool.resize(to: count)
    }

    func close(_ pool: WorkerPool, then phase: CopyPhase) async {
        await pool.close(patience: 1)
        gauges.show(workers: 0)
        gauges.phase = phase
    }

    @discardableResult
    func scan(
        _ source: OpenSource, _ volume: String, _ pool: WorkerPool, full: Bool, lanes: Int? = nil,
        recorded: @escaping @Sendable () -> Void = {}
    ) async throws(Failure) -> ScanReport {
        var scan = SourceScan(
            source: source, index: index, volume: volume, settings: settings, pool: pool, gauges: gauges,
            control: control, time: time, pace: pace)
        scan.lanes = lanes
        scan.recorded = recorded
        let found = try await scan.run(full: full)
        report(
            .info, "SCAN_DONE",
            "\(Quantity.count(found.blobs)) blobs, \(Quantity.count(found.added.count)) new, "
                + "\(Quantity.count(found.missing)) gone, \(Quantity.count(found.listed)) folders listed")
        if found.missing > 0 {
            report(.warn, "SOURCE_VANISHED", "\(Quantity.count(found.missing)) blobs are not in the source any more")
        }
        return found
    }
}
