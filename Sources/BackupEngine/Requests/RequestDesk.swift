package import BackupCatalog
package import BackupModel
package import WorkerKit

/// What consoles and the engine's voice are told of a request.
package enum RequestNews: Hashable, Sendable {
    case raised(Request)
    /// Must be kept by whoever sends it before the call returns; it may come again with the same key after a crash.
    case reminder(RequestReminder)
    case ended(Request)
    /// Joined, claimed, postponed, or a claim lapsed.
    case changed
}

/// Holds the board: keeps each change before it counts, lets time pass, and wakes the jobs that wait.
///
/// It has a thread of its own, for keeping blocks. All throw `Failure` with side `.catalog` when a change cannot be
/// kept; then nothing has changed.
package actor RequestDesk {
    private nonisolated let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let store: RequestStore
    private let time: SystemTime
    private let onNews: @Sendable (RequestNews) async -> Void
    private var board: RequestBoard
    private var waiting: [Waiter] = []
    private var clock: Task<Void, Never>?

    private struct Waiter {
        let number: Int
        let job: String
        let end: AsyncStream<RequestState>.Continuation
    }

    private init(
        _ store: RequestStore, board: RequestBoard, time: SystemTime, executor: ThreadExecutor,
        onNews: @escaping @Sendable (RequestNews) async -> Void
    ) {
        self.store = store
        self.board = board
        self.time = time
        self.executor = executor
        self.onNews = onNews
    }

    /// A desk with the requests as the last engine left them.
    package static func open(
        _ store: RequestStore, time: SystemTime, onNews: @escaping @Sendable (RequestNews) async -> Void
    ) async throws(Failure) -> RequestDesk {
        let kept = try await onThread("requests") { () throws(Failure) in try store.restore() }
        let executor: ThreadExecutor
        do throws(ThreadError) { executor = try ThreadExecutor(name: "requests") } catch { throw .noThread(error) }
        let board = RequestBoard(restoring: kept.kept, lastNumber: kept.lastNumber)
        return RequestDesk(store, board: board, time: time, executor: executor, onNews: onNews)
    }

    /// Lets deadlines, claims and reminders come due, once a second.
    package func start() {
        guard clock == nil else { return }
        clock = Task { [weak self] in
            while !Task.isCancelled, let self {
                await self.tick()
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Ends the clock and every wait; what is open stays open for the next engine.
    package func close() async {
        clock?.cancel()
        await clock?.value
        clock = nil
        for waiter in waiting { waiter.end.finish() }
        waiting = []
    }

    /// Open requests, oldest first.
    package var open: [Request] { board.open }

    /// Until when the last such question that ended waited; it was moved with the clock. Nil: without end.
    package func endedDeadline(_ kind: RequestKind, subject: String) -> WallTime? {
        board.closed.last { $0.request.kind == kind && $0.request.subject == subject }?.request.deadline
    }

    // MARK: Jobs

    /// Asks, or joins the same question; see `RequestBoard.raise`.
    package func raise(_ draft: Request, continuing: Int? = nil) async throws(Failure) -> RaisedRequest {
        let raised = try change { board throws(Failure) in
            try board.raise(draft, continuing: continuing, now: time.wall())
        }
        switch raised.value {
        case .asked(let request): await onNews(.raised(request))
        case .joined where !raised.change.kept.isEmpty: await onNews(.changed)
        case .joined, .settled: break
        }
        return raised.value
    }

    /// Asks and waits for the end, which the job has then taken. A wait that was cancelled, or ended by `close`,
    /// returns `.open`: the question stays until `leave`.
    package func ask(
        _ draft: Request, continuing: Int? = nil, onRaised: @Sendable (Request) async -> Void = { _ in }
    ) async throws(Failure) -> RequestState {
        let raised = try await raise(draft, continuing: continuing)
        await onRaised(raised.request)
        guard let job = draft.jobs.first else { return raised.request.state }
        let number = raised.request.number
        let state = board.request(number)?.state ?? raised.request.state
        guard state == .open else {
            try take(number, job: job)
            return state
        }
        let (stream, end) = AsyncStream.makeStream(of: RequestState.self)
        waiting.append(Waiter(number: number, job: job, end: end))
        for await state in stream {
            try take(number, job: job)
            return state
        }
        waiting.removeAll { $0.number == number && $0.job == job }
        return .open
    }

    /// The job has acted on the end of a request that it did not wait for by `ask`.
    package func take(_ number: Int, job: String) throws(Failure) {
        _ = try change { board in ((), board.take(number, job: job)) }
    }

    /// The job ended or was cancelled: it waits for nothing any more.
    package func leave(job: String, reason: String) async throws(Failure) {
        let left = try change { board in ((), board.leave(job: job, reason: reason, now: time.wall())) }
        for waiter in waiting where waiter.job == job {
            waiter.end.yield(.withdrawn(reason: reason, at: time.wall()))
            waiter.end.finish()
        }
        waiting.removeAll { $0.job == job }
        await tell(left.change)
    }

    /// What it asked for came by itself.
    package func withdraw(_ kind: RequestKind, subject: String, reason: String) async throws(Failure) {
        let gone = try change { board in
            ((), board.withdraw(kind, subject: subject, reason: reason, now: time.wall()))
        }
        await tell(gone.change)
    }

    // MARK: Orders

    /// Carries out `.answer`, `.claim` and `.postpone`; its result is written in the same transaction as the change.
    package func carryOut(_ order: Order, ticket: OrderTicket? = nil) async -> IntentResult {
        do throws(Failure) {
            var next = board
            let (words, change) = try RequestDesk.decide(order, &next, now: time.wall())
            try keep(next, change, finishing: ticket?.finished(.accepted(words)))
            ticket?.markRecorded()
            await tell(change)
            return .accepted(words)
        } catch {
            return .refused(error)
        }
    }

    private static func decide(
        _ order: Order, _ board: inout RequestBoard, now: WallTime
    ) throws(Failure) -> (words: String, change: RequestChange) {
        switch order.intent {
        case .answer(let number, let word):
            let change = try board.answer(number, word: word, by: order.by, now: now)
            return ("request \(number) answered", change)
        case .claim(let number):
            let change = try board.claim(number, by: order.by, now: now)
            return ("request \(number) is yours for ten minutes", change)
        case .postpone(let number, let seconds):
            let change = try board.postpone(number, seconds: seconds, now: now)
            return ("next reminder of request \(number) in \(Int(seconds / 60)) min", change)
        default:
            throw Failure(code: "INTENT_UNKNOWN", side: .engine, message: "that is no answer to a request")
        }
    }

    package func history(limit: Int) throws(Failure) -> [Request] { try store.history(limit: limit) }

    // MARK: Time

    /// One look at the clock; `start` calls it every second.
    package func tick() async {
        guard let ticked = try? change({ board in ((), board.tick(now: time.wall())) }) else { return }
        await tell(ticked.change)
        for reminder in ticked.change.reminders {
            await onNews(.reminder(reminder))
            _ = try? change { board in ((), board.reminded(reminder)) }
        }
    }

    /// The clock on the wall was moved by that many seconds.
    package func clockJumped(by seconds: Double) throws(Failure) {
        _ = try change { board in ((), board.clockJumped(by: seconds)) }
    }

    // MARK: Inside

    /// Decides on a copy, keeps what changed, and only then takes the copy.
    private func change<T>(
        _ decide: (inout RequestBoard) throws(Failure) -> (T, RequestChange)
    ) throws(Failure) -> (value: T, change: RequestChange) {
        var next = board
        let (value, change) = try decide(&next)
        try keep(next, change)
        return (value, change)
    }

    /// Memory and disk never differ: the board counts when the catalog has it.
    private func keep(
        _ next: RequestBoard, _ change: RequestChange, finishing order: FinishedOrder? = nil
    ) throws(Failure) {
        try store.save(change.kept, finishing: order)
        board = next
    }

    private func tell(_ change: RequestChange) async {
        for request in change.ended {
            for waiter in waiting where waiter.number == request.number {
                waiter.end.yield(request.state)
                waiter.end.finish()
            }
            waiting.removeAll { $0.number == request.number }
        }
        for request in change.ended { await onNews(.ended(request)) }
        if change.ended.isEmpty && !change.kept.isEmpty { await onNews(.changed) }
    }
}
