package import BackupModel
import Synchronization
package import WorkerKit

/// What a stream is doing, written by the drive's thread and read by whoever draws; neither waits for the other. The
/// rule may be changed while it runs.
package final class FlowGauges: Sendable {
    private let ring: BlockRing
    private let clock: @Sendable () -> Int64
    private let knob: Mutex<FlowRule>
    private let meter = Mutex(FlowMeter())

    let stops = Atomic<Int>(0)
    let underRuns = Atomic<Int>(0)
    let backHitches = Atomic<Int>(0)
    let longestGap = Atomic<Int64>(0)
    let isHolding = Atomic<Bool>(false)
    /// Nanoseconds.
    let sourceTime = Atomic<Int64>(0)
    let bufferTime = Atomic<Int64>(0)
    let driveTime = Atomic<Int64>(0)

    package init(_ rule: FlowRule, ring: BlockRing, time: SystemTime = .live) {
        self.ring = ring
        clock = time.monotonic
        knob = Mutex(rule)
    }

    /// The policy in force. A change is seen at the drive's next block, or within a quarter second.
    package var rule: FlowRule {
        get { knob.withLock { $0 } }
        set {
            knob.withLock { $0 = newValue }
            ring.wake()
        }
    }

    /// The stream now; rates and history are as fine as this is called often.
    package func read() -> FlowReading {
        let (fill, received, written) = (ring.fill, Int64(ring.received), Int64(ring.released))
        let level = min(1, Double(fill) / Double(ring.room))
        let measured = meter.withLock {
            $0.observe(at: Double(clock()) / 1e9, received: received, written: written, level: level)
            return $0
        }
        return FlowReading(
            rule: rule, fill: Int64(fill), capacity: Int64(ring.room), received: received, written: written,
            sourceRate: measured.sourceRate, driveRate: measured.driveRate,
            isHolding: isHolding.load(ordering: .relaxed), counts: counts, limits: limits, history: measured.history)
    }

    package var counts: FlowCounts {
        var counts = FlowCounts()
        counts.stops = stops.load(ordering: .relaxed)
        counts.underRuns = underRuns.load(ordering: .relaxed)
        counts.backHitches = backHitches.load(ordering: .relaxed)
        counts.longestGap = Double(longestGap.load(ordering: .relaxed)) / 1e9
        return counts
    }

    private var limits: FlowLimits {
        let source = Double(sourceTime.load(ordering: .relaxed))
        let buffer = Double(bufferTime.load(ordering: .relaxed))
        let drive = Double(driveTime.load(ordering: .relaxed))
        let whole = source + buffer + drive
        return whole > 0
            ? FlowLimits(source: source / whole, buffer: buffer / whole, drive: drive / whole) : FlowLimits()
    }
}
