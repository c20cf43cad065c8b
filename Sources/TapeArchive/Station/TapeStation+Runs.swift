package import BackupModel
import WorkerKit

/// Archives and verifications: each has a drive for itself as long as it lasts.
extension TapeStation {
    /// Makes an archive, to its end. `lines` take what belongs into the run's log.
    package func archive(
        _ work: ArchiveWork, control: TapeRunControl, line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd {
        do throws(Failure) {
            let pool = try pool(work.settings.pool)
            var claim = DriveClaim(.write(pool: pool.name), job: work.job, control: control, line: line)
            (claim.run, claim.drive, claim.isScheduled) = (work.run, work.drive, work.isScheduled)
            let lease = try await lease(claim)
            let end = await ArchiveRun(work, pool: pool, lease: lease, house: house, control: control, line: line).run()
            await lease.end()
            refresh()
            return end
        } catch { return TapeRunEnd(of: error) }
    }

    /// Reads a volume back against its index files and the catalog.
    package func verify(
        volume: String, job: String, run: RunID? = nil, drive: String?, isScheduled: Bool = false,
        control: TapeRunControl, line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd {
        do throws(Failure) {
            var claim = DriveClaim(.read, job: job, control: control, line: line)
            (claim.run, claim.drive, claim.isScheduled) = (run, drive, isScheduled)
            let lease = try await lease(claim)
            let end = await VerifyRun(
                volume: volume, job: job, run: run, by: job, lease: lease, house: house, control: control, line: line
            ).verify()
            await lease.end()
            refresh()
            return end
        } catch { return TapeRunEnd(of: error) }
    }

    /// What an archive would take, a line each: bytes, time, tapes there and tapes missing. Reads no file.
    package func estimate(_ settings: TapeJobSettings, drive: String?) async throws(Failure) -> [String] {
        let pool = try pool(settings.pool)
        let bay = drive == nil ? bays.first : try self.bay(drive ?? "")
        let wish = wish(pool, drive: bay)
        let work = ArchiveWork(settings, job: ArchiveWork.byHand, set: ArchiveWork.byHand)
        let (house, rate) = (house, bay?.feed.range?.highest ?? 0)
        do {
            return try await runBlocking(name: "tape estimate") {
                try ArchiveEstimate(work, house: house, wish: wish, rate: rate).words
            }
        } catch { throw StationFailure.of(error, "estimate") }
    }

    private var house: ArchiveRun.House {
        ArchiveRun.House(catalog: catalog, time: time, stateFolder: plan.stateFolder)
    }
}

extension TapeRunEnd {
    /// A run that did not come to begin; what was cancelled has not failed.
    init(of failure: Failure) {
        self.init(failure.code == "CANCELLED" ? .interrupted : .failed, failure: failure)
    }
}
