import BackupModel

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
            let house = ArchiveRun.House(catalog: catalog, time: time, stateFolder: plan.stateFolder)
            let end = await ArchiveRun(work, pool: pool, lease: lease, house: house, control: control, line: line).run()
            await lease.end()
            refresh()
            return end
        } catch { return TapeRunEnd(of: error) }
    }

    /// Reads a volume back against its index files and the catalog.
    package func verify(
        volume: String, job: String, drive: String?, control: TapeRunControl,
        line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd { TapeRunEnd(.failed) }
}

extension TapeRunEnd {
    /// A run that did not come to begin; what was cancelled has not failed.
    init(of failure: Failure) {
        self.init(failure.code == "CANCELLED" ? .interrupted : .failed, failure: failure)
    }
}
