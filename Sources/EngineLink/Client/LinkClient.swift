package import BackupModel
import NIOCore

/// An engine behind a socket. Attaches by itself, and again whenever the engine comes back.
///
/// While the engine is away orders and queries are refused with `ENGINE_AWAY`. One whose result was lost with the
/// connection goes again under its old id, so that the engine does it once (I-8); without a result in time it is refused
/// with `RESULT_UNKNOWN`.
package actor LinkClient: EnginePort {
    let settings: LinkClientSettings
    private enum Phase {
        case starting, attached, away(Failure), closed
    }

    private var phase = Phase.starting
    private var standingNow: LinkStanding?
    private var standings = Fans<LinkStanding>()
    private var watchers = Fans<EngineState>()
    private var newest: EngineState?
    private var pending = Pending()
    private var lane: AsyncStream<ByteBuffer>.Continuation?
    private var awaySince: WallTime?
    private var lastID: UInt64 = 0
    private let prefix: String
    private var work: Task<Void, Never>?

    private static let mostPending = 256

    package init(_ settings: LinkClientSettings) {
        self.settings = settings
        prefix = String(settings.random(), radix: 16)
    }

    /// Begins to attach, unless it has begun; asking for anything does it too.
    package func start() {
        guard work == nil, !isClosed else { return }
        work = Task { [settings] in
            await LinkConversation(settings: settings).run(for: self)
        }
    }

    /// Detaches for good. What is under way is not waited for.
    package func close() {
        phase = .closed
        work?.cancel()
        work = nil
        lane?.finish()
        lane = nil
        standings.finish()
        watchers.finish()
        for entry in pending.removeAll(where: { _ in true }) { entry.finish(Self.detached) }
    }

    // MARK: What consoles use

    /// How it stands now and after every change.
    package func standing() -> AsyncStream<LinkStanding> {
        start()
        return standings.join(first: standingNow, isOver: isClosed) { id in
            Task { await self.leaveStandings(id) }
        }
    }

    /// The first standing: attached, away or refused.
    package func firstStanding() async -> LinkStanding {
        for await standing in standing() { return standing }
        return .refused(Self.detached)
    }

    /// Stays open while the engine is away, and goes on when it is back.
    package func states() -> AsyncStream<EngineState> {
        start()
        let isFirst = watchers.isEmpty
        defer { if isFirst { watch(true) } }
        return watchers.join(first: newest, isOver: isClosed) { id in Task { await self.leaveStates(id) } }
    }

    package func send(_ intent: Intent) async -> IntentResult {
        await send(intent, id: nextID(), basis: newest?.sequence)
    }

    /// With an id of the caller's, for one who remembers it beyond this process.
    package func send(_ intent: Intent, id: String, basis: UInt64?) async -> IntentResult {
        if let refusal = refusalNow() { return .refused(refusal) }
        let frame: ByteBuffer
        do throws(Failure) { frame = try WireCoder().frame(.order(id: id, intent: intent, basis: basis)) } catch {
            return .refused(error)
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { add(id, frame, .order($0)) }
        } onCancel: {
            Task { await self.expire(id, isCancelled: true) }
        }
    }

    package func ask(_ query: Query) async -> Answer {
        if let refusal = refusalNow() { return .refused(refusal) }
        let id = nextID()
        let frame: ByteBuffer
        do throws(Failure) { frame = try WireCoder().frame(.query(id: id, query: query)) } catch {
            return .refused(error)
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { add(id, frame, .query($0)) }
        } onCancel: {
            Task { await self.expire(id, isCancelled: true) }
        }
    }

    // MARK: Requests

    private func refusalNow() -> Failure? {
        start()
        if pending.count >= Self.mostPending {
            return linkFailure(
                "TOO_MANY_REQUESTS", "\(pending.count) orders and queries wait already", isTransient: true)
        }
        switch phase {
        case .starting, .attached: return nil
        case .away(let reason): return away(reason)
        case .closed: return Self.detached
        }
    }

    private func add(_ id: String, _ frame: ByteBuffer, _ finish: Pending.Finish) {
        pending.add(id, frame, wasSent: lane != nil, finish)
        lane?.yield(frame)
        Task { [limit = settings.timing.replyWithin] in
            try? await Task.sleep(for: limit)
            expire(id, isCancelled: false)
        }
    }

    private func expire(_ id: String, isCancelled: Bool) {
        guard let entry = pending.remove(id) else { return }
        entry.finish(
            isCancelled
                ? linkFailure("CANCELLED", "nobody waits for the answer any more")
                : linkFailure(
                    "RESULT_UNKNOWN", "the engine did not answer in time; it may have done it all the same",
                    hint: "Look at the state before you send it again.", isTransient: true))
    }

    private func nextID() -> String {
        lastID += 1
        return prefix + "-" + String(lastID)
    }

    private func away(_ reason: Failure) -> Failure {
        linkFailure(
            "ENGINE_AWAY", "no engine is attached: " + reason.message, subject: reason.subject, errno: reason.errno,
            hint: reason.hint.isEmpty ? "Start it with holdfast engine start." : reason.hint, isTransient: true)
    }

    private static let detached = linkFailure("DETACHED", "this console has detached")

    private var isClosed: Bool { if case .closed = phase { true } else { false } }

    // MARK: What the conversation tells

    /// Attached: everything that waits for its result goes (again) into the lane.
    func attached(_ welcome: Welcome, lane: AsyncStream<ByteBuffer>.Continuation) {
        guard !isClosed else { return lane.finish() }
        phase = .attached
        awaySince = nil
        self.lane = lane
        if !watchers.isEmpty { watch(true) }
        for frame in pending.framesToSend() { lane.yield(frame) }
        publish(.attached(welcome))
    }

    func lost(_ reason: Failure, isRefusal: Bool) {
        guard !isClosed else { return }
        let since = awaySince ?? settings.wall()
        awaySince = since
        lane = nil
        phase = .away(reason)
        for entry in pending.removeAll(where: { !$0.wasSent }) { entry.finish(away(reason)) }
        publish(isRefusal ? .refused(reason) : .away(since: since, reason: reason))
    }

    func take(_ message: WireMessage) {
        switch message {
        case .state(let state):
            newest = state
            watchers.yield(state)
        case .result(let id, let result):
            if case .order(let waiting)? = pending.remove(id)?.finish { waiting.resume(returning: result) }
        case .answer(let id, let answer):
            if case .query(let waiting)? = pending.remove(id)?.finish { waiting.resume(returning: answer) }
        default: break
        }
    }

    func ping() { yield(.ping) }

    private func watch(_ isOn: Bool) { yield(.watch(isOn: isOn)) }

    private func yield(_ message: WireMessage) {
        if let frame = try? WireCoder().frame(message) { lane?.yield(frame) }
    }

    private func publish(_ standing: LinkStanding) {
        guard standing != standingNow else { return }
        standingNow = standing
        standings.yield(standing)
    }

    private func leaveStandings(_ id: Int) { standings.leave(id) }

    private func leaveStates(_ id: Int) {
        watchers.leave(id)
        guard watchers.isEmpty else { return }
        newest = nil
        watch(false)
    }
}

/// Streams of one value each; whoever is slow gets the newest.
struct Fans<Value: Sendable> {
    private var streams: [Int: AsyncStream<Value>.Continuation] = [:]
    private var lastID = 0

    var isEmpty: Bool { streams.isEmpty }

    mutating func join(
        first: Value?, isOver: Bool, onLeave: @escaping @Sendable (Int) -> Void
    ) -> AsyncStream<Value> {
        lastID += 1
        let id = lastID
        let (stream, continuation) = AsyncStream.makeStream(of: Value.self, bufferingPolicy: .bufferingNewest(1))
        if let first { continuation.yield(first) }
        if isOver {
            continuation.finish()
        } else {
            continuation.onTermination = { _ in onLeave(id) }
            streams[id] = continuation
        }
        return stream
    }

    mutating func leave(_ id: Int) { streams[id] = nil }
    func yield(_ value: Value) { for stream in streams.values { stream.yield(value) } }

    mutating func finish() {
        for stream in streams.values { stream.finish() }
        streams = [:]
    }
}
