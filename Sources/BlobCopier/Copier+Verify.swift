package import BackupModel
import WorkerKit

extension Copier {
    /// Reads copies back from the medium, oldest proof first, never proved ones before all. `maxDuration` in seconds
    /// and `limit` in blobs end it early; the next `verify` goes on there (L13).
    ///
    /// `onlyDue` takes what was not proved for `verify_every_days`, and of the rest the oldest, as many as the days since
    /// the last `verify` are of those days: so the reading is spread evenly. Otherwise all are proved.
    package func verify(
        maxDuration: Double? = nil, limit: Int? = nil, onlyDue: Bool = false
    ) async throws(Failure) -> RunSummary {
        try begin("verify", limits(RunOverrides()))
        defer { end() }
        return try await withSession(.verify) { (session, volume) async throws(Failure) in
            let now = self.time.wall()
            var proving = Proving(left: limit ?? .max)
            proving.end = maxDuration.map { self.time.monotonic() + Int64($0 * 1e9) }
            var share = Int.max
            if onlyDue {
                let tally = try await self.index.tally(volume: session.volume)
                let runs = try await self.index.runs(volume: session.volume, limit: 100)
                share = VerifyShare.count(
                    of: tally.safe.count, days: self.settings.verifyEveryDays, after: runs, besides: session.run,
                    now: now)
                let overdue = now.adding(seconds: -Double(self.settings.verifyEveryDays) * 86_400)
                if let end = try await self.proveAll(session, volume, before: overdue, &proving) { return end }
                share = max(0, share - proving.taken)
            }
            proving.left = min(proving.left, share)
            if let end = try await self.proveAll(session, volume, before: now, &proving) { return end }
            let done = session.done
            let isClean = proving.skipped.isEmpty && done.failed.count == 0 && done.postponed == 0
            // Nothing to prove proves nothing, but a volume without copies is no failure of this step.
            return SessionEnd(result: isClean ? .ok : .okWithWarnings)
        }
    }

    private struct Proving {
        var left: Int
        var taken = 0
        /// Monotonic nanoseconds after which nothing more is begun.
        var end: Int64?
        /// Blobs that could not be judged stay at the head of the list.
        var skipped: Set<BlobID> = []
    }

    /// Proves what was last proved before a time; how the run ended if it cannot go on.
    private func proveAll(
        _ session: CopySession, _ volume: IndexedVolume, before: WallTime, _ proving: inout Proving
    ) async throws(Failure) -> SessionEnd? {
        gauges.phase = .verifying
        while proving.left > 0 {
            if Task.isCancelled { control.stop() }
            if control.isStopping { return SessionEnd(result: .interrupted) }
            if let end = proving.end, time.monotonic() >= end { break }
            let count = min(proving.left, 256)
            let page = try await index.unproved(
                volume: session.volume, before: before, limit: count + proving.skipped.count)
            let fresh = page.filter { !proving.skipped.contains($0.id) }.prefix(count)
            if fresh.isEmpty { break }
            proving.left -= fresh.count
            proving.taken += fresh.count
            let judged = await session.prove(Array(fresh))
            try await session.settle(judged.outcomes)
            if let trouble = judged.trouble {
                guard case .lost(let failure) = trouble else {
                    return SessionEnd(result: .failed, failure: trouble.failure)
                }
                if let end = await waitForVolume(session, volume, failure) { return end }
                gauges.phase = .verifying
                continue
            }
            let settled = Set(judged.outcomes.map(\.id))
            proving.skipped.formUnion(fresh.map(\.id).filter { !settled.contains($0) })
        }
        return nil
    }
}
