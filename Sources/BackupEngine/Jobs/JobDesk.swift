package import BackupCatalog
package import BackupModel
package import WorkerKit

/// Carries out what the book of jobs decides: keeps each step, then starts, steers and ends the runs.
///
/// Its thread may block on the catalog, so a step is decided, kept and adopted without a pause in between.
package actor JobDesk {
    private let thread: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// What the desk is opened with.
    package struct Setting: Sendable {
        package var store: JobStore
        package var logs: RunLogs
        package var retention: RunLogRetention
        package var stateFolder: String
        package var works: [JobKind: JobWork]
        package var clerk: ScheduleClerk
        package var time: SystemTime
        package var clock: ClockWitness
        package var atOnce: Int
        package var surroundings: [String: String]
        package var events: @Sendable (Event) -> Void
        /// Something that people see has changed.
        package var changed: @Sendable () -> Void
        /// The clock on the wall was moved by that many seconds.
        package var jumped: @Sendable (Double) -> Void
        /// A run has its end.
        package var ended: @Sendable (JobRun) -> Void
    }

    var setting: Setting
    var book: JobBook
    var clerk: ScheduleClerk
    var recents: [String: [JobRun]] = [:]
    var firings: [Firing] = []
    var firingsAt = -Double.infinity
    private var runners: [RunID: JobRunner] = [:]
    private var tasks: [RunID: Task<Void, Never>] = [:]
    /// Ends of runs that the catalog would not take yet; their slots stay taken until it does.
    private var unkept: [JobInput] = []
    var owedTriedAt: [String: Double] = [:]
    private var ticker: Task<Void, Never>?
    /// Runs that the engine before left in progress, until `recover`.
    private var left: [JobRun]
    var isStart = true
    var clockWatch: ClockWatch
    var clockSeenAt = -Double.infinity
    /// False while the clock shows a time that cannot be: nothing is due (C3).
    var clerkMayCall = true
    /// The newest good run of each job, however long ago.
    var lastGood: [String: JobRun] = [:]

    package static func open(_ setting: Setting, jobs: [JobSettings]) async throws(Failure) -> JobDesk {
        let remembered = try await onThread("jobs") { () throws(Failure) in try setting.store.restore() }
        return try JobDesk(setting, jobs, remembered)
    }

    private init(
        _ setting: Setting, _ jobs: [JobSettings], _ remembered: JobStore.Remembered
    ) throws(Failure) {
        do throws(ThreadError) { thread = try ThreadExecutor(name: "jobs") } catch { throw .noThread(error) }
        self.setting = setting
        left = remembered.open
        clerk = setting.clerk
        clerk.take(jobs)
        clockWatch = ClockWatch(fact: remembered.facts["clock_watch"])
        book = JobBook(
            jobs, slots: JobDesk.slots(jobs, setting.works), memories: remembered.memories, atOnce: setting.atOnce,
            hold: HoldState(facts: remembered.facts), at: JobDesk.moment(setting.time))
    }

    /// Closes what a dead engine left in progress and ends the children that outlived it (B26).
    ///
    /// A run that is tried again begins at once, so whatever runs need must be there before.
    package func recover() {
        // Held before anything can begin: the stop file survives a reboot (B32).
        lookForStopFile()
        let dead = Set(left.map(\.run.text))
        let owed = Set(book.names.compactMap { book.cards[$0]?.memory.owedStart?.run.text })
        let killed = Leftovers.reap { dead.contains($0) || owed.contains($0) }
        if !killed.isEmpty {
            note(.warn, "LEFTOVERS_ENDED", "", "\(killed.count) processes of runs of the engine before were ended")
        }
        for name in book.names {
            recall(name)
            book.cards[name]?.lastResult = recents[name]?.last { $0.failure?.code != "SKIPPED_OVERLAP" }?.result
        }
        for run in left { stepOrKeep(.crashed(run)) }
        left = []
    }

    package func start() {
        guard ticker == nil else { return }
        setting.logs.prune(setting.retention, sparing: [])
        tick()
        ticker = Task { [weak self] in
            while !Task.isCancelled {
                try? await Task.sleep(for: JobDesk.period)
                guard let self else { return }
                await self.tick()
            }
        }
    }

    private static let period = Duration.seconds(1)

    /// Ends every run in progress within seconds and waits for its end; each is kept as interrupted.
    package func close() async {
        stepOrKeep(.engineEnds)
        // Each end is a step of its own and may add none: the book begins nothing any more.
        while let task = tasks.values.first { await task.value }
        ticker?.cancel()
        await ticker?.value
    }

    /// True when nothing runs and nothing is owed.
    package var isIdle: Bool { tasks.isEmpty }

    // MARK: Steps

    static func moment(_ time: SystemTime) -> JobMoment {
        JobMoment(wall: time.wall(), seconds: Double(time.monotonic()) / 1e9, dice: time.random)
    }

    /// One step: decided on a copy, kept, adopted, carried out. Throws what the book refuses or the catalog cannot keep.
    @discardableResult
    package func step(_ input: JobInput, facts: [String: String?] = [:]) throws(Failure) -> String {
        // Between two ticks the end of one run must not begin the next beside a fresh stop file (B32).
        if input.letsOthersBegin { lookForStopFile() }
        var next = book
        let words = try next.take(input, at: JobDesk.moment(setting.time))
        var change = next.drainChange(since: book)
        change.facts = facts
        Failpoint.hit("job.keep")
        try setting.store.keep(change)
        Failpoint.hit("job.kept")
        let decisions = next.drainDecisions()
        let isNew = next != book
        book = next
        for decision in decisions { carryOut(decision) }
        if isNew { setting.changed() }
        return words
    }

    /// A step that must not get lost; tried again until the catalog takes it.
    func stepOrKeep(_ input: JobInput) {
        do throws(Failure) { try step(input) } catch {
            if unkept.isEmpty { note(.error, "JOB_UNKEPT", "", "the jobs' memory cannot be written", error) }
            unkept.append(input)
        }
    }

    func tick() {
        let waiting = unkept
        unkept = []
        for input in waiting { stepOrKeep(input) }
        lookForStopFile()
        lookForMaintenanceEnd()
        watchClock()
        if clerkMayCall { callDue() }
        runOwedStarts()
        let isAlive = book.names.contains { book.cards[$0]?.phase != .idle }
        if isAlive { _ = try? step(.tick) }
        refreshFirings()
    }

    private func callDue() {
        for input in clerk.dues(book, now: setting.time.wall(), isStart: isStart) {
            // Not kept: it is due again at the next tick.
            do throws(Failure) { try step(input) } catch {
                clerk.forget()
                return
            }
        }
        isStart = false
    }

    // MARK: Carrying out

    private func carryOut(_ decision: JobDecision) {
        switch decision {
        case .start(let run): begin(run)
        case .cancel(let run, let reason):
            if let name = book.job(of: run) { note(.info, "JOB_CANCELLING", name, "is ended: \(reason.words)") }
            runners[run]?.steering.wish(.cancel)
        case .pause(let run):
            runners[run]?.steering.wish(.pause)
            stepOrKeep(.paused(run))
        case .resume(let run):
            runners[run]?.steering.wish(.resume)
            stepOrKeep(.goesOn(run))
        case .over(let run): over(run)
        case .overlap(let name, let at, let count): tellOverlap(name, at, count)
        case .retry(let run, let pause):
            let words = pause > 0 ? "in \(Quantity.duration(pause))" : "at once"
            note(.info, "JOB_RETRY", run.job, "is tried again \(words)")
        case .queued: break
        }
    }

    private func begin(_ run: JobRun) {
        guard let active = book.cards[run.job]?.active, active.record.run == run.run else { return }
        note(.info, "JOB_STARTED", run.job, "run \(run.run) began (\(run.trigger.rawValue), try \(run.attempt))")
        let work = setting.works[run.kind] ?? JobDesk.unknown
        do throws(Failure) {
            let runner = try JobRunner(
                run, active.settings, work, setting.logs, surroundings: setting.surroundings
            ) {
                [weak self] owed throws(Failure) in
                try await self?.owe(owed)
            }
            runners[run.run] = runner
            tasks[run.run] = Task { [weak self] in
                Failpoint.hit("job.begun")
                let outcome = await runner.perform()
                Failpoint.hit("job.ended")
                await self?.ended(run.run, outcome)
            }
        } catch {
            stepOrKeep(.ended(run.run, JobOutcome(error)))
        }
    }

    private func ended(_ run: RunID, _ outcome: JobOutcome) {
        runners[run] = nil
        tasks[run] = nil
        stepOrKeep(.ended(run, outcome))
    }

    private static let unknown = JobWork { context in
        JobOutcome(
            .failed,
            failure: Failure(
                code: "JOB_KIND", side: .settings, message: "this engine has no worker for \(context.run.kind.rawValue)"
            ))
    }

    private func owe(_ owed: JobRunner.OwedStartOf) throws(Failure) {
        let start = owed.command.map { OwedStart(run: owed.run, command: $0, timeout: owed.timeout) }
        try step(.owesStart(owed.job, start))
    }

    /// The engine asks what a run that needs a person waits for.
    package func follow(_ input: JobInput) { stepOrKeep(input) }

    /// The steering of a run in progress, for what reaches it from elsewhere.
    package func steering(of run: RunID) -> JobSteering? { runners[run]?.steering }

    static func slots(_ jobs: [JobSettings], _ works: [JobKind: JobWork]) -> [String: [String]] {
        Dictionary(jobs.map { ($0.name, works[$0.kind]?.slots($0) ?? []) }) { $1 }
    }
}

extension CancelReason {
    var words: String {
        switch self {
        case .person: "as asked"
        case .timeout: "it took too long"
        case .stopFile: "the stop file forbids all work"
        case .engineEnds: "the engine ends"
        }
    }
}
