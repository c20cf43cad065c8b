import BackupModel
import BlobCopier
import WorkerKit

/// A job's run on a mirror, as the engine follows it.
struct MirrorJob {
    let context: JobContext
    /// Asks for the volume while it is away.
    var attending: Task<Void, Never>?
    /// Nobody brought the volume in time.
    var isExpired = false
}

/// Mirrors run by jobs, and by hand.
extension Engine {
    /// The kinds of jobs this engine has workers for.
    var works: [JobKind: JobWork] {
        let targets = Dictionary(configuration.mirrors.map { ($0.name, $0.target) }) { $1 }
        func work(_ intent: @escaping @Sendable (String) -> Intent) -> JobWork {
            JobWork(
                slots: { job in targets[job.mirror].map { ["target:" + $0] } ?? [] },
                run: { [weak self] context in
                    guard let self else { return .interrupted }
                    context.log.line("mirror", context.settings.mirror)
                    return await self.perform(intent(context.settings.mirror), context)
                })
        }
        return [
            .mirrorRun: work { .runMirror(name: $0, overrides: RunOverrides()) },
            .mirrorScan: work { .scanMirror(name: $0) }, .mirrorVerify: work { .verifyMirror(name: $0) },
            .command: .command,
        ].merging(tapeWorks) { $1 }
    }

    private func perform(_ intent: Intent, _ context: JobContext) async -> JobOutcome {
        let name = context.settings.mirror
        // Begun by hand in the moment before, or being given new settings.
        while reloading.changing.contains(name) || desks[name]?.isBusy == true {
            await desks[name]?.wait()
            try? await Task.sleep(for: .milliseconds(20))
        }
        let desk: MirrorDesk
        do throws(Failure) { desk = try self.desk(name) } catch { return JobOutcome(error) }
        mirrorJobs[name] = MirrorJob(context: context)
        taps.set(name, context.log)
        let outcome = await context.steering.followed(by: { [weak self] wish in
            Task { await self?.steer(name, wish) }
        }) { await runUntilThere(intent, desk, context) }
        taps.set(name, nil)
        desk.away = nil
        let job = mirrorJobs.removeValue(forKey: name)
        job?.attending?.cancel()
        if job?.isExpired == true { return JobOutcome(.failed, failure: .nobodyCame, done: outcome.done) }
        return outcome
    }

    /// Runs; when the volume is away from the start, waits until it is there.
    private func runUntilThere(_ intent: Intent, _ desk: MirrorDesk, _ context: JobContext) async -> JobOutcome {
        while true {
            // Looked at first: a run that cannot begin is an error in the log, and a volume that is away is a question.
            while let refusal = await desk.refusal(), refusal.isAbsence {
                if context.steering.isCancelled || isClosing { return .interrupted }
                desk.away = refusal.message
                publishing.ring()
                await nap(seconds: 1, context)
            }
            desk.away = nil
            if context.steering.isCancelled || isClosing { return .interrupted }
            do throws(Failure) {
                let outcome = try await desk.runToEnd(intent)
                if case .refused(let failure) = outcome, failure.isAbsence { continue }
                return JobOutcome(outcome)
            } catch {
                return JobOutcome(error)
            }
        }
    }

    private func nap(seconds: Double, _ context: JobContext) async {
        for _ in 0..<Int(seconds * 10) where !context.steering.isCancelled {
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    private func steer(_ name: String, _ wish: JobSteering.Wish) async {
        guard let desk = desks[name], desk.isBusy else { return }
        let intent: Intent =
            switch wish {
            case .cancel: .stopMirror(name: name)
            case .pause: .pauseMirror(name: name)
            case .resume: .resumeMirror(name: name)
            }
        _ = try? await desk.carryOut(intent)
        publishing.ring()
    }

    // MARK: By hand

    /// An intent for a mirror; when a job runs it, the job is meant.
    func mirror(_ name: String, _ intent: Intent, _ parts: EngineParts) async throws(Failure) -> String {
        _ = try desk(name)
        if intent.beginsRun, let obstacle = await parts.jobs.obstacle { throw obstacle }
        let desk = try desk(name)
        if let refusal = refusal(of: intent, in: desk.phase) { throw refusal }
        if let job = mirrorJobs[name]?.context.run.job {
            switch intent {
            case .stopMirror: return try await parts.jobs.step(.cancel(job))
            case .pauseMirror:
                try await parts.jobs.step(.pause(job))
                return "paused"
            case .resumeMirror:
                try await parts.jobs.step(.resume(job))
                return "resumed"
            default: break
            }
        }
        let words = try await desk.carryOut(intent)
        await noteTaken(parts)
        return words
    }

    /// Jobs must not want what a run by hand holds.
    private func noteTaken(_ parts: EngineParts) async {
        let busy = desks.values.filter { $0.isBusy && mirrorJobs[$0.settings.name] == nil }
        let taken = Set(busy.map { "target:" + $0.settings.target }).union(await tape?.takenSlots ?? [])
        guard taken != takenByHand else { return }
        takenByHand = taken
        await parts.jobs.follow(.taken(taken))
    }

    // MARK: Volumes that are away

    func followMirrorJobs() async {
        guard let parts else { return }
        await noteTaken(parts)
        for name in mirrorJobs.keys {
            guard let job = mirrorJobs[name], let desk = desks[name] else { continue }
            let why: String? = if case .waiting(let why) = desk.phase { why } else { nil }
            if let why, job.attending == nil {
                mirrorJobs[name]?.attending = Task { await attend(name, desk.volume, job.context, why, parts) }
            } else if why == nil, let attending = job.attending {
                mirrorJobs[name]?.attending = nil
                attending.cancel()
                let subject = Request.subject(desk.volume, mirror: name)
                try? await parts.requests.withdraw(.attachVolume, subject: subject, reason: "the volume is back")
                await parts.jobs.follow(.goesOn(job.context.run.run))
            }
        }
    }

    /// Asks for the volume until it is there, somebody cancels, or the time is over.
    private func attend(
        _ name: String, _ volume: VolumeIdentity?, _ context: JobContext, _ why: String, _ parts: EngineParts
    ) async {
        let cause = state.alerts.first { $0.subject == name && $0.failure.isAbsence }?.failure.message
        var why = cause.map { why == $0 ? why : "\(why): \($0)" } ?? why
        // An answer that came too early asks again and moves no deadline.
        var deadline = Request.usualDeadline(for: context.run.trigger, now: time.wall())
        while !Task.isCancelled {
            let target = desks[name]?.settings.target ?? ""
            let candidates = await VolumeSearch.find(volume, target: target)
            // Back meanwhile: nobody would withdraw the question.
            if Task.isCancelled { return }
            let draft = Request.attachVolume(
                volume, mirror: name, target: target, job: context.run.job, why: why, seen: desks[name]?.lastSeen,
                candidates: candidates, now: time.wall(), deadline: deadline)
            let end = try? await parts.requests.ask(draft) { request in
                await parts.jobs.follow(.waits(context.run.run, request: request.number))
            }
            switch end {
            case .answered("cancel", _, _)?:
                _ = try? await parts.jobs.step(.cancel(context.run.job))
                return
            case .answered?:
                // The worker looks every second; not there after some of them, it is asked again.
                try? await Task.sleep(for: .seconds(3))
                deadline = await parts.requests.endedDeadline(.attachVolume, subject: draft.subject)
                why = "somebody said that it is attached, but it is not there yet"
            case .expired?:
                mirrorJobs[name]?.isExpired = true
                context.steering.wish(.cancel)
                return
            case .withdrawn?, .open?: return
            case nil: try? await Task.sleep(for: .seconds(5))
            }
        }
    }

    /// Requests for jobs that neither run nor wait any more: an engine that died could not take them back.
    func leaveOldRequests(_ parts: EngineParts) async {
        let jobs = await parts.jobs.picture.jobs
        let alive = Set(jobs.filter { $0.phase != .idle }.map(\.name))
        for job in Set(state.requests.flatMap(\.jobs)) where !alive.contains(job) {
            try? await parts.requests.leave(job: job, reason: "the job ended with the engine")
        }
        state.requests = await parts.requests.open
    }
}

extension Intent {
    fileprivate var beginsRun: Bool {
        switch self {
        case .runMirror(_, let overrides): !overrides.dryRun
        case .enrolMirror, .scanMirror, .verifyMirror: true
        default: false
        }
    }
}

extension JobOutcome {
    /// How a mirror's run counts for its job.
    init(_ outcome: RunOutcome) {
        switch outcome {
        case .refused(let failure): self.init(failure)
        case .ended(let summary):
            let result: JobResult =
                switch summary.result {
                case .ok: .ok
                case .okWithWarnings: .okWithWarnings
                case .interrupted: .interrupted
                case .failed, nil: .failed
                }
            self.init(result, failure: summary.failure, done: summary.done, warnings: summary.failed.count)
        }
    }
}

extension Failure {
    /// The volume is away, which a person can change.
    var isAbsence: Bool { code == "VOLUME_NOT_MOUNTED" || code == "DESTINATION_LOST" }

    fileprivate static let nobodyCame = Failure(
        code: "REQUEST_EXPIRED", side: .destination, message: "nobody attached the volume in time",
        hint: "Attach it and run the job again: it goes on where it ended.")
}
