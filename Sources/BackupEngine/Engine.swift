import BackupCatalog
package import BackupModel
package import BlobCopier
package import WorkerKit

/// Runs the workers, takes intents, publishes one state.
///
/// It makes no blocking call itself: files, indexes and the catalog have threads of their own.
package actor Engine: EnginePort {
    private let configuration: EngineConfiguration
    private let time: SystemTime
    /// Held until `close`; nil afterwards.
    private var keys: StateFolderKeys?
    private var log: EventLog?
    private var desks: [String: MirrorDesk] = [:]
    private var board = AlertBoard()
    private var subscribers = Subscribers()
    private var state: EngineState
    private var sampler: Task<Void, Never>?
    private var isClosing = false
    private var publishedAt: Int64

    private init(_ configuration: EngineConfiguration, time: SystemTime, keys: StateFolderKeys) {
        self.configuration = configuration
        self.time = time
        self.keys = keys
        publishedAt = time.monotonic()
        state = EngineState(
            host: configuration.host, version: configuration.version, startedAt: time.wall(), at: time.wall())
    }

    /// Takes the state folder's one engine lock (`BUSY` names the holder), opens the catalog and each mirror's index.
    package static func open(
        _ configuration: EngineConfiguration, time: SystemTime = .live
    ) async throws(Failure) -> Engine {
        let keys = try await StateFolderKeys.take(configuration.stateFolder, time: time)
        let engine = Engine(configuration, time: time, keys: keys)
        try await engine.begin(keys)
        return engine
    }

    private func begin(_ keys: StateFolderKeys) async throws(Failure) {
        let log = try EventLog(catalog: keys.catalog, logPath: configuration.logPath) { [weak self] event in
            await self?.took(event)
        }
        self.log = log
        for settings in configuration.mirrors {
            desks[settings.name] = try await MirrorDesk.open(
                settings, configuration: configuration, lock: keys.lock, time: time, events: { log.post($0) })
        }
        await log.start()
        state.recentEvents = await log.recent
        await refresh()
        sampler = Task { [weak self] in
            while !Task.isCancelled, let self {
                await self.refresh()
                try? await Task.sleep(for: Engine.samplePeriod)
            }
        }
    }

    /// Four times a second is as often as a person can read.
    private static let samplePeriod = Duration.milliseconds(250)

    // MARK: EnginePort

    package func states() -> AsyncStream<EngineState> {
        let stream = subscribers.join { [weak self] id in Task { await self?.leave(id) } }
        subscribers.publish(state)
        return stream
    }

    private func leave(_ id: Int) { subscribers.leave(id) }

    package func send(_ intent: Intent) async -> IntentResult {
        let result = await decide(intent)
        log?.post(audit(intent, result))
        await refresh()
        return result
    }

    package func ask(_ query: Query) async -> Answer {
        do throws(Failure) {
            switch query {
            case .failures(let name, let after, let limit):
                return .failures(try await desk(name).failures(after: after, limit: rows(limit)))
            case .runs(let name, let limit):
                return .runs(try await desk(name).runs(limit: rows(limit)))
            case .log(let before, let limit, let atLeast):
                guard let log else { return .log([]) }
                return .log(try await log.page(before: before, limit: rows(limit), atLeast: atLeast))
            default: throw Failure(code: "QUERY_UNKNOWN", side: .engine, message: "this engine does not know that")
            }
        } catch {
            return .refused(error)
        }
    }

    /// Rows of a page, so that it stays under 256 KiB.
    private func rows(_ wanted: Int) -> Int { max(0, min(wanted, 400)) }

    /// The mirror's worker, for what is not an intent: enrolling and dry runs.
    package func copier(_ name: String) throws(Failure) -> Copier { try desk(name).copier }

    /// How the run begun last on a mirror ended; nil while it goes on or before the first.
    package func lastRun(_ name: String) -> RunSummary? {
        guard case .ended(let summary)? = desks[name]?.outcome else { return nil }
        return summary
    }

    /// Ends every run cleanly, keeps what was posted, lets the state folder go. Nothing new begins meanwhile.
    package func close() async {
        guard !isClosing else { return }
        isClosing = true
        for desk in desks.values { await desk.stopAndWait() }
        sampler?.cancel()
        await sampler?.value
        await log?.close()
        await refresh()
        subscribers.end()
        for desk in desks.values { await desk.close() }
        keys?.close()
        keys = nil
    }

    // MARK: Intents

    private func decide(_ intent: Intent) async -> IntentResult {
        guard !isClosing else {
            return .refused(Failure(code: "ENGINE_CLOSING", side: .engine, message: "the engine is ending"))
        }
        guard let name = intent.mirror else { return acknowledge(intent) }
        do throws(Failure) {
            let desk = try desk(name)
            if let refusal = refusal(of: intent, in: desk.phase) { return .refused(refusal) }
            return .accepted(try await desk.carryOut(intent))
        } catch {
            return .refused(error)
        }
    }

    private func acknowledge(_ intent: Intent) -> IntentResult {
        guard case .acknowledge(let id, let note) = intent,
            (try? board.acknowledge(id, note: note, by: .engine, now: time.wall())) != nil
        else {
            return .refused(Failure(code: "ALERT_GONE", side: .engine, message: "that alert is not open any more"))
        }
        return .accepted("alert acknowledged")
    }

    private func audit(_ intent: Intent, _ result: IntentResult) -> Event {
        var event = Event(
            at: time.wall(), severity: .info, component: "command", code: "INTENT", job: intent.mirror ?? "",
            message: intent.words)
        switch result {
        case .accepted(let words): event.message += ": " + words
        case .refused(let failure):
            event.code = "INTENT_REFUSED"
            event.message += ": refused, " + failure.message
        }
        return event
    }

    private func desk(_ name: String) throws(Failure) -> MirrorDesk {
        if let desk = desks[name] { return desk }
        throw Failure(
            code: "MIRROR_UNKNOWN", side: .settings, message: "no mirror is named \(printable(name.utf8))",
            hint: "Mirrors are the [mirror.NAME] tables of the settings file.")
    }

    // MARK: The state

    private func took(_ event: Event) async {
        board.note(event)
        state.recentEvents = await log?.recent ?? []
        publish(state.copies)
    }

    private func refresh() async {
        guard keys != nil else { return }
        var copies: [CopyState] = []
        for settings in configuration.mirrors {
            guard let desk = desks[settings.name] else { continue }
            copies.append(await desk.picture(now: seconds(time.monotonic())))
        }
        publish(copies)
    }

    /// Sends the state when something a person sees has changed, and once a second in any case: who sees an old state
    /// takes the engine for dead. The seconds are monotonic, for the clock on the wall may be set back (I12).
    private func publish(_ copies: [CopyState]) {
        let now = time.monotonic()
        let isSame = copies == state.copies && board.open == state.alerts
        let isDue = now - publishedAt >= 1_000_000_000
        guard !isSame || isDue || state.recentEvents.last != lastEvent else { return }
        publishedAt = now
        lastEvent = state.recentEvents.last
        state.copies = copies
        state.alerts = board.open
        state.at = time.wall()
        state.sequence += 1
        subscribers.publish(state)
    }

    private var lastEvent: Event?
}
