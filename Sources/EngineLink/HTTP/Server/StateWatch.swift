import BackupModel

/// The newest state for all who serve it: one subscription at the engine, however many ask.
actor StateWatch {
    private var newest: EngineState?
    private var isOver = false
    private var waiters: [Int: AsyncStream<EngineState>.Continuation] = [:]
    private var lastWaiter = 0
    private let mostWaiters: Int
    private(set) var counters = MetricsCounters()

    /// `mostWaiters` streams of states at once.
    init(mostWaiters: Int = 32) { self.mostWaiters = mostWaiters }

    /// Follows an engine until it ends or the task is cancelled.
    func follow(_ service: any EngineService) async {
        for await state in await service.states() {
            newest = state
            counters.observe(state)
            for waiter in waiters.values { waiter.yield(state) }
        }
        isOver = true
        for waiter in waiters.values { waiter.finish() }
        waiters = [:]
    }

    /// The newest state, waiting for the first for at most that long.
    func state(within patience: Duration) async -> EngineState? {
        if isOver { return nil }
        if let newest { return newest }
        guard let states = changes() else { return nil }
        return await first(of: states, within: patience) { _ in true }
    }

    /// The state now, if there is one, and after every change, the newest only; nil when too many wait already.
    func changes() -> AsyncStream<EngineState>? {
        guard waiters.count < mostWaiters else { return nil }
        let (stream, continuation) = AsyncStream.makeStream(of: EngineState.self, bufferingPolicy: .bufferingNewest(1))
        if isOver {
            continuation.finish()
            return stream
        }
        lastWaiter += 1
        let id = lastWaiter
        waiters[id] = continuation
        continuation.onTermination = { [weak self] _ in
            Task { await self?.leave(id) }
        }
        if let newest { continuation.yield(newest) }
        return stream
    }

    private func leave(_ id: Int) { waiters[id] = nil }
}

/// The first state that fits, or nil when none came in time or the stream ended.
func first(
    of states: AsyncStream<EngineState>, within patience: Duration,
    where fits: @escaping @Sendable (EngineState) -> Bool
) async -> EngineState? {
    await withTaskGroup(of: EngineState?.self) { group in
        group.addTask {
            for await state in states where fits(state) { return state }
            return nil
        }
        group.addTask {
            try? await Task.sleep(for: patience)
            return nil
        }
        let found = await group.next() ?? nil
        group.cancelAll()
        return found
    }
}
