import BackupModel

/// Archives and verifications.
extension TapeStation {
    /// Makes an archive, to its end. `lines` take what belongs into the run's log.
    package func archive(
        _ work: ArchiveWork, control: TapeRunControl, line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd { TapeRunEnd(.failed) }

    /// Reads a volume back against its index files and the catalog.
    package func verify(
        volume: String, job: String, drive: String?, control: TapeRunControl,
        line: @escaping @Sendable (String, String) -> Void
    ) async -> TapeRunEnd { TapeRunEnd(.failed) }
}
