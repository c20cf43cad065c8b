package import NIOCore

/// What one console has not been sent yet. Answers and results wait in order; of the states only the newest.
///
/// The time is passed in; nothing here waits or writes.
package struct Outbox: Sendable {
    /// Bytes of answers and results that may wait.
    private let keepLimit: Int
    private var kept: [ByteBuffer] = []
    private var first = 0
    private var newestState: ByteBuffer?
    private var inFlight = 0
    private var lastProgress: NIODeadline
    package private(set) var keptBytes = 0
    /// States that a newer one replaced before they were sent.
    package private(set) var droppedStates = 0

    package init(keepLimit: Int, now: NIODeadline) {
        self.keepLimit = keepLimit
        lastProgress = now
    }

    package var isEmpty: Bool { inFlight == 0 && first == kept.count && newestState == nil }

    /// False when the console has too much waiting already and must go.
    package mutating func keep(_ frame: ByteBuffer, now: NIODeadline) -> Bool {
        if isEmpty { lastProgress = now }
        kept.append(frame)
        keptBytes += frame.readableBytes
        return keptBytes <= keepLimit
    }

    package mutating func replaceState(_ frame: ByteBuffer, now: NIODeadline) {
        if isEmpty { lastProgress = now }
        if newestState != nil { droppedStates += 1 }
        newestState = frame
    }

    package mutating func dropState() { newestState = nil }

    /// The next frame to write, one at a time; nil while one is under way or nothing waits.
    package mutating func next() -> ByteBuffer? {
        guard inFlight == 0 else { return nil }
        if first < kept.count {
            let frame = kept[first]
            kept[first] = ByteBuffer()
            first += 1
            if first * 2 >= kept.count {
                kept.removeFirst(first)
                first = 0
            }
            inFlight = frame.readableBytes
            return frame
        }
        guard let state = newestState else { return nil }
        newestState = nil
        inFlight = state.readableBytes
        // A state is not among the kept bytes, so that `written` must not take it off.
        keptBytes += inFlight
        return state
    }

    /// The frame under way has left.
    package mutating func written(now: NIODeadline) {
        keptBytes -= inFlight
        inFlight = 0
        lastProgress = now
    }

    /// How long something has waited that its reader does not take.
    package func stuck(at now: NIODeadline) -> TimeAmount { isEmpty ? .zero : now - lastProgress }
}
