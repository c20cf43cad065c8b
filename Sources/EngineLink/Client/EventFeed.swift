package import BackupModel

/// Every event after a number, in order and without gaps: from the states, and asked for where those do not reach back.
///
/// Goes on after the engine was away; what is not read is not fetched, so a slow reader costs nothing.
package struct EventFeed: AsyncSequence, Sendable {
    private let engine: any EnginePort
    private let since: Int64

    package init(_ engine: any EnginePort, since: Int64) {
        self.engine = engine
        self.since = since
    }

    package func makeAsyncIterator() -> Iterator { Iterator(engine: engine, last: since) }

    package struct Iterator: AsyncIteratorProtocol {
        private let engine: any EnginePort
        /// Number of the last event that was handed out or waits in `ready`.
        private var last: Int64
        private var ready: ArraySlice<Event> = []
        private var hasMore = false
        private var states: AsyncStream<EngineState>.Iterator?
        private static let page = 500

        init(engine: any EnginePort, last: Int64) {
            self.engine = engine
            self.last = last
        }

        /// Nil when the engine's states end.
        package mutating func next() async -> Event? {
            while true {
                if let event = ready.popFirst() { return event }
                if hasMore {
                    await fetch()
                    if !ready.isEmpty { continue }
                }
                guard let state = await nextState() else { return nil }
                guard let newest = state.recentEvents.last, newest.number > last else { continue }
                if let oldest = state.recentEvents.first, oldest.number <= last + 1 {
                    take(state.recentEvents.filter { $0.number > last })
                } else {
                    await fetch()
                }
            }
        }

        private mutating func nextState() async -> EngineState? {
            if states == nil { states = await engine.states().makeAsyncIterator() }
            return await states?.next(isolation: #isolation)
        }

        /// One page; a refusal waits for the next state.
        private mutating func fetch() async {
            hasMore = false
            guard case .events(let events) = await engine.ask(.eventsSince(number: last, limit: Self.page)) else {
                return
            }
            hasMore = events.count == Self.page
            take(events.filter { $0.number > last })
        }

        private mutating func take(_ events: [Event]) {
            ready = ArraySlice(events)
            last = events.last?.number ?? last
        }
    }
}
