package import BackupModel
package import WorkerKit

/// What an engine is opened with.
package struct EngineConfiguration: Sendable {
    /// Holds `catalog.sqlite`, `mirrors/`, `engine.lock` and `log/`.
    package var stateFolder: String
    package var mirrors: [MirrorSettings]
    /// Where JSON Lines go, or nil for nowhere.
    package var logPath: String?
    package var host: String
    package var version: String
    /// The file calls of a mirror's two sides; tests and the demo put faults here.
    package var files: @Sendable (MirrorSettings) -> (source: any FileCalls, target: any FileCalls)

    package init(
        stateFolder: String, mirrors: [MirrorSettings], logPath: String?, host: String, version: String,
        files: @escaping @Sendable (MirrorSettings) -> (source: any FileCalls, target: any FileCalls) = { _ in
            (LinuxFiles(side: .source), LinuxFiles(side: .destination))
        }
    ) {
        self.stateFolder = stateFolder
        self.mirrors = mirrors
        self.logPath = logPath
        self.host = host
        self.version = version
        self.files = files
    }
}
