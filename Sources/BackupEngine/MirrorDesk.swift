import BackupCatalog
import BackupModel
import BlobCopier
import Synchronization
import WorkerKit

/// One mirror in the engine's hands: its worker, the run in progress, and the picture of it.
///
/// Lives inside the engine's isolation; the worker and the reader are actors of their own.
final class MirrorDesk {
    let copier: Copier
    let settings: MirrorSettings
    private let reader: MirrorReader
    private let time: SystemTime
    private let work = RunSlot()
    private let inquiry = FindingsSlot()
    private var painter: CopyPainter
    private var look = MirrorReader.Look()
    private var lookedAt = -Double.infinity
    private var lookedIn = CopyPhase.idle
    private let events: @Sendable (Event) -> Void
    /// Told of each run with an end, the index at that end, and the volume's uuid.
    private let ended: Ended
    typealias Ended = @Sendable (RunSummary, Tally, String) async -> Void
    /// Asked for during the work in hand. A worker that only just begins forgets what it was told before, so all of it
    /// is said again with each picture.
    private var isStopWanted = false, isPauseWanted = false
    private var limitsWanted: CopyLimits?
    /// A job waits for the volume to come, and why; nothing runs meanwhile.
    var away: String?

    private init(
        settings: MirrorSettings, copier: Copier, reader: MirrorReader, time: SystemTime,
        events: @escaping @Sendable (Event) -> Void, ended: @escaping Ended
    ) {
        self.events = events
        self.ended = ended
        self.settings = settings
        self.copier = copier
        self.reader = reader
        self.time = time
        painter = CopyPainter(settings: settings)
    }

    /// Opens the mirror's index file, making it if there is none, and the worker on it.
    static func open(
        _ settings: MirrorSettings, configuration: EngineConfiguration, lock: InstanceLock, time: SystemTime,
        events: @escaping @Sendable (Event) -> Void, ended: @escaping Ended
    ) async throws(Failure) -> MirrorDesk {
        let path = configuration.stateFolder + "/mirrors/\(settings.name).sqlite"
        let store = try await onThread("index-open") { () throws(Failure) in try BlobIndexStore(path: path) }
        let files = configuration.files(settings)
        let copier = Copier(
            settings: settings, index: try SQLiteBlobIndex(store, lock: lock), source: files.source,
            target: files.target,
            stateFolder: configuration.stateFolder, time: time, events: events)
        return MirrorDesk(
            settings: settings, copier: copier, reader: try MirrorReader(store), time: time, events: events,
            ended: ended)
    }

    /// What the mirror does, as intents are judged by it.
    var phase: CopyPhase {
        if let away { return .waiting(reason: away) }
        guard isBusy else { return .idle }
        let gauge = copier.gauges.read()
        if gauge.isPaused || isPauseWanted { return .paused }
        return gauge.phase.isBusy ? gauge.phase : .reconciling
    }

    /// Begins or changes what was asked for; the words say what. A job verifies what is due, a person everything.
    func carryOut(_ intent: Intent, asJob: Bool = false) async throws(Failure) -> String {
        switch intent {
        case .runMirror(_, let overrides) where overrides.dryRun:
            look("dry run") { copier throws(Failure) in .forecast(try await copier.dryRun(overrides)) }
            return "dry run begun"
        case .enrolMirror(_, let fanOut):
            look("enrolment") { copier throws(Failure) in .enrolled(try await copier.enrol(fanOut: fanOut)) }
            return "enrolment begun"
        case .runMirror(_, let overrides):
            begin("run") { copier throws(Failure) in try await copier.run(overrides) }
            return "run begun"
        case .scanMirror:
            begin("scan") { [time] copier throws(Failure) in
                let began = time.wall()
                let report = try await copier.scan()
                return RunSummary(scan: report, run: RunID(bits: time.random()), from: began, to: time.wall())
            }
            return "scan begun"
        case .verifyMirror:
            begin("verification") { copier throws(Failure) in try await copier.verify(onlyDue: asJob) }
            return "verification begun"
        case .pauseMirror:
            isPauseWanted = true
            copier.pause()
            return "paused"
        case .resumeMirror:
            isPauseWanted = false
            copier.resume()
            return "resumed"
        case .stopMirror:
            isStopWanted = true
            copier.stop()
            return "stopping: what is placed stays, the rest stays queued"
        case .limitMirror(_, let limits):
            limitsWanted = limits
            copier.limit(limits)
            return "limits changed"
        case .requeue(_, let blob):
            let count = try await copier.requeue(blob)
            lookedAt = -Double.infinity
            return "\(Quantity.count(count)) queued again"
        case .acknowledge, .snooze, .tape, .runJob, .cancelJob, .pauseJob, .resumeJob, .enableJob, .skipNext, .answer,
            .claim,
            .postpone, .maintenance, .drain, .acceptClock, .reloadSettings, .stopEngine:
            throw Failure(code: "INTENT_UNKNOWN", side: .engine, message: "that is no word to a mirror")
        }
    }

    private func begin(
        _ what: String, _ body: @escaping @Sendable (Copier) async throws(Failure) -> RunSummary
    ) {
        (isStopWanted, isPauseWanted, limitsWanted) = (false, false, nil)
        painter.begin(at: seconds(time.monotonic()), base: copier.gauges.read())
        work.begin { [copier, reader, events, ended, time, name = settings.name] in
            do throws(Failure) {
                let run = try await body(copier)
                // Before the next can begin: what the run proved is read from the index as it left it.
                if let look = try? await reader.look(), let uuid = look.volume?.identity.uuid {
                    await ended(run, look.tally, uuid)
                }
                return .ended(run)
            } catch {
                let isAsked = error.code == "INTERRUPTED"
                events(
                    Event(
                        at: time.wall(), severity: isAsked ? .info : .error, component: "engine",
                        code: isAsked ? "RUN_STOPPED" : "RUN_REFUSED", job: name,
                        message: "\(what): \(error.message)", failure: isAsked ? nil : error))
                return .refused(error)
            }
        }
    }

    /// Tells of the last run once more, unless one began after it.
    func tellLastEnd() async {
        guard let look = try? await reader.look(), let uuid = look.volume?.identity.uuid, let run = look.lastRun else {
            return
        }
        await ended(run, look.tally, uuid)
    }

    /// What ends with a report instead of a run's summary.
    private func look(
        _ what: String, _ body: @escaping @Sendable (Copier) async throws(Failure) -> MirrorFindings
    ) {
        (isStopWanted, isPauseWanted) = (false, false)
        inquiry.begin { [copier, events, time, name = settings.name] in
            do throws(Failure) { return try await body(copier) } catch {
                events(
                    Event(
                        at: time.wall(), severity: error.code == "INTERRUPTED" ? .info : .error, component: "engine",
                        code: "INQUIRY_FAILED", job: name, message: "\(what): \(error.message)", failure: error))
                return .failed(error)
            }
        }
    }

    /// What the last enrolment or dry run found.
    var findings: MirrorFindings { inquiry.findings }

    /// The engine goes on taking pictures meanwhile: a stop that came too early is said again.
    func stopAndWait() async {
        isStopWanted = true
        copier.stop()
        await wait()
    }

    private func insist() {
        if isStopWanted, isBusy { copier.stop() }
        guard work.isBusy else { return }
        let reading = copier.gauges.read()
        if isPauseWanted, !reading.isPaused { copier.pause() }
        if let limitsWanted, !limitsWanted.hold(in: reading.limits) { copier.limit(limitsWanted) }
    }

    func close() async { await reader.close() }

    // MARK: For jobs

    /// A run, scan or verification is under way, whoever began it.
    var isBusy: Bool { work.isBusy || inquiry.isBusy }

    func wait() async {
        await work.wait()
        await inquiry.wait()
    }

    /// Does what an intent asks for and waits for its end.
    func runToEnd(_ intent: Intent) async throws(Failure) -> RunOutcome {
        _ = try await carryOut(intent, asJob: true)
        await work.wait()
        return work.outcome ?? .refused(Failure(code: "RUN_LOST", side: .engine, message: "the run has no end"))
    }

    /// The volume enrolled last.
    var volume: VolumeIdentity? { look.volume?.identity }

    /// When a run on it last ended, so when it was certainly there.
    var lastSeen: WallTime? { look.lastRun?.endedAt }

    /// Why the volume cannot be used now, looked at afresh; nil when it can.
    func refusal() async -> Failure? {
        do throws(Failure) { return try await copier.status().refusal } catch { return error }
    }

    // MARK: Looking

    func failures(after: BlobID?, limit: Int) async throws(Failure) -> [BlobFailure] {
        try await reader.failures(after: after, limit: limit)
    }

    func runs(limit: Int) async throws(Failure) -> [RunSummary] { try await reader.runs(limit: limit) }

    /// How the run that was begun last ended, or nil while it goes on.
    var outcome: RunOutcome? { work.outcome }

    /// The mirror as the console sees it. `now` is in seconds of the monotonic clock.
    func picture(now: Double) async -> CopyState {
        insist()
        // The index is asked once a second at work, at each new phase and at the end; what fails here fails louder
        // where it is written.
        let reading = copier.gauges.read()
        let isNew = reading.phase != lookedIn || work.takeEndNotice() || inquiry.takeEndNotice()
        let isDue = isNew || now - lookedAt >= (work.isBusy ? 1 : 5)
        if isDue, let fresh = try? await reader.look() {
            look = fresh
            (lookedAt, lookedIn) = (now, reading.phase)
        }
        var picture = painter.paint(reading: copier.gauges.read(), look: look, work: work.standing, now: now)
        if inquiry.isBusy || away != nil { picture.phase = phase }
        // The gauges tell of the last run that reached its volume; this one did not.
        if away != nil || work.standing.isAbsence { picture.volume.isPresent = false }
        return picture
    }
}

extension RunSlot.Standing {
    /// The work ended before it began, for the volume was away.
    fileprivate var isAbsence: Bool {
        guard case .over(.refused(let failure)) = self else { return false }
        return failure.isAbsence
    }
}

extension CopyLimits {
    /// Whether these are in force already; zero workers or batch mean: as it is.
    fileprivate func hold(in now: CopyLimits) -> Bool {
        (workers == 0 || now.workers == min(workers, CopyGauges.mostWorkers)) && (batch == 0 || now.batch == batch)
            && now.rate == rate && now.readBack == readBack
    }
}

extension RunSummary {
    /// A scan's report as the summary that every kind of run has.
    init(scan report: ScanReport, run: RunID, from: WallTime, to: WallTime) {
        self.init(
            run: run, kind: .scan, startedAt: from, endedAt: to, result: report.missing > 0 ? .okWithWarnings : .ok,
            done: report.added, failed: Amount(count: report.missing))
    }
}

/// Seconds of the monotonic clock.
func seconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1e9 }

/// Runs blocking work that throws `Failure` on a thread of its own.
func onThread<T: Sendable>(
    _ name: String, _ body: @escaping @Sendable () throws(Failure) -> T
) async throws(Failure) -> T {
    let result: Result<T, Failure>
    do {
        result = try await runBlocking(name: name) { Result { () throws(Failure) in try body() } }
    } catch {
        throw .noThread(error)
    }
    return try result.get()
}
