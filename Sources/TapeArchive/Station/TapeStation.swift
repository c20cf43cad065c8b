package import BackupCatalog
package import BackupModel
package import WorkerKit

/// All drives and robots of one engine: who has which, what lies where, and what is done with them.
package actor TapeStation: DriveLending {
    /// Opens nothing yet: a device that is missing is a drive in trouble, not an engine that does not start.
    package init(
        _ plan: StationPlan, catalog: Catalog, files: any FileCalls, time: SystemTime, by person: any TapeOperator,
        events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) { throw Failure(code: "TODO", side: .engine, message: "") }

    /// As the publisher samples it, four times a second; asks no drive anything.
    package nonisolated func state() -> TapeState { TapeState() }

    /// Carries an order out, or begins it; the words say what was done. Throws what a person must know.
    package func carryOut(_ order: TapeOrder, by person: Person) async throws(Failure) -> String { "" }

    package func lease(_ claim: DriveClaim) async throws(Failure) -> DriveLease {
        throw Failure(code: "TODO", side: .engine, message: "")
    }

    /// Makes an archive, to its end. `lines` take what belongs into the run's log.
    package func archive(
        _ work: ArchiveWork, control: TapeRunControl, line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd { TapeRunEnd(.failed) }

    /// Reads a volume back against its index files and the catalog.
    package func verify(
        volume: String, job: String, drive: String?, control: TapeRunControl,
        line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd { TapeRunEnd(.failed) }

    package func volumes(pool: String?, after: Int64?, limit: Int) async throws(Failure) -> [VolumeRow] { [] }
    package func nextTape(pool: String, drive: String?) async throws(Failure) -> [String] { [] }
    package func contents(of volume: String) async throws(Failure) -> [String] { [] }

    /// New settings: drives that are at work keep theirs until they are done.
    package func reload(_ plan: StationPlan) async throws(Failure) {}

    /// Ends what goes on at a sound place and lets go of the devices.
    package func close() async {}
}
