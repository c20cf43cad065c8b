import BackupCatalog
import BackupModel

/// How runs are queued, begun and ended.
extension JobBook {
    // MARK: Queued

    mutating func due(_ name: String, _ at: WallTime, _ trigger: JobTrigger, _ moment: JobMoment) {
        guard let card = cards[name], !card.isGone else { return }
        cards[name]?.memory.handledAt = at
        var firing = PendingRun(trigger: trigger, plannedAt: at, since: moment.wall)
        guard card.isEnabled else { return }
        if card.memory.skipsNext, trigger == .schedule {
            cards[name]?.memory.skipsNext = false
            return leaveOut(name, firing, .jobLeftOut("JOB_SKIPPED", "left out as asked"), moment)
        }
        let isFree = card.memory.pending == nil || card.readyAt > moment.seconds || holdReason != nil
        guard card.active == nil, isFree else { return overlap(name, firing, moment) }
        cards[name]?.memory.overlaps = 0
        // Held: one run for all times that pass meanwhile. Waiting for a retry: the new start takes its place.
        firing.spoiledBy = spoiler(card)
        let spread = trigger == .catchUp ? max(card.settings.jitter, JobBook.catchUpSpread) : card.settings.jitter
        queue(name, firing, after: spread * moment.chance, moment)
    }

    /// With a time of its own and a chain on success: the job before it that ended badly when it last ran.
    private func spoiler(_ card: JobCard) -> String? {
        guard card.settings.afterWhen == .success else { return nil }
        for name in card.settings.after {
            guard let earlier = cards[name], earlier.active == nil, earlier.memory.pending == nil,
                let last = earlier.lastResult, last != .ok, last != .okWithWarnings
            else { continue }
            return "\(name) \(JobBook.word(last))"
        }
        return nil
    }

    /// Seconds over which catch-ups spread when the settings name no jitter.
    static let catchUpSpread = 10.0

    private mutating func overlap(_ name: String, _ firing: PendingRun, _ moment: JobMoment) {
        let count = (cards[name]?.memory.overlaps ?? 0) + 1
        cards[name]?.memory.overlaps = count
        let isActive = cards[name]?.active != nil
        record(
            name, firing,
            .jobLeftOut("SKIPPED_OVERLAP", "the run before \(isActive ? "goes on" : "still waits to begin")"), moment)
        decisions.append(.overlap(name, at: firing.plannedAt ?? moment.wall, inARow: count))
    }

    mutating func queue(_ name: String, _ pending: PendingRun, after pause: Double, _ moment: JobMoment) {
        var pending = pending
        if pause > 0 { pending.notBefore = moment.wall.adding(seconds: pause) }
        cards[name]?.memory.pending = pending
        cards[name]?.readyAt = moment.seconds + pause
        decisions.append(.queued(name))
    }

    /// Takes a queued run off with its reason in the history; the chain after it is told.
    mutating func leaveOut(
        _ name: String, _ pending: PendingRun, _ why: Failure, startsChain: Bool = false, _ moment: JobMoment
    ) {
        cards[name]?.memory.pending = nil
        record(name, pending, why, moment)
        tellChain(name, .skipped, startsPending: startsChain, moment)
    }

    mutating func record(_ name: String, _ pending: PendingRun, _ why: Failure, _ moment: JobMoment) {
        guard let card = cards[name] else { return }
        var run = JobRun(
            run: RunID(bits: moment.dice()), job: name, kind: card.settings.kind, trigger: pending.trigger,
            plannedAt: pending.plannedAt, startedAt: moment.wall, attempt: pending.attempt)
        run.endedAt = moment.wall
        run.result = .skipped
        run.failure = why
        closed.append(run)
        decisions.append(.over(run))
    }

    // MARK: Ended

    mutating func end(_ run: RunID, _ outcome: JobOutcome, _ moment: JobMoment) {
        guard let name = job(of: run), let active = cards[name]?.active else { return }
        var record = active.record
        record.endedAt = moment.wall
        (record.result, record.failure) = verdict(outcome, active)
        record.done = outcome.done
        record.warnings = outcome.warnings
        cards[name]?.active = nil
        close(name, record, active.settings, cancelled: active.cancelled, moment)
        forgetGone(name)
    }

    /// The engine died in it: it goes on at the next start as often as that is no sign of its guilt.
    mutating func crashed(_ run: JobRun, _ moment: JobMoment) {
        var record = run
        record.endedAt = moment.wall
        record.result = .interrupted
        record.failure = .jobLeftOut("ENGINE_DIED", "the engine ended while it ran")
        guard let card = cards[run.job] else {
            closed.append(record)
            return decisions.append(.over(record))
        }
        close(run.job, record, card.settings, cancelled: .engineEnds, moment)
    }

    private mutating func close(
        _ name: String, _ record: JobRun, _ settings: JobSettings, cancelled: CancelReason?, _ moment: JobMoment
    ) {
        closed.append(record)
        decisions.append(.over(record))
        // Whatever ended it: under the stop file nothing goes on by itself, now or when the file is gone (B32).
        if hold.stopFile != nil, record.result != .ok, record.result != .okWithWarnings {
            cards[name]?.memory.interruptions = 0
            cards[name]?.lastResult = record.result
            return leaveOutBehind(name, "the stop file ended \(name)", moment)
        }
        let isPending = cards[name]?.memory.pending != nil || cards[name]?.isGone != false
        if cancelled == .engineEnds, record.result == .interrupted {
            cards[name]?.memory.interruptions += 1
            let isAgain = settings.retries > 0 && cards[name]?.memory.interruptions ?? 0 <= JobBook.mostInterruptions
            if isAgain, !isPending { return again(name, record, record.attempt, after: 0, moment) }
        } else {
            cards[name]?.memory.interruptions = 0
        }
        let mayRetry = record.result == .failed && cancelled != .person && cancelled != .stopFile
        if mayRetry, !isPending, record.attempt <= settings.retries, record.failure?.side != .settings,
            record.failure?.code != "REQUEST_EXPIRED"
        {
            let doublings = min(record.attempt - 1, 16)
            let pause = min(settings.retryDelay * Double(1 << doublings), JobBook.longestPause)
            return again(name, record, record.attempt + 1, after: pause, moment)
        }
        tellChain(name, record.result ?? .failed, startsPending: true, moment)
    }

    /// A job during which engines end again and again may be why they do.
    static let mostInterruptions = 5
    /// Seconds; back-off grows to a day and no further.
    static let longestPause = 86_400.0

    private mutating func again(
        _ name: String, _ record: JobRun, _ attempt: Int, after pause: Double, _ moment: JobMoment
    ) {
        let pending = PendingRun(
            trigger: .retry, plannedAt: record.plannedAt, attempt: attempt, since: moment.wall)
        queue(name, pending, after: pause, moment)
        decisions.append(.retry(record, after: pause))
    }

    private func verdict(_ outcome: JobOutcome, _ active: ActiveRun) -> (JobResult, Failure?) {
        let isGood = outcome.result == .ok || outcome.result == .okWithWarnings
        guard let cancelled = active.cancelled, !isGood else { return (outcome.result, outcome.failure) }
        switch cancelled {
        case .timeout:
            let span = Quantity.duration(active.settings.timeout ?? 0)
            return (.failed, .jobLeftOut("JOB_TIMEOUT", "it took longer than \(span)"))
        // Its own failure is kept: a start command that failed must be seen.
        case .person, .stopFile, .engineEnds:
            let isOwn = outcome.result == .failed && outcome.failure != nil
            return (isOwn ? .failed : .interrupted, outcome.failure)
        }
    }

    // MARK: Chains

    /// A job has ended for good: what comes after it goes on, or is left out with the reason.
    mutating func tellChain(_ name: String, _ result: JobResult, startsPending: Bool, _ moment: JobMoment) {
        cards[name]?.lastResult = result
        for next in names {
            guard let card = cards[next], card.settings.after.contains(name), !card.isGone else { continue }
            if card.isChained, startsPending { follow(name, with: next, moment) }
            guard var pending = cards[next]?.memory.pending else { continue }
            let isGood = result == .ok || result == .okWithWarnings
            let isBound = pending.trigger == .chain ? pending.waitsFor.contains(name) : pending.isPlanned
            guard isBound else { continue }
            pending.waitsFor.removeAll { $0 == name }
            if !isGood, card.settings.afterWhen == .success {
                pending.spoiledBy = pending.spoiledBy ?? "\(name) \(JobBook.word(result))"
            }
            cards[next]?.memory.pending = pending
        }
    }

    /// What comes after `name` waits for it from now on.
    private mutating func follow(_ name: String, with next: String, _ moment: JobMoment) {
        guard let card = cards[next], card.isEnabled else { return }
        if var pending = card.memory.pending {
            if pending.trigger == .chain, !pending.waitsFor.contains(name) { pending.waitsFor.append(name) }
            cards[next]?.memory.pending = pending
        } else {
            let pending = PendingRun(trigger: .chain, since: moment.wall, waitsFor: card.settings.after)
            queue(next, pending, after: 0, moment)
        }
    }

    /// What comes after it waits for it from its beginning, so that the operator sees what will follow.
    mutating func chainBegins(after name: String, _ moment: JobMoment) {
        for next in names where cards[next]?.isChained == true && cards[next]?.settings.after.contains(name) == true {
            follow(name, with: next, moment)
        }
    }

    /// All that waits for the end of a job, near or far, whoever asked for it and however it chains: none of it runs.
    private mutating func leaveOutBehind(_ name: String, _ why: String, _ moment: JobMoment) {
        var ended: Set<String> = [name]
        var isGrowing = true
        while isGrowing {
            isGrowing = false
            for next in names where !ended.contains(next) {
                guard let card = cards[next], card.settings.after.contains(where: ended.contains) else { continue }
                let comes = card.isChained && card.isEnabled && card.active == nil
                let chained = comes ? PendingRun(trigger: .chain, since: moment.wall) : nil
                guard let pending = card.memory.pending ?? chained else { continue }
                cards[next]?.memory.pending = nil
                cards[next]?.lastResult = .skipped
                record(next, pending, .jobLeftOut("CHAIN_STOPPED", why), moment)
                ended.insert(next)
                isGrowing = true
            }
        }
    }

    static func word(_ result: JobResult) -> String {
        switch result {
        case .ok, .okWithWarnings: "ended well"
        case .failed: "failed"
        case .interrupted: "was interrupted"
        case .skipped: "was skipped"
        }
    }
}

extension PendingRun {
    /// The schedule wants it.
    fileprivate var isPlanned: Bool { trigger == .schedule || trigger == .catchUp }
}
