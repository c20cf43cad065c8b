package import BackupModel

/// What the process around the engine asks of it.
extension Engine: EngineService {
    /// Comes back while the engine is no deadlock: for the watchdog.
    package func isAlive() -> Bool { !isClosing }

    /// Something that happened around the engine, for its log.
    package func report(_ event: Event) { parts?.log.post(event) }
}
