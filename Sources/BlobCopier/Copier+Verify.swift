package import BackupModel
import WorkerKit

extension Copier {
    /// Reads copies back from the medium, oldest proof first, never proved ones before all. `maxDuration` in seconds
    /// and `limit` in blobs end it early; the next `verify` goes on there (L13). `olderThanDays`: nil proves all.
    package func verify(
        maxDuration: Double? = nil, limit: Int? = nil, olderThanDays: Int? = nil
    ) async throws(Failure) -> RunSummary {
        try begin("verify", limits(RunOverrides()))
        defer { end() }
        return try await withSession(.verify) { (session, volume) async throws(Failure) in
            try await self.proveAll(
                session, volume, maxDuration: maxDuration, limit: limit, olderThanDays: olderThanDays)
        }
    }

    private func proveAll(
        _ session: CopySession, _ volume: IndexedVolume, maxDuration: Double?, limit: Int?, olderThanDays: Int?
    ) async throws(Failure) -> SessionEnd {
        gauges.phase = .verifying
        let started = time.monotonic()
        let before = time.wall().adding(seconds: -Double(olderThanDays ?? 0) * 86_400)
        var left = limit ?? .max
        // Blobs that could not be judged stay at the head of the list.
        var skipped: Set<BlobID> = []
        while left > 0 {
            if control.isStopping { return SessionEnd(result: .interrupted) }
            if let maxDuration, Double(time.monotonic() - started) / 1e9 >= maxDuration { break }
            let count = min(left, 256)
            let page = try await index.unproved(volume: session.volume, before: before, limit: count + skipped.count)
            let fresh = page.filter { !skipped.contains($0.id) }.prefix(count)
            if fresh.isEmpty { break }
            left -= fresh.count
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
            skipped.formUnion(fresh.map(\.id).filter { !settled.contains($0) })
        }
        let isClean = skipped.isEmpty && session.done.failed.count == 0 && session.done.postponed == 0
        // Nothing to prove proves nothing, but a volume without copies is no failure of this step.
        return SessionEnd(result: isClean ? .ok : .okWithWarnings)
    }
}
