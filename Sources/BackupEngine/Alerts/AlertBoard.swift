package import BackupCatalog
package import BackupModel

/// The open alerts: one per subject and code, raised while a condition is met and cleared when it is gone.
///
/// A value, with time passed in. Some conditions are read from the state (`judge`); what only a worker can see comes
/// by its events (`note`) and stays until a later event, or the state, says that it is over.
package struct AlertBoard: Hashable, Sendable {
    /// Oldest first.
    package var open: [Alert] { kept.map(\.alert) }
    private(set) var kept: [KeptAlert] = []
    private var lastID = 0

    package init() {}

    /// A board as the catalog kept it: acknowledgements and snoozes outlive the engine.
    package init(restoring kept: [KeptAlert], lastID: Int) {
        self.kept = kept
        self.lastID = lastID
    }

    // MARK: Events

    /// Raises, counts or clears alerts as a worker's event asks.
    @discardableResult
    package mutating func note(_ event: Event) -> AlertChange {
        var change = AlertChange()
        if let settled = AlertRules.settledBy[event.code] {
            change += clear { $0.alert.subject == event.job && settled.contains($0.alert.failure.code) }
        }
        guard event.severity >= .warn, let failure = event.failure, !AlertRules.quiet.contains(event.code) else {
            return change
        }
        let condition = AlertCondition(subject: event.job, severity: event.severity, failure: failure)
        change += raise(condition, origin: event.code, at: event.at, countsAgain: true)
        return change
    }

    // MARK: Conditions

    /// Looks at the whole state: raises what is met, clears what is gone, leaves alone what cannot be told now.
    ///
    /// Not before the state is complete: a job that is missing from it is taken for one that is no more.
    package mutating func judge(
        _ state: EngineState, facts: AlertFacts = AlertFacts(), rules: AlertRules = AlertRules(), now: WallTime
    ) -> AlertChange {
        let judgement = rules.judge(state, facts: facts, now: now)
        var change = AlertChange()
        for condition in judgement.met {
            change += raise(condition, origin: "", at: now, countsAgain: false)
        }
        let met = Set(judgement.met.map(\.key))
        change += clear { kept in
            let key = AlertKey(subject: kept.alert.subject, code: kept.alert.failure.code)
            if AlertRules.readFromState.contains(key.code), kept.origin.isEmpty {
                return !met.contains(key) && !judgement.undecided.contains(key)
            }
            return AlertRules.isOver(kept, in: state)
        }
        return change
    }

    // MARK: The operator

    /// Quiet from now on; it stays on the board until its condition is gone. One that nothing but a person can end
    /// (a crash, a read that was unstable once) leaves the board.
    package mutating func acknowledge(
        _ id: Int, note: String, by: Person, now: WallTime
    ) throws(Failure) -> AlertChange {
        let index = try find(id)
        let taken = kept[index]
        guard AlertRules.hasCondition(taken) else {
            kept.remove(at: index)
            return AlertChange(cleared: [taken.alert])
        }
        kept[index].alert.acknowledgement = Acknowledgement(by: by, at: now, note: note.tidied(500))
        kept[index].alert.escalation = []
        return AlertChange(changed: [kept[index]])
    }

    /// Quiet for a time; at most 30 days.
    package mutating func snooze(_ id: Int, seconds: Double, now: WallTime) throws(Failure) -> AlertChange {
        let index = try find(id)
        guard seconds > 0, seconds <= 30 * 86_400 else {
            throw Failure(
                code: "SNOOZE_TOO_LONG", side: .engine, message: "an alert sleeps for at most 30 days",
                hint: "Acknowledge it instead: it stays until its condition is gone.")
        }
        kept[index].alert.snoozedUntil = now.adding(seconds: seconds)
        return AlertChange(changed: [kept[index]])
    }

    /// The ladder as the voice of the engine plans it, for the screen; it is not kept.
    package mutating func setEscalation(_ steps: [EscalationStep], of id: Int) {
        guard let index = kept.firstIndex(where: { $0.alert.id == id }) else { return }
        kept[index].alert.escalation = steps
    }

    /// Those that still ask for somebody: not acknowledged, not asleep, and no maintenance, which mutes all (they are
    /// shown, not sent).
    package func loud(hold: HoldState, now: WallTime) -> [Alert] {
        if let until = hold.maintenanceUntil, until > now { return [] }
        return open.filter { $0.isLoud(at: now) }
    }

    // MARK: Inside

    private mutating func raise(
        _ condition: AlertCondition, origin: String, at: WallTime, countsAgain: Bool
    ) -> AlertChange {
        guard let index = kept.firstIndex(where: { $0.alert.isAbout(condition) }) else {
            guard kept.count < AlertBoard.mostOpen else { return AlertChange() }
            lastID += 1
            let new = KeptAlert(
                Alert(
                    id: lastID, severity: condition.severity, raisedAt: at, subject: condition.subject,
                    failure: condition.failure), origin: origin)
            kept.append(new)
            return AlertChange(raised: [new])
        }
        if countsAgain { kept[index].alert.count += 1 }
        if condition.severity > kept[index].alert.severity {
            // Worse than what was acknowledged.
            kept[index].alert.severity = condition.severity
            kept[index].alert.acknowledgement = nil
            kept[index].alert.snoozedUntil = nil
            kept[index].alert.failure = condition.failure
            return AlertChange(changed: [kept[index]])
        }
        return countsAgain ? AlertChange(counted: [kept[index]]) : AlertChange()
    }

    private mutating func clear(where isOver: (KeptAlert) -> Bool) -> AlertChange {
        let over = kept.filter(isOver)
        guard !over.isEmpty else { return AlertChange() }
        let ids = Set(over.map(\.alert.id))
        kept.removeAll { ids.contains($0.alert.id) }
        return AlertChange(cleared: over.map(\.alert))
    }

    private func find(_ id: Int) throws(Failure) -> Int {
        guard let index = kept.firstIndex(where: { $0.alert.id == id }) else {
            throw Failure(code: "ALERT_GONE", side: .engine, message: "that alert is not open any more")
        }
        return index
    }

    /// A bound on the state's size.
    private static let mostOpen = 150
}

extension Alert {
    fileprivate func isAbout(_ condition: AlertCondition) -> Bool {
        subject == condition.subject && failure.code == condition.failure.code
    }
}
