/// How a stream from source to drive stands, for screens and metrics.
package struct FlowReading: Hashable, Codable, Sendable {
    package var rule: FlowRule
    /// Bytes.
    package var fill: Int64
    package var capacity: Int64
    package var received: Int64
    package var written: Int64
    /// Bytes a second over the last seconds.
    package var sourceRate: Double
    package var driveRate: Double
    /// The policy keeps the drive waiting.
    package var isHolding: Bool
    package var counts: FlowCounts
    /// Each 0 to 1; together 1, or 0 before the first byte.
    package var limits: FlowLimits
    /// Fill, 0 to 1, the lowest of every ten seconds of the last 30 minutes, oldest first.
    package var history: [Double]

    package init(
        rule: FlowRule, fill: Int64, capacity: Int64, received: Int64, written: Int64, sourceRate: Double,
        driveRate: Double, isHolding: Bool, counts: FlowCounts, limits: FlowLimits, history: [Double]
    ) {
        self.rule = rule
        self.fill = fill
        self.capacity = capacity
        self.received = received
        self.written = written
        self.sourceRate = sourceRate
        self.driveRate = driveRate
        self.isHolding = isHolding
        self.counts = counts
        self.limits = limits
        self.history = history
    }
}

/// What went wrong with a stream, counted since it began.
package struct FlowCounts: Hashable, Codable, Sendable {
    /// Times the drive was no longer fed, by policy or for want of data.
    package var stops = 0
    /// Those for want of data.
    package var underRuns = 0
    /// Those that lasted longer than the drive's own buffer: the tape had to stop and wind back.
    package var backHitches = 0
    /// Seconds.
    package var longestGap = 0.0

    package init() {}
}

/// What kept a stream from being quicker, as shares of its time.
package struct FlowLimits: Hashable, Codable, Sendable {
    /// The buffer had room: the source gave no more.
    package var source = 0.0
    /// The buffer was full while the drive was not at full speed.
    package var buffer = 0.0
    /// The buffer was full and the drive took what it could.
    package var drive = 0.0

    package init(source: Double = 0, buffer: Double = 0, drive: Double = 0) {
        self.source = source
        self.buffer = buffer
        self.drive = drive
    }
}

/// Turns a stream's counters into a reading: rates over some seconds and the history for a graph. Feed it a few times
/// a second.
package struct FlowMeter: Sendable {
    private var source = RateSense()
    private var drive = RateSense()
    private var slots: [Double] = []
    private var current: (number: Int, lowest: Double)?

    package init() {}

    /// Monotonic seconds; `level` 0 to 1.
    package mutating func observe(at now: Double, received: Int64, written: Int64, level: Double) {
        source.observe(received, at: now, memory: FlowMeter.slot)
        drive.observe(written, at: now, memory: FlowMeter.slot)
        let number = Int(now / FlowMeter.slot)
        guard let current, current.number <= number else {
            self.current = (number, level)
            return
        }
        if current.number == number {
            self.current = (number, min(current.lowest, level))
        } else {
            // Slots in which nobody looked are like the last one.
            let passed = min(number - current.number, FlowMeter.kept)
            slots.append(contentsOf: repeatElement(current.lowest, count: passed))
            slots.removeFirst(max(0, slots.count - FlowMeter.kept))
            self.current = (number, level)
        }
    }

    package var sourceRate: Double { source.quick }
    package var driveRate: Double { drive.quick }
    /// Full slots, at most 180, oldest first.
    package var history: [Double] { slots }

    private static let slot = 10.0
    private static let kept = 180
}
