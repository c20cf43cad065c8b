import BackupCatalog
import BackupModel

/// Who begins now, and what the others wait for.
extension JobBook {
    /// Begins what may begin, in order of priority and age; a slot that somebody higher waits for is not given away.
    mutating func settle(at moment: JobMoment) {
        timeOut(at: moment)
        // Each round begins or leaves out one job, which may let others go.
        while let name = nextMove(at: moment) {
            guard let pending = cards[name]?.memory.pending else { return }
            if let spoiler = pending.spoiledBy {
                leaveOutOfChain(name, pending, spoiler, moment)
            } else if cards[name]?.active != nil {
                cards[name]?.memory.pending = nil
                overlapOfChain(name, pending, moment)
            } else {
                begin(name, pending, moment)
            }
        }
    }

    private mutating func leaveOutOfChain(
        _ name: String, _ pending: PendingRun, _ spoiler: String, _ moment: JobMoment
    ) {
        leaveOut(name, pending, .jobLeftOut("CHAIN_BROKEN", spoiler), startsChain: true, moment)
    }

    private mutating func overlapOfChain(_ name: String, _ pending: PendingRun, _ moment: JobMoment) {
        cards[name]?.memory.overlaps += 1
        record(name, pending, .jobLeftOut("SKIPPED_OVERLAP", "the run before goes on"), moment)
        decisions.append(.overlap(name, at: moment.wall, inARow: cards[name]?.memory.overlaps ?? 1))
    }

    private mutating func begin(_ name: String, _ pending: PendingRun, _ moment: JobMoment) {
        guard let card = cards[name] else { return }
        let run = JobRun(
            run: RunID(bits: moment.dice()), job: name, kind: card.settings.kind, trigger: pending.trigger,
            plannedAt: pending.plannedAt, startedAt: moment.wall, attempt: pending.attempt)
        var active = ActiveRun(record: run, settings: card.settings, slots: card.slots, phase: .running)
        active.worksSince = moment.seconds
        cards[name]?.active = active
        cards[name]?.memory.pending = nil
        opened.append(run)
        decisions.append(.start(run))
        chainBegins(after: name, moment)
    }

    private mutating func timeOut(at moment: JobMoment) {
        for name in names {
            guard let active = cards[name]?.active, let limit = active.settings.timeout,
                active.worked(at: moment.seconds) >= limit
            else { continue }
            cancelActive(name, .timeout)
        }
    }

    // MARK: Waiting

    /// The first job in order that has something to begin or to be left out; notes every other one's reason.
    private mutating func nextMove(at moment: JobMoment) -> String? {
        var reserved = taken
        for name in names { reserved.formUnion(cards[name]?.active?.slots ?? []) }
        var running = 0
        for name in names where cards[name]?.active != nil { running += 1 }
        for name in inOrder {
            guard let card = cards[name] else { continue }
            switch obstacle(card, reserved, running, at: moment) {
            case nil: return name
            case .slot(let reason)?:
                reserved.formUnion(card.slots)
                cards[name]?.reason = reason
            case .other(let reason)?:
                cards[name]?.reason = reason
            }
        }
        return nil
    }

    private enum Obstacle {
        /// It could begin but for a slot, and keeps others of its own from being taken.
        case slot(String)
        case other(String)
    }

    private func obstacle(
        _ card: JobCard, _ busy: Set<String>, _ running: Int, at moment: JobMoment
    ) -> Obstacle? {
        guard let pending = card.memory.pending else { return .other("") }
        if !pending.waitsFor.isEmpty { return .other("after " + pending.waitsFor.joined(separator: ", ")) }
        if pending.spoiledBy != nil { return nil }
        if card.active != nil { return pending.trigger == .chain ? nil : .other("after itself") }
        if isEnding { return .other("held: the engine is ending") }
        if let holdReason { return .other(holdReason) }
        if !card.isEnabled { return .other("disabled") }
        if card.memory.owedStart != nil { return .other("waits for its start command") }
        if moment.seconds < card.readyAt { return .other(pauseReason(card, pending)) }
        if let before = before(card) { return .other("after " + before) }
        if let slot = card.slots.first(where: busy.contains) { return .slot("waits for " + slot) }
        if running >= atOnce { return .other("waits for a place: \(running) jobs run") }
        return nil
    }

    private func pauseReason(_ card: JobCard, _ pending: PendingRun) -> String {
        guard pending.trigger == .retry else { return "starts in a moment" }
        return "waits to be tried again (\(pending.attempt) of \(card.settings.retries + 1))"
    }

    /// The job of its chain that runs or is about to.
    private func before(_ card: JobCard) -> String? {
        card.settings.after.first { name in
            guard let earlier = cards[name], name != card.settings.name else { return false }
            return earlier.active != nil
                || earlier.memory.pending != nil && !earlier.settings.after.contains(card.settings.name)
        }
    }

    var holdReason: String? {
        if let stop = hold.stopFile { return "held: stop file" + (stop.isEmpty ? "" : " (\(stop))") }
        if hold.isDraining { return "held: draining" }
        if let until = hold.maintenanceUntil { return "held: maintenance until \(until.iso8601())" }
        return nil
    }

    /// Names of queued jobs: the higher priority first, then who waits longer, then by name.
    private var inOrder: [String] {
        names.filter { cards[$0]?.memory.pending != nil }.sorted { a, b in
            let (a, b) = (key(a), key(b))
            return (b.0, a.1, a.2) < (a.0, b.1, b.2)
        }
    }

    private func key(_ name: String) -> (Int, WallTime, String) {
        let card = cards[name]
        return (card?.settings.priority ?? 0, card?.memory.pending?.since ?? WallTime(milliseconds: 0), name)
    }
}
