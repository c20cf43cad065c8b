import BackupCatalog
package import BackupModel
package import BlobCopier
package import WorkerKit

/// Runs the workers, takes orders, publishes one state.
///
/// It makes no blocking call itself: files, indexes, the catalog and the jobs have threads of their own.
package actor Engine: EnginePort {
    var configuration: EngineConfiguration
    let time: SystemTime
    /// Held until `close`; nil afterwards.
    var keys: StateFolderKeys?
    var parts: EngineParts?
    var desks: [String: MirrorDesk] = [:]
    /// Mirrors whose index cannot be opened, and why; the others work.
    var closedMirrors: [String: Failure] = [:]
    /// Runs of jobs on mirrors, by mirror.
    var mirrorJobs: [String: MirrorJob] = [:]
    /// Slots held by runs that were begun by hand.
    var takenByHand: Set<String> = []
    var reloading = Reloading()
    let taps = RunTaps()
    /// Nil where no drive is configured, or where the station cannot be opened: then `closedTape` says why.
    var tape: TapeDesk?
    var closedTape: Failure?
    var isClosing = false

    var subscribers = Subscribers()
    var state: EngineState
    var publishing = Publishing()

    private init(_ configuration: EngineConfiguration, time: SystemTime, keys: StateFolderKeys) {
        self.configuration = configuration
        self.time = time
        self.keys = keys
        state = EngineState(
            host: configuration.host, version: configuration.version, startedAt: time.wall(), at: time.wall())
        state.settingsFile = configuration.settingsFile
    }

    /// Takes the state folder's one engine lock (`BUSY` names the holder), opens the catalog and each mirror's index,
    /// and goes on where the engine before ended.
    package static func open(
        _ configuration: EngineConfiguration, time: SystemTime = .live
    ) async throws(Failure) -> Engine {
        let keys = try await StateFolderKeys.take(configuration.stateFolder, time: time)
        let engine = Engine(configuration, time: time, keys: keys)
        do throws(Failure) { try await engine.begin(keys) } catch {
            await engine.close()
            throw error
        }
        return engine
    }

    private func begin(_ keys: StateFolderKeys) async throws(Failure) {
        let parts = try await EngineParts.open(configuration, keys, self, time, taps)
        self.parts = parts
        try await openDesks()
        await openTape(configuration.tape)
        await parts.log.start()
        state.recentEvents = await parts.log.recent
        state.requests = await parts.requests.open
        await readAlerts()
        let knowsAll = !configuration.isForOneOrder
        if knowsAll {
            await parts.jobs.recover()
            await leaveOldRequests(parts)
        }
        startPublishing()
        await parts.jobs.start()
        if knowsAll {
            await parts.requests.start()
        }
        // Whoever archives in the foreground may be asked for a tape.
        if knowsAll || tape != nil { await parts.answers.start() }
        await published()
    }

    private func openDesks() async throws(Failure) {
        for settings in configuration.mirrors { try await openOrClose(settings) }
    }

    /// An index that cannot be opened closes its mirror alone.
    func openOrClose(_ settings: MirrorSettings) async throws(Failure) {
        closedMirrors[settings.name] = nil
        do throws(Failure) { try await openDesk(settings) } catch {
            guard error.side == .catalog else { throw error }
            closeMirror(settings.name, error)
        }
    }

    private func closeMirror(_ name: String, _ cause: Failure) {
        let file = configuration.stateFolder + "/mirrors/\(name).sqlite"
        var failure = cause
        failure.message = "the index of mirror \(name) cannot be opened: \(cause.message)"
        if cause.code == "CATALOG_CORRUPT" {
            failure.hint =
                "Stop the engine, move \(printable(file.utf8)) aside, start it and enrol the mirror again: what is on "
                + "the volume is adopted by hash."
        } else {
            failure.hint = (cause.hint.isEmpty ? "" : cause.hint + "; ") + "then start the engine again"
        }
        closedMirrors[name] = failure
        parts?.log.post(
            Event(
                at: time.wall(), severity: .error, component: "engine", code: "MIRROR_CLOSED", job: name,
                message: failure.message, failure: failure))
    }

    private func openDesk(_ settings: MirrorSettings) async throws(Failure) {
        guard let keys, let parts else { return }
        let (log, evidence) = (parts.log, parts.evidence)
        try await evidence.recall(settings.name)
        let desk = try await MirrorDesk.open(
            settings, configuration: configuration, lock: keys.lock, time: time, events: { log.post($0) },
            ended: { [weak self] run, tally, volume in
                await evidence.note(
                    run, tally, mirror: settings.name, volume: volume, by: await self?.runner(of: settings.name) ?? "")
            })
        // An engine that died at the end of a run did not get so far.
        await desk.tellLastEnd()
        desks[settings.name] = desk
    }

    /// Who runs a mirror: a job, or people.
    private func runner(of mirror: String) -> String {
        guard let run = mirrorJobs[mirror]?.context.run else { return "by hand" }
        return "job \(run.job.tidied(100)), \(run.trigger.rawValue)"
    }

    // MARK: EnginePort

    package func states() -> AsyncStream<EngineState> {
        let stream = subscribers.join { [weak self] id in Task { await self?.leave(id) } }
        state.at = time.wall()
        subscribers.publish(state.fitted)
        return stream
    }

    private func leave(_ id: Int) { subscribers.leave(id) }

    /// An order from this very process, by whoever the configuration names.
    package func send(_ intent: Intent) async -> IntentResult {
        await take(Order(id: time.randomHex(digits: 32), intent: intent, by: configuration.person))
    }

    package func ask(_ query: Query) async -> Answer {
        guard let parts else { return .refused(.engineCloses) }
        do throws(Failure) {
            switch query {
            case .failures(let name, let after, let limit):
                return .failures(try await desk(name).failures(after: after, limit: rows(limit)))
            case .findings(let name): return .findings(try desk(name).findings)
            case .runs(let name, let limit):
                return .runs(try await desk(name).runs(limit: rows(limit)))
            case .log(let before, let limit, let atLeast):
                return .log(try await parts.log.page(before: before, limit: rows(limit), atLeast: atLeast))
            case .eventsSince(let number, let limit):
                return .events(try await parts.log.since(number, limit: rows(limit)))
            case .jobRuns(let job, let before, let limit):
                return .jobRuns(try await parts.jobs.runs(of: job, before: before, limit: rows(limit)))
            case .jobLog(let run, let offset): return .jobLog(try await parts.jobs.log(run, from: offset))
            case .firings(let days): return .firings(await parts.jobs.planned(days: days, limit: 1000))
            case .requestHistory(let limit):
                return .requestHistory(try await parts.requests.history(limit: rows(limit)))
            case .volumes, .nextTape, .volumeContents, .tapeLook, .tapeEstimate:
                return try await tapeDesk().answer(query)
            case .audit(let before, let limit):
                return .audit(try await parts.orders.page(before: before, limit: rows(limit)))
            }
        } catch {
            return .refused(error)
        }
    }

    /// Rows of a page, so that it stays under 256 KiB.
    private func rows(_ wanted: Int) -> Int { max(0, min(wanted, 400)) }

    /// The mirror's worker, for the demo and for tests.
    package func copier(_ name: String) throws(Failure) -> Copier { try desk(name).copier }

    /// How the run begun last on a mirror ended; nil while it goes on or before the first.
    package func lastRun(_ name: String) -> RunSummary? {
        guard case .ended(let summary)? = desks[name]?.outcome else { return nil }
        return summary
    }

    /// Who watches, as the link knows.
    package func attached(_ consoles: [AttachedConsole]) {
        guard state.consoles != consoles else { return }
        state.consoles = consoles
        publishing.isDirty = true
        publishing.ring()
    }

    func desk(_ name: String) throws(Failure) -> MirrorDesk {
        if let desk = desks[name] { return desk }
        if reloading.changing.contains(name) { throw .mirrorChanges }
        if let failure = closedMirrors[name] { throw failure }
        throw Failure(
            code: "MIRROR_UNKNOWN", side: .settings, message: "no mirror is named \(printable(name.utf8))",
            hint: "Mirrors are the [mirror.NAME] tables of the settings file; after a change: holdfast config reload.")
    }

    // MARK: The end

    /// Ends every run cleanly, keeps what was posted, lets the state folder go. Nothing new begins meanwhile.
    package func close() async {
        guard !isClosing else { return }
        isClosing = true
        await parts?.answers.close()
        await tape?.prepareClose()
        await parts?.jobs.close()
        await tape?.close()
        for desk in desks.values { await desk.stopAndWait() }
        await stopPublishing()
        await parts?.requests.close()
        await parts?.voice.close()
        await parts?.log.close()
        await refresh()
        subscribers.end()
        for desk in desks.values { await desk.close() }
        await parts?.endLife()
        parts = nil
        keys?.close()
        keys = nil
    }
}

extension Failure {
    static let mirrorChanges = Failure(
        code: "MIRROR_CHANGES", side: .engine, message: "the mirror takes its new settings just now",
        hint: "Order it again.", isTransient: true)

    static let engineCloses = Failure(code: "ENGINE_CLOSING", side: .engine, message: "the engine is ending")
}
