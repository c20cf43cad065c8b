import BackupModel

@testable import EngineLink

/// An engine that does nothing, and remembers what it was asked.
actor FakeEngine: EngineService {
    private(set) var orders: [Order] = []
    private(set) var done: [String: IntentResult] = [:]
    private(set) var consoles: [AttachedConsole] = []
    private(set) var watchers = 0
    private var streams: [Int: AsyncStream<EngineState>.Continuation] = [:]
    private var state: EngineState
    private var held: [CheckedContinuation<Void, Never>] = []
    private var isHolding = false
    private var page: [Event]

    init(padding: Int = 0) {
        state = EngineState(
            sequence: 1, host: "vault", version: "9", startedAt: WallTime(milliseconds: 0),
            at: WallTime(milliseconds: 0))
        page = []
        state.recentEvents = padding == 0 ? [] : [event(1, String(repeating: "x", count: padding))]
    }

    func states() -> AsyncStream<EngineState> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: EngineState.self, bufferingPolicy: .bufferingNewest(1))
        watchers += 1
        let id = watchers
        streams[id] = continuation
        continuation.onTermination = { _ in Task { await self.leave(id) } }
        continuation.yield(state)
        return stream
    }

    var openStreams: Int { streams.count }
    private func leave(_ id: Int) { streams[id] = nil }

    /// A new state with these events as its newest.
    func publish(events: [Event]? = nil) {
        state.sequence += 1
        if let events {
            page = page + events.filter { event in !page.contains { $0.number == event.number } }
            state.recentEvents = events
        }
        for stream in streams.values { stream.yield(state) }
    }

    func remember(_ events: [Event]) { page = events }

    func take(_ order: Order) async -> IntentResult {
        if let before = done[order.id] { return before }
        let result = IntentResult.accepted(order.id)
        done[order.id] = result
        orders.append(order)
        if isHolding { await withCheckedContinuation { held.append($0) } }
        publish()
        return result
    }

    func ask(_ query: Query) async -> Answer {
        switch query {
        case .eventsSince(let number, let limit):
            .events(Array(page.filter { $0.number > number }.prefix(limit)))
        case .log(_, let limit, _):
            .log((0..<limit).map { event(Int64($0), String(repeating: "y", count: 1000)) })
        default: .refused(Failure(code: "NO", side: .engine, message: "no", subject: [0xff, 0x2f]))
        }
    }

    func attached(_ consoles: [AttachedConsole]) { self.consoles = consoles }

    func hold() { isHolding = true }

    func release() {
        isHolding = false
        for waiting in held { waiting.resume() }
        held = []
    }
}

func event(_ number: Int64, _ message: String = "m") -> Event {
    Event(
        number: number, at: WallTime(milliseconds: 0), severity: .info, component: "t", code: "T",
        message: message)
}
