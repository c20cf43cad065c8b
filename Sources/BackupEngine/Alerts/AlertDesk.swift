package import BackupCatalog
package import BackupModel
package import WorkerKit

/// Holds the alerts and keeps them; a full or broken catalog loses no alert from the screen.
///
/// It has a thread of its own, for keeping blocks.
package actor AlertDesk {
    private nonisolated let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let store: AlertStore
    private let rules: AlertRules
    private let time: SystemTime
    private var board: AlertBoard
    /// Not on disk yet: by id, and those to be dropped there.
    private var unkept: [Int: KeptAlert] = [:]
    private var undropped: Set<Int> = []

    private init(
        _ store: AlertStore, board: AlertBoard, rules: AlertRules, time: SystemTime, executor: ThreadExecutor
    ) {
        self.store = store
        self.board = board
        self.rules = rules
        self.time = time
        self.executor = executor
    }

    /// A desk with the alerts as the last engine left them.
    package static func open(
        _ store: AlertStore, rules: AlertRules = AlertRules(), time: SystemTime
    ) async throws(Failure) -> AlertDesk {
        let kept = try await onThread("alerts") { () throws(Failure) in try store.restore() }
        let executor: ThreadExecutor
        do throws(ThreadError) { executor = try ThreadExecutor(name: "alerts") } catch { throw .noThread(error) }
        let board = AlertBoard(restoring: kept.kept, lastID: kept.lastID)
        return AlertDesk(store, board: board, rules: rules, time: time, executor: executor)
    }

    /// Open alerts, oldest first.
    package var open: [Alert] { board.open }

    package func loud(hold: HoldState) -> [Alert] { board.loud(hold: hold, now: time.wall()) }

    package func note(_ event: Event) -> AlertChange { keep(board.note(event)) }

    /// Call it about once a second, and not before the state is complete; also writes down what only counted.
    package func judge(_ state: EngineState, facts: AlertFacts = AlertFacts()) -> AlertChange {
        let change = keep(board.judge(state, facts: facts, rules: rules, now: time.wall()))
        flush()
        return change
    }

    package func setEscalation(_ steps: [EscalationStep], of id: Int) { board.setEscalation(steps, of: id) }

    /// Carries out `.acknowledge` and `.snooze`; its result is written in the same transaction as the change.
    package func carryOut(
        _ order: Order, ticket: OrderTicket? = nil
    ) -> (result: IntentResult, change: AlertChange) {
        do throws(Failure) {
            var next = board
            let (words, change) = try decide(order, &next)
            let cleared = change.cleared.map(\.id)
            try store.save(change.changed, cleared: cleared, finishing: ticket?.finished(.accepted(words)))
            ticket?.markRecorded()
            board = next
            for kept in change.changed { unkept[kept.alert.id] = nil }
            for id in cleared { unkept[id] = nil }
            return (.accepted(words), change)
        } catch {
            return (.refused(error), AlertChange())
        }
    }

    private func decide(
        _ order: Order, _ board: inout AlertBoard
    ) throws(Failure) -> (words: String, change: AlertChange) {
        switch order.intent {
        case .acknowledge(let id, let note):
            ("alert acknowledged", try board.acknowledge(id, note: note, by: order.by, now: time.wall()))
        case .snooze(let id, let seconds):
            (
                "alert sleeps until \(time.wall().adding(seconds: min(seconds, 1e9)).iso8601())",
                try board.snooze(id, seconds: seconds, now: time.wall())
            )
        default: throw Failure(code: "INTENT_UNKNOWN", side: .engine, message: "that is no word to an alert")
        }
    }

    /// What is new or gone is written at once; counts wait for `judge`, so that a storm of failing blobs is no storm
    /// of transactions.
    private func keep(_ change: AlertChange) -> AlertChange {
        for kept in change.raised + change.changed + change.counted { unkept[kept.alert.id] = kept }
        for alert in change.cleared {
            unkept[alert.id] = nil
            undropped.insert(alert.id)
        }
        if !change.raised.isEmpty || !change.changed.isEmpty || !change.cleared.isEmpty { flush() }
        return change
    }

    private func flush() {
        guard !unkept.isEmpty || !undropped.isEmpty else { return }
        do throws(Failure) {
            try store.save(unkept.values.sorted { $0.alert.id < $1.alert.id }, cleared: undropped.sorted())
            unkept = [:]
            undropped = []
        } catch {
            // The next look tries again; why the catalog refuses is an alert of the event log's own.
        }
    }
}
