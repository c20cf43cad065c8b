import BackupCatalog
import BackupModel
import Synchronization
import WorkerKit

/// The engine's rooms, each with a thread of its own.
struct EngineParts: Sendable {
    let log: EventLog
    let censor: Censor
    let orders: OrderMemory
    let requests: RequestDesk
    let alerts: AlertDesk
    let jobs: JobDesk
    let answers: AnswersFolder
    let artefacts: ArtefactWatch
    let evidence: EvidenceDesk
    let voice: Voice
    /// Nil for an engine of one order: a crash is told by the engine that takes up again what was under way.
    private let lives: EngineLives?
    private let time: SystemTime

    static func open(
        _ configuration: EngineConfiguration, _ keys: StateFolderKeys, _ engine: Engine, _ time: SystemTime,
        _ taps: RunTaps
    ) async throws(Failure) -> EngineParts {
        let catalog = keys.catalog
        let censor = Censor(configuration.redaction)
        let log = try EventLog(
            catalog: catalog, logPath: configuration.logPath, keeping: configuration.logging, censor: censor,
            onKept: { taps.note($0) }, onEvent: { [weak engine] in await engine?.took($0) })
        let lives = configuration.isForOneOrder ? nil : EngineLives(catalog), now = time.wall()
        if let crashed = try await onThread("life", { () throws(Failure) in try lives?.begin(at: now) }) {
            log.post(crashEvent(started: crashed, at: now))
        }
        let requests = try await RequestDesk.open(
            RequestStore(catalog), time: time, onNews: { [weak engine] in await engine?.heard($0) })
        let files = LinuxFiles(side: .engine)
        return EngineParts(
            log: log, censor: censor, orders: try await OrderMemory.open(AuditLog(catalog), time: time),
            requests: requests,
            alerts: try await AlertDesk.open(AlertStore(catalog), time: time),
            jobs: try await jobs(configuration, catalog, engine, log, censor, requests, time),
            answers: try AnswersFolder(
                path: configuration.stateFolder + "/answers", files: files, time: time,
                send: { [weak engine] in await engine?.take($0) ?? .refused(.engineCloses) },
                onTrouble: { failure in
                    log.post(
                        Event(
                            at: time.wall(), severity: .warn, component: "requests", code: "ANSWERS_FOLDER",
                            message: failure.message))
                }),
            artefacts: try ArtefactWatch(files: files),
            evidence: try EvidenceDesk(catalog, time: time, events: { log.post($0) }),
            voice: try await voice(configuration, catalog, engine, log, time), lives: lives, time: time)
    }

    private static func jobs(
        _ configuration: EngineConfiguration, _ catalog: Catalog, _ engine: Engine, _ log: EventLog,
        _ censor: Censor, _ requests: RequestDesk, _ time: SystemTime
    ) async throws(Failure) -> JobDesk {
        let setting = JobDesk.Setting(
            store: JobStore(catalog),
            logs: RunLogs(folder: configuration.stateFolder + "/log/runs", censor: censor, time: time),
            retention: configuration.runLogs, stateFolder: configuration.stateFolder,
            works: await engine.works, clerk: ScheduleClerk { JobCalendar($0) }, time: time,
            clock: configuration.outside.clock, atOnce: configuration.jobsAtOnce,
            surroundings: configuration.environment, events: { log.post($0) },
            changed: { [weak engine] in Task { await engine?.jobsChanged() } },
            jumped: { seconds in Task { try? await requests.clockJumped(by: seconds) } },
            ended: { [weak engine] run in Task { await engine?.jobEnded(run) } })
        return try await JobDesk.open(setting, jobs: configuration.jobs)
    }

    private static func voice(
        _ configuration: EngineConfiguration, _ catalog: Catalog, _ engine: Engine, _ log: EventLog,
        _ time: SystemTime
    ) async throws(Failure) -> Voice {
        let store = JobStore(catalog)
        let parts = Voice.Parts(
            send: configuration.outside.deliver, ping: configuration.outside.ping,
            runs: { since in
                let runs = try? await onThread("digest") { () throws(Failure) in
                    try store.runs(of: nil, before: nil, limit: 1000)
                }
                return (runs ?? []).filter { $0.endedAt.map { $0 >= since } ?? false }
            }, events: { log.post($0) })
        return try await Voice.open(
            catalog: catalog, settings: configuration.voice, host: configuration.host,
            redaction: configuration.redaction, time: time, parts: parts)
    }

    /// The engine ended in order.
    func endLife() async {
        let (lives, now) = (lives, time.wall())
        try? await onThread("life") { () throws(Failure) in try lives?.end(at: now) }
    }
}

/// Which run's log hears of a mirror's events.
final class RunTaps: Sendable {
    private let logs = Mutex<[String: RunLog]>([:])

    func set(_ mirror: String, _ log: RunLog?) { logs.withLock { $0[mirror] = log } }

    /// On a thread that may block.
    func note(_ event: Event) {
        guard event.component == "copy" || event.component == "engine", let log = logs.withLock({ $0[event.job] })
        else { return }
        log.line("\(event.severity.word) \(event.code)", event.message)
    }
}
