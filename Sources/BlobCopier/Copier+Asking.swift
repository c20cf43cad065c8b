package import BackupModel
import WorkerKit

extension Copier {
    /// Where the mirror stands. Touches neither source nor volume but to look.
    package func status() async throws(Failure) -> MirrorStatus {
        let known = try await index.volumes()
        var status = MirrorStatus(
            name: settings.name, source: settings.source, target: settings.target, volume: known.first,
            isPresent: false, refusal: nil, free: 0, capacity: 0, tally: Tally(), map: [], lastFullWalk: nil, runs: [])
        do throws(Failure) {
            let facts = try await facts()
            if case .found(let marker) = facts.marker {
                status.volume = known.first { $0.identity.uuid == marker.identity.uuid } ?? status.volume
            }
            status.refusal = status.volume.map { facts.refusal(expecting: $0) } ?? .notEnrolled(settings)
            status.isPresent = status.refusal == nil
            let space = try await space()
            (status.free, status.capacity) = (space.free, space.capacity)
        } catch { status.refusal = error }
        guard let uuid = status.volume?.identity.uuid else { return status }
        status.tally = try await index.tally(volume: uuid)
        status.map = try await index.map(volume: uuid)
        status.lastFullWalk = try await index.lastFullWalk(volume: uuid)
        status.runs = try await index.runs(volume: uuid, limit: 20)
        return status
    }

    package func failures(after: BlobID? = nil, limit: Int = 1000) async throws(Failure) -> [BlobFailure] {
        try await index.failures(volume: try await expectedVolume().identity.uuid, after: after, limit: limit)
    }

    /// Failed blobs back to `pending`: all, or one; returns how many.
    package func requeue(_ blob: BlobID? = nil) async throws(Failure) -> Int {
        try await index.requeue(blob, volume: try await expectedVolume().identity.uuid)
    }

    /// Cells of the blob map, for a publisher that draws it now and then.
    package func map() async throws(Failure) -> [MapCell] {
        try await index.map(volume: try await expectedVolume().identity.uuid)
    }

    /// What a run would do; neither the index nor the volume changes.
    package func dryRun(_ overrides: RunOverrides = RunOverrides()) async throws(Failure) -> DryRunReport {
        try begin("dry run", limits(overrides))
        defer { end() }
        let volume = try await expectedVolume()
        if let refusal = try await facts().refusal(expecting: volume) { throw refusal }
        let source = try await openSource(volume)
        let pool = WorkerPool(hash: settings.hash, gauges: gauges)
        start(pool)
        let scan = SourceScan(
            source: source, index: index, volume: volume.identity.uuid, settings: settings, pool: pool, gauges: gauges,
            control: control, time: time, pace: pace)
        do throws(Failure) {
            let new = try await scan.preview()
            await close(pool, then: .idle)
            return try await forecast(volume, new, limit: overrides.limit)
        } catch {
            await close(pool, then: .idle)
            throw error
        }
    }

    private func forecast(
        _ volume: IndexedVolume, _ new: Amount, limit: Int?
    ) async throws(Failure) -> DryRunReport {
        let tally = try await index.tally(volume: volume.identity.uuid)
        var wanted = tally.remaining + new
        if let limit, limit < wanted.count, wanted.count > 0 {
            wanted = Amount(
                count: limit, bytes: Int64(Double(wanted.bytes) * Double(limit) / Double(wanted.count)))
        }
        let space = try await space()
        let verdict = FreeSpace(keepFree: settings.keepFree, sizeBudget: settings.sizeBudget).verdict(
            space: space, placed: tally.safe.bytes, moreBytes: wanted.bytes, moreFiles: Int64(wanted.count))
        var short: Int64 = 0
        if case .short(let bytes) = verdict { short = bytes }
        if case .overBudget(let bytes) = verdict { short = bytes }
        let runs = try await index.runs(volume: volume.identity.uuid, limit: 20)
        return DryRunReport(
            safe: tally.safe, wanted: wanted, new: new, failed: tally.failed, free: space.free, shortOf: short,
            seconds: Forecast.seconds(for: wanted, after: runs))
    }

    private func space() async throws(Failure) -> VolumeSpace {
        let (path, files) = (PathBytes(settings.target), targetFiles)
        return try await blockingThrowing("space") { () throws(Failure) -> VolumeSpace in
            let volume = try PinnedVolume(path, files: files)
            defer { volume.close() }
            do throws(FileError) { return try files.space(of: volume.root) } catch { throw error.failure }
        }
    }
}

/// How long work takes, by what earlier runs took.
enum Forecast {
    /// Seconds, or nil when no finished run copied anything. `runs`: newest first.
    static func seconds(for wanted: Amount, after runs: [RunSummary]) -> Double? {
        if wanted.count == 0 { return 0 }
        let run = runs.first { $0.kind == .run && $0.endedAt != nil && $0.done.count > 0 }
        guard let run, let ended = run.endedAt else { return nil }
        let seconds = max(0.001, ended.seconds(since: run.startedAt))
        // Small blobs cost by count, large ones by bytes: the dearer of the two.
        let byBytes = Double(wanted.bytes) * seconds / Double(max(1, run.done.bytes))
        let byCount = Double(wanted.count) * seconds / Double(run.done.count)
        return max(byBytes, byCount)
    }
}
