import BackupCatalog
import BackupModel
import WorkerKit

/// Keeps what runs prove and knows the newest of it by heart.
actor EvidenceDesk {
    private let thread: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    private let catalog: Catalog
    private let time: SystemTime
    private let events: @Sendable (Event) -> Void
    /// By mirror, the newest first.
    private(set) var newest: [String: [Evidence]] = [:]

    init(
        _ catalog: Catalog, time: SystemTime, events: @escaping @Sendable (Event) -> Void
    ) throws(Failure) {
        do throws(ThreadError) { thread = try ThreadExecutor(name: "evidence") } catch { throw .noThread(error) }
        self.catalog = catalog
        self.time = time
        self.events = events
    }

    /// Reads what is known of a mirror.
    func recall(_ mirror: String) throws(Failure) {
        newest[mirror] = try catalog.evidence(of: mirror, limit: EvidenceDesk.known)
    }

    /// A run of a mirror has ended; once for each run, however often it is told.
    ///
    /// What the catalog does not take counts in this engine; the next one reads it from the mirror's index again.
    func note(_ run: RunSummary, _ tally: Tally, mirror: String, volume: String, by: String) {
        guard newest[mirror]?.contains(where: { $0.run == run.run }) != true else { return }
        var rows = MirrorProof.rows(of: run, tally, mirror: mirror, volume: volume, by: by)
        do throws(Failure) { rows = try catalog.keep(rows) } catch {
            events(
                Event(
                    at: time.wall(), severity: .error, component: "engine", code: "EVIDENCE_UNKEPT", job: mirror,
                    message: "what run \(run.run) proved cannot be kept: \(error.message)", failure: error))
        }
        newest[mirror, default: []].insert(contentsOf: rows.reversed(), at: 0)
        if let count = newest[mirror]?.count, count > EvidenceDesk.known {
            newest[mirror]?.removeLast(count - EvidenceDesk.known)
        }
    }

    /// Rows a mirror; a standing needs more only after as many runs without a whole copy.
    private static let known = 1000
}
