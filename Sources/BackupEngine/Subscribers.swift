import BackupModel

/// Who wants to see the state. Each keeps only the newest one it has not read, so a slow console slows nobody.
struct Subscribers {
    private var streams: [Int: AsyncStream<EngineState>.Continuation] = [:]
    private var lastID = 0
    private var isOver = false

    var isEmpty: Bool { streams.isEmpty }

    /// A new stream, at its end already when there will be no more states; `onLeave` hears the number to leave by.
    mutating func join(onLeave: @escaping @Sendable (Int) -> Void) -> AsyncStream<EngineState> {
        lastID += 1
        let id = lastID
        let (stream, continuation) = AsyncStream.makeStream(of: EngineState.self, bufferingPolicy: .bufferingNewest(1))
        if isOver { continuation.finish() }
        guard !isOver else { return stream }
        continuation.onTermination = { _ in onLeave(id) }
        streams[id] = continuation
        return stream
    }

    mutating func leave(_ id: Int) { streams[id] = nil }

    func publish(_ state: EngineState) {
        for stream in streams.values { stream.yield(state) }
    }

    mutating func end() {
        for stream in streams.values { stream.finish() }
        streams = [:]
        isOver = true
    }
}
