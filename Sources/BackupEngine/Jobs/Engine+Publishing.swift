import BackupModel
import WorkerKit

/// When and what the engine publishes: one loop, so that no state overtakes a newer one.
struct Publishing {
    private let bell: AsyncStream<Void>.Continuation
    let bells: AsyncStream<Void>
    var loop: Task<Void, Never>?
    var clock: Task<Void, Never>?
    /// Who waits until what they did has been published.
    var waiters: [CheckedContinuation<Void, Never>] = []
    /// Something but the mirrors has changed.
    var isDirty = true
    var areJobsDirty = true
    var publishedAt: Int64 = 0
    var judgedAt = -Double.infinity
    var lookedAt = -Double.infinity
    var sightings: [String: ArtefactSighting] = [:]
    var overlaps: [String: Int] = [:]
    var lastGood: [JobRun] = []
    /// The sequence at which a mirror or job last began or ended a run, by name.
    var begunAt: [String: UInt64] = [:]
    var currents: [String: RunID] = [:]

    init() { (bells, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1)) }

    func ring() { bell.yield() }
    func end() { bell.finish() }

    /// Changes of so many milliseconds go out together.
    static let coalescing = Duration.milliseconds(33)
    /// Four times a second is as often as a person can read; once is enough when nothing moves.
    static let busyPeriod = Duration.milliseconds(250), idlePeriod = Duration.seconds(2)
    /// Nanoseconds after which an unchanged state goes out again: consoles take what is 10 s old for an engine away.
    static let heartbeat: Int64 = 3_000_000_000
}

extension Engine {
    func startPublishing() {
        publishing.loop = Task { [weak self, bells = publishing.bells] in
            for await _ in bells {
                guard let self else { return }
                await self.publishOnce()
                try? await Task.sleep(for: Publishing.coalescing)
            }
        }
        publishing.clock = Task { [weak self] in
            while !Task.isCancelled {
                guard let period = await self?.tick() else { return }
                try? await Task.sleep(for: period)
            }
        }
        publishing.ring()
    }

    func stopPublishing() async {
        publishing.clock?.cancel()
        await publishing.clock?.value
        publishing.end()
        await publishing.loop?.value
        publishing.loop = nil
        letGo(publishing.waiters)
        publishing.waiters = []
    }

    private func tick() -> Duration {
        publishing.ring()
        return desks.values.contains { $0.isBusy } || isTapeBusy ? Publishing.busyPeriod : Publishing.idlePeriod
    }

    /// Returns when a state taken after now has gone out.
    package func published() async {
        guard publishing.loop != nil, !isClosing else { return }
        await withCheckedContinuation {
            publishing.waiters.append($0)
            publishing.ring()
        }
    }

    private func publishOnce() async {
        let waiters = publishing.waiters
        publishing.waiters = []
        await refresh()
        letGo(waiters)
    }

    private func letGo(_ waiters: [CheckedContinuation<Void, Never>]) { for waiter in waiters { waiter.resume() } }

    // MARK: News

    func took(_ event: Event) async {
        state.recentEvents.append(event)
        if state.recentEvents.count > 200 { state.recentEvents.removeFirst(state.recentEvents.count - 200) }
        publishing.isDirty = true
        if let alerts = parts?.alerts, await !alerts.note(event).isEmpty { await readAlerts() }
        publishing.ring()
    }

    func jobsChanged() {
        publishing.areJobsDirty = true
        publishing.ring()
    }

    func jobEnded(_ run: JobRun) async {
        // What an engine that ends has asked about tapes stays asked: the job goes on in the next one.
        let isTape = run.kind == .tapeArchive || run.kind == .tapeVerify
        if !(isClosing && isTape && run.result == .interrupted) {
            try? await parts?.requests.leave(job: run.job, reason: "the job has ended")
        }
        await parts?.voice.note(jobEnded: run)
    }

    func heard(_ news: RequestNews) async {
        guard let parts else { return }
        if case .reminder(let reminder) = news { await parts.voice.note(requestReminder: reminder.request) }
        state.requests = await parts.requests.open
        publishing.isDirty = true
        publishing.ring()
    }

    func readAlerts() async {
        guard let parts else { return }
        var alerts = await parts.alerts.open
        for index in alerts.indices { alerts[index].escalation = await parts.voice.escalation(for: alerts[index]) }
        guard alerts != state.alerts else { return }
        state.alerts = alerts
        publishing.isDirty = true
    }

    // MARK: The state

    func refresh() async {
        guard keys != nil, let parts else { return }
        var copies: [CopyState] = []
        for settings in configuration.mirrors {
            if let desk = desks[settings.name] {
                copies.append(await desk.picture(now: seconds(time.monotonic())))
            } else if let failure = closedMirrors[settings.name] {
                var copy = CopyState(name: settings.name, source: settings.source, target: settings.target)
                copy.phase = .waiting(reason: failure.message)
                copies.append(copy)
            } else if reloading.changing.contains(settings.name) {
                // Missing for a moment: its alerts are not over.
                copies += state.copies.filter { $0.name == settings.name }
            }
        }
        await followMirrorJobs()
        await takeLateMirrors(parts)
        if publishing.areJobsDirty {
            publishing.areJobsDirty = false
            let picture = await parts.jobs.picture
            state.jobs = picture.jobs
            state.firings = picture.firings
            state.hold = picture.hold
            (publishing.overlaps, publishing.lastGood) = (picture.overlaps, picture.lastGood)
            publishing.isDirty = true
        }
        let tape = await tapePicture()
        if Engine.isNews(tape, state.tape) { publishing.isDirty = true }
        noteBeginnings(of: tape)
        state.tape = tape
        await judge(parts, copies)
        publish(copies)
    }

    /// Sets, alerts and the voice once a second: they speak of minutes.
    private func judge(_ parts: EngineParts, _ copies: [CopyState]) async {
        let now = seconds(time.monotonic())
        guard now - publishing.judgedAt >= 1, !isClosing, !configuration.isForOneOrder else { return }
        publishing.judgedAt = now
        if now - publishing.lookedAt >= 60, configuration.sets.contains(where: { $0.watch != nil }) {
            publishing.lookedAt = now
            publishing.sightings = await parts.artefacts.look(at: configuration.sets, now: time.wall())
        }
        let facts = SetFacts(
            jobs: configuration.jobs, runs: publishing.lastGood, evidence: await parts.evidence.newest,
            sightings: publishing.sightings)
        let sets = SetWatch.states(configuration.sets, facts, now: time.wall())
        let delivery = await parts.voice.state
        if sets != state.sets || delivery != state.delivery { publishing.isDirty = true }
        (state.sets, state.delivery) = (sets, delivery)
        await judgeTape()
        var picture = state
        // Those of before are none at the start: their alerts would be taken for ones of mirrors that are no more.
        picture.copies = copies
        _ = await parts.alerts.judge(picture, facts: AlertFacts(overlaps: publishing.overlaps))
        await readAlerts()
        await parts.voice.note(state: state)
        await parts.voice.tick(time.wall())
        // What has been told now is not told next any more.
        await readAlerts()
    }

    /// Sends the state when something a person sees has changed, and its heartbeat: who sees an old state takes the
    /// engine for dead. The time is monotonic, for the clock on the wall may be set back (I12).
    private func publish(_ copies: [CopyState]) {
        let now = time.monotonic()
        let isDue = now - publishing.publishedAt >= Publishing.heartbeat
        guard copies != state.copies || publishing.isDirty || isDue else { return }
        publishing.publishedAt = now
        publishing.isDirty = false
        noteBeginnings(copies)
        state.copies = copies
        state.at = time.wall()
        state.sequence += 1
        if !subscribers.isEmpty { subscribers.publish(state.fitted) }
    }

    /// By this an order that was decided on an older state is found out.
    private func noteBeginnings(_ copies: [CopyState]) {
        let next = state.sequence + 1
        for copy in copies where state.copies.first(where: { $0.name == copy.name })?.run != copy.run {
            publishing.begunAt["mirror " + copy.name] = next
        }
        for job in state.jobs where publishing.currents[job.name] != job.current?.run {
            publishing.currents[job.name] = job.current?.run
            publishing.begunAt["job " + job.name] = next
        }
    }

    /// The same for drives: what uses them, and what lies in them.
    private func noteBeginnings(of tape: TapeState?) {
        let next = state.sequence + 1
        for drive in tape?.drives ?? [] {
            let before = state.tape?.drives.first { $0.name == drive.name }
            if before?.job != drive.job { publishing.begunAt[TapeBasis.work(drive.name).subject] = next }
            if before?.medium?.label != drive.medium?.label || before?.medium?.barcode != drive.medium?.barcode {
                publishing.begunAt[TapeBasis.tape(drive.name).subject] = next
            }
        }
    }
}
