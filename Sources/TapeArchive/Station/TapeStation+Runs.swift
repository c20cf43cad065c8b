import BackupCatalog
import BackupModel
import WorkerKit

/// Archives and verifications.
extension TapeStation {
    /// Makes an archive, to its end; waits for its drive first. `line` takes what belongs into the run's log.
    package func archive(
        _ work: ArchiveWork, control: TapeRunControl, line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd {
        do throws(Failure) {
            let pool = try pool(work.settings.pool)
            let lease = try await lease(
                DriveClaim(
                    .write(pool: pool.name), job: work.job, run: work.run, drive: work.drive,
                    isScheduled: work.isScheduled, control: control, line: line))
            let end = await ArchiveRun(work, pool: pool, lease: lease, house: house, control: control, line: line).run()
            await lease.end()
            return end
        } catch { return Self.ended(error) }
    }

    /// Reads a volume back against its index files and the catalog.
    package func verify(
        volume: String, job: String, drive: String?, control: TapeRunControl,
        line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd {
        do throws(Failure) {
            _ = try find(volume)
            let lease = try await lease(DriveClaim(.read, job: job, drive: drive, control: control, line: line))
            let end = await VerifyRun(
                volume: volume, job: job, lease: lease, house: house, control: control, line: line
            ).verify()
            await lease.end()
            return end
        } catch { return Self.ended(error) }
    }

    private var house: ArchiveRun.House {
        ArchiveRun.House(catalog: catalog, time: time, stateFolder: plan.stateFolder)
    }

    private static func ended(_ failure: Failure) -> TapeRunEnd {
        TapeRunEnd(failure.code == StationFailure.cancelled.code ? .interrupted : .failed, failure: failure)
    }
}
