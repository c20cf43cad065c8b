package import BackupModel
import Synchronization

/// Feeds one drive from one ring as its policy says. Runs on the drive's own thread; a value for one stream, kept over
/// the tapes that it spans.
///
/// `run` comes back when the stream is over, when the drive refused a block, or when it is asked to; called again, it
/// goes on with the block it stopped at.
package struct DrainLoop {
    private let ring: BlockRing
    private let gauges: FlowGauges
    private let drive: DriveFeed
    private let time: DrainTime
    private var policy: FlowPolicy
    /// Monotonic nanoseconds before which the next block is not due.
    private var due: Int64 = 0
    private var gap = FeedGap()
    /// Until when time is accounted for.
    private var accounted: Int64?

    package init(ring: BlockRing, gauges: FlowGauges, drive: DriveFeed = DriveFeed(), time: DrainTime? = nil) {
        self.ring = ring
        self.gauges = gauges
        self.drive = drive
        self.time = time ?? .live(ring)
        policy = FlowPolicy(gauges.rule)
    }

    /// `write` takes one block, whole or not at all; a block that it throws for or refuses stays the next one.
    /// `isWanted` is asked at least each quarter second. Throws what `write` throws, and what the ring was aborted with.
    package mutating func run(
        while isWanted: () -> Bool = { true }, write: (UnsafeRawBufferPointer) throws -> BlockWritten
    ) throws -> DrainEnd {
        // The time between two runs, in which a tape was changed, is nobody's limit and no gap.
        accounted = time.now()
        gap.forget()
        while isWanted() {
            switch try ring.peek() {
            case .end: return .endOfStream
            case .nothing: waitForSource()
            case .block(let block):
                guard isDue() else { continue }
                guard try take(block, write) == .written else { return .refused }
            }
        }
        return .stopped
    }

    /// Whether the next block goes now; waits a little when not.
    private mutating func isDue() -> Bool {
        let now = time.now()
        let decision = decide(at: now)
        account(decision, until: now)
        guard case .write(let rate) = decision else {
            gap.open(at: now, isDry: isDry)
            time.sleep(DrainLoop.glance)
            return false
        }
        guard rate < .infinity, due > now else {
            due = max(due, now - DrainLoop.slack) + DrainLoop.nanoseconds(Double(ring.blockSize) / rate)
            return true
        }
        time.sleep(min(DrainLoop.glance, Double(due - now) / 1e9))
        return false
    }

    private mutating func take(
        _ block: UnsafeRawBufferPointer, _ write: (UnsafeRawBufferPointer) throws -> BlockWritten
    ) throws -> BlockWritten {
        let begun = time.now()
        if let closed = gap.close(at: begun) { count(closed) }
        let answer = try write(block)
        let now = time.now()
        gap.wrote(from: begun, until: now)
        if answer == .written { ring.release() }
        return answer
    }

    private mutating func waitForSource() {
        let now = time.now()
        // Asked so that it sees the level fall; what it says cannot be done.
        _ = decide(at: now)
        account(.hold, until: now)
        gap.open(at: now, isDry: true)
        time.sleepUntilBlock(DrainLoop.glance)
    }

    private var isDry: Bool { Double(ring.fill) <= FlowPolicy.empty * Double(ring.room) }

    private mutating func decide(at now: Int64) -> FlowDecision {
        policy.rule = gauges.rule
        let isFull = ring.isSourceAsleep
        let decision = policy.decide(
            FlowSignal(
                now: Double(now) / 1e9, fill: Int64(isFull ? ring.room : ring.fill), capacity: Int64(ring.room),
                received: Int64(ring.received), written: Int64(ring.released), remaining: drive.remaining(),
                isEnding: ring.isEnding, drive: drive.range, driveBuffer: drive.buffer,
                stopCost: gap.stopCost))
        gauges.isHolding.store(decision == .hold, ordering: .relaxed)
        return decision
    }

    /// Puts the time since the last call down to who kept the stream from being quicker.
    private mutating func account(_ decision: FlowDecision, until now: Int64) {
        defer { accounted = now }
        guard let since = accounted, now > since else { return }
        guard ring.isSourceAsleep || ring.space == 0 else {
            gauges.sourceTime.add(now - since, ordering: .relaxed)
            return
        }
        let fastest = drive.range?.highest ?? .infinity
        if case .write(let rate) = decision, rate >= fastest {
            gauges.driveTime.add(now - since, ordering: .relaxed)
        } else {
            gauges.bufferTime.add(now - since, ordering: .relaxed)
        }
    }

    private func count(_ closed: FeedGap.Closed) {
        let length = closed.nanoseconds
        gauges.stops.add(1, ordering: .relaxed)
        if closed.isDry { gauges.underRuns.add(1, ordering: .relaxed) }
        if Double(length) / 1e9 > drive.secondsHeld { gauges.backHitches.add(1, ordering: .relaxed) }
        if length > gauges.longestGap.load(ordering: .relaxed) { gauges.longestGap.store(length, ordering: .relaxed) }
    }

    private static func nanoseconds(_ seconds: Double) -> Int64 { Int64(min(seconds, 3600) * 1e9) }

    /// Seconds after which the policy is asked again, whatever happens: fill, marks and rates change meanwhile.
    private static let glance = 0.05
    /// Nanoseconds of delay that are made up for, so that a late wake-up does not lower the rate.
    private static let slack: Int64 = 50_000_000
}

/// Why `DrainLoop.run` came back.
package enum DrainEnd: Hashable, Sendable {
    /// All is written and released.
    case endOfStream
    /// Early warning: the block is still the next one.
    case refused
    /// It was no longer wanted.
    case stopped
}

/// What a loop knows of the drive it feeds.
package struct DriveFeed: Sendable {
    /// Nil where nobody knows it.
    package var range: DriveRange?
    /// The drive's own buffer, in bytes.
    package var buffer: Int64
    /// Bytes that the source has yet to give, as well as it can tell; called by the drive's thread.
    package var remaining: @Sendable () -> Int64?

    package init(
        range: DriveRange? = nil, buffer: Int64 = 0, remaining: @escaping @Sendable () -> Int64? = { nil }
    ) {
        self.range = range
        self.buffer = buffer
        self.remaining = remaining
    }

    /// How long the tape goes on when nothing comes.
    var secondsHeld: Double {
        guard let range, range.lowest > 0 else { return 0 }
        return Double(buffer) / range.lowest
    }
}

/// The loop's clock and its ways to wait; simulated in tests.
package struct DrainTime {
    /// Monotonic nanoseconds.
    package var now: () -> Int64
    /// Seconds; may come back early.
    package var sleep: (Double) -> Void
    /// Until a block is there, or the seconds are over.
    package var sleepUntilBlock: (Double) -> Void

    package init(
        now: @escaping () -> Int64, sleep: @escaping (Double) -> Void, sleepUntilBlock: @escaping (Double) -> Void
    ) {
        self.now = now
        self.sleep = sleep
        self.sleepUntilBlock = sleepUntilBlock
    }

    static func live(_ ring: BlockRing) -> DrainTime {
        DrainTime(
            now: ring.clock, sleep: { ring.sleep(seconds: $0) }, sleepUntilBlock: { ring.sleepUntilBlock(seconds: $0) })
    }
}
