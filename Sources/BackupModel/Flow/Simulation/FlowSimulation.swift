/// One trace through one buffer to one drive under one policy, in simulated time.
///
/// A source that finds the buffer full waits and gives the same bytes later.
package struct FlowSimulation: Sendable {
    package struct Outcome: Hashable, Sendable {
        /// Times the tape stopped before the last byte.
        package var stops: Int
        /// Until the last byte is on tape.
        package var seconds: Double
    }

    private let trace: FlowTrace
    private let capacity: Double
    private let tick: Double
    private let knowsEnd: Bool
    private var drive: SimulatedDrive
    private var now = 0.0
    private var fill = 0.0
    private var received = 0.0
    private var written = 0.0
    /// The phase the source is in, and the bytes and seconds it has left there.
    private var phase = 0
    private var left: FlowTrace.Phase?

    /// `buffer`: the host's, in bytes. `tick`: seconds between decisions.
    package init(_ trace: FlowTrace, buffer: Double, drive: StreamingModel, knowsEnd: Bool = true, tick: Double = 0.05)
    {
        self.trace = trace
        capacity = buffer
        self.knowsEnd = knowsEnd
        self.tick = tick
        self.drive = SimulatedDrive(drive)
        left = trace.phases.first
    }

    /// Runs to the last byte, or gives up after a hundred times the trace's own time.
    package static func run(
        _ trace: FlowTrace, buffer: Double, drive: StreamingModel, rule: FlowRule, knowsEnd: Bool = true
    ) -> Outcome {
        var policy = FlowPolicy(rule)
        var simulation = FlowSimulation(trace, buffer: buffer, drive: drive, knowsEnd: knowsEnd)
        return simulation.run { policy.decide($0) }
    }

    /// Each byte goes on as it comes: what a program without a buffer policy does.
    package static func greedy(_ trace: FlowTrace, buffer: Double, drive: StreamingModel) -> Outcome {
        var simulation = FlowSimulation(trace, buffer: buffer, drive: drive)
        return simulation.run { _ in .fullSpeed }
    }

    /// The fewest stops there can be: from full to empty, at the lowest speed, knowing the drive.
    package static func least(_ trace: FlowTrace, buffer: Double, drive: StreamingModel) -> Outcome {
        var slow = drive
        slow.speeds = [drive.lowest]
        var isFlowing = false
        var simulation = FlowSimulation(trace, buffer: buffer, drive: slow)
        return simulation.run { signal in
            if signal.fill < Int64(drive.lowest / 10) { isFlowing = false }
            if signal.isEnding || signal.fill >= signal.capacity { isFlowing = true }
            return isFlowing ? .fullSpeed : .hold
        }
    }

    private mutating func run(_ decide: (FlowSignal) -> FlowDecision) -> Outcome {
        let limit = max(1, trace.seconds) * 100
        let end = trace.bytes - 1
        while drive.onTape < end, now < limit {
            receive()
            var rate = 0.0
            if case .write(let wanted) = decide(signal) { rate = wanted }
            let moved = min(fill, drive.room, rate * tick)
            fill -= moved
            written += moved
            drive.advance(tick, taking: moved, isEnding: left == nil && fill <= 0)
            now += tick
        }
        return Outcome(stops: drive.stops, seconds: now)
    }

    private var signal: FlowSignal {
        FlowSignal(
            now: now, fill: Int64(fill), capacity: Int64(capacity), received: Int64(received),
            written: Int64(written), remaining: knowsEnd ? Int64(trace.bytes - received) : nil, isEnding: left == nil,
            drive: drive.model.range, driveBuffer: Int64(drive.model.buffer))
    }

    /// What the source gives in one tick; its phase stands still while there is no room.
    private mutating func receive() {
        var span = tick
        while span > 1e-9, let now = left {
            let room = capacity - fill
            let part = min(span, now.seconds, now.rate > 0 ? room / now.rate : span)
            fill += part * now.rate
            received += part * now.rate
            left?.seconds -= part
            if now.seconds - part <= 1e-9 {
                phase += 1
                left = phase < trace.phases.count ? trace.phases[phase] : nil
            } else if part < span {
                return
            }
            span -= part
        }
    }
}
