package import BackupCatalog
package import BackupModel

/// All jobs with their rules: who may begin, who waits for what, who goes first, who is tried again.
///
/// Pure: it is told what happens and when, and says what is to be done. What it changed is kept by `drainChange`, in one
/// transaction, before anything is done.
package struct JobBook: Hashable, Sendable {
    package private(set) var names: [String] = []
    package var cards: [String: JobCard] = [:]
    package internal(set) var hold = HoldState()
    /// Slots held by runs without a job.
    var taken: Set<String> = []
    /// Jobs that may run at the same time.
    package internal(set) var atOnce: Int
    var isEnding = false
    /// Decided in this step.
    var decisions: [JobDecision] = []
    var opened: [JobRun] = []
    var closed: [JobRun] = []

    package init(
        _ settings: [JobSettings], slots: [String: [String]] = [:], memories: [JobMemory] = [], atOnce: Int = 4,
        hold: HoldState = HoldState(), at moment: JobMoment
    ) {
        self.atOnce = atOnce
        self.hold = hold
        let known = Dictionary(memories.map { ($0.name, $0) }) { $1 }
        for job in settings {
            var card = JobCard(settings: job, slots: [], memory: known[job.name] ?? JobMemory(name: job.name))
            card.slots = unique(job.resources + (slots[job.name] ?? []))
            card.readyAt = moment.seconds + pauseLeft(card, at: moment.wall)
            cards[job.name] = card
            names.append(job.name)
        }
    }

    /// One step: what happened is noted, and everything that may begin now begins. The words answer a person.
    @discardableResult
    package mutating func take(_ input: JobInput, at moment: JobMoment) throws(Failure) -> String {
        let words = try note(input, at: moment)
        settle(at: moment)
        return words
    }

    /// What is to be done since this was last asked.
    package mutating func drainDecisions() -> [JobDecision] {
        defer { decisions = [] }
        return decisions
    }

    /// What is to be kept, seen from the book as it was kept last.
    package mutating func drainChange(since kept: JobBook) -> JobChange {
        var change = JobChange()
        change.memories = names.compactMap { name in
            guard let memory = cards[name]?.memory, memory != kept.cards[name]?.memory else { return nil }
            return memory
        }
        change.opened = opened
        change.closed = closed
        opened = []
        closed = []
        return change
    }

    private mutating func note(_ input: JobInput, at moment: JobMoment) throws(Failure) -> String {
        switch input {
        case .due(let name, let at, let trigger): due(name, at, trigger, moment)
        case .handled(let name, let at): cards[name]?.memory.handledAt = at
        case .asked(let name): return try ask(name, moment)
        case .cancel(let name): return try cancel(name, moment)
        case .pause(let name): return try pause(name, moment)
        case .resume(let name): return try resume(name)
        case .enable(let name, let isOn): return try enable(name, isOn, moment)
        case .skipNext(let name): return try skipNext(name)
        case .ended(let run, let outcome): end(run, outcome, moment)
        case .crashed(let run): crashed(run, moment)
        case .paused(let run): change(run) { $0.stand(.paused, at: moment.seconds) }
        case .waits(let run, let request):
            change(run) { $0.stand(.waiting(request: request), at: moment.seconds) }
        case .goesOn(let run): change(run) { $0.stand(.running, at: moment.seconds) }
        case .held(let hold): held(hold)
        case .taken(let slots): taken = slots
        case .settings(let jobs, let slots, let atOnce):
            self.atOnce = atOnce
            reload(jobs, slots)
        case .owesStart(let name, let owed): cards[name]?.memory.owedStart = owed
        case .engineEnds: endAll()
        case .tick: break
        }
        return ""
    }

    // MARK: Holds and settings

    private mutating func held(_ hold: HoldState) {
        if hold.stopFile != nil, self.hold.stopFile == nil { cancelAll(.stopFile) }
        self.hold = hold
    }

    private mutating func endAll() {
        isEnding = true
        cancelAll(.engineEnds)
    }

    private mutating func cancelAll(_ reason: CancelReason) {
        for name in names { cancelActive(name, reason) }
    }

    mutating func cancelActive(_ name: String, _ reason: CancelReason) {
        guard let active = cards[name]?.active, active.cancelled == nil else { return }
        cards[name]?.active?.cancelled = reason
        cards[name]?.active?.phase = .cancelling
        decisions.append(.cancel(active.record.run, reason))
    }

    /// Runs in progress keep their settings (J10); what waits and is not in the settings any more is forgotten.
    private mutating func reload(_ jobs: [JobSettings], _ slots: [String: [String]]) {
        let old = cards
        names = jobs.map(\.name)
        cards = [:]
        for job in jobs {
            var card = old[job.name] ?? JobCard(settings: job, slots: [], memory: JobMemory(name: job.name))
            card.settings = job
            card.slots = unique(job.resources + (slots[job.name] ?? []))
            card.isGone = false
            cards[job.name] = card
        }
        for (name, card) in old where cards[name] == nil && card.active != nil {
            names.append(name)
            cards[name] = card
            cards[name]?.isGone = true
            cards[name]?.memory.pending = nil
        }
    }

    mutating func forgetGone(_ name: String) {
        guard cards[name]?.isGone == true else { return }
        cards[name] = nil
        names.removeAll { $0 == name }
    }

    // MARK: Looking

    /// The job that a run in progress belongs to.
    package func job(of run: RunID) -> String? { names.first { cards[$0]?.active?.record.run == run } }

    mutating func change(_ run: RunID, _ body: (inout ActiveRun) -> Void) {
        guard let name = job(of: run), var active = cards[name]?.active, active.cancelled == nil else { return }
        body(&active)
        cards[name]?.active = active
    }

    func card(_ name: String) throws(Failure) -> JobCard {
        if let card = cards[name], !card.isGone { return card }
        throw Failure(
            code: "JOB_UNKNOWN", side: .settings, message: "no job is named \(printable(name.utf8))",
            hint: "Jobs are the [job.NAME] tables of the settings; `holdfast job list` shows them.")
    }

    /// Seconds until what is pending may start, after a restart that the wall clock may have slept or jumped through.
    private func pauseLeft(_ card: JobCard, at now: WallTime) -> Double {
        guard let pending = card.memory.pending, let notBefore = pending.notBefore else { return 0 }
        return min(max(0, notBefore.seconds(since: now)), max(0, notBefore.seconds(since: pending.since)))
    }
}

extension ActiveRun {
    /// Changes where it stands; time in which it waits for a person is not its own.
    mutating func stand(_ phase: JobPhase, at now: Double) {
        self.phase = phase
        let works = phase == .running || phase == .pausing
        if works, worksSince == nil { worksSince = now }
        if !works {
            spent = worked(at: now)
            worksSince = nil
        }
    }
}

/// In order, each once.
private func unique(_ slots: [String]) -> [String] {
    slots.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
}
