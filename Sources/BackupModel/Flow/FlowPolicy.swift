/// Decides when and how fast a buffer goes to the drive (F36). A pure value: ask it often, at least each quarter second.
///
/// A stop costs a drive seconds and wears tape and heads. With one speed, the fewest stops come from draining to empty
/// and refilling to full; inside a range of speeds there need be none.
package struct FlowPolicy: Sendable {
    /// May be changed at any time; what was learnt of the rates stays.
    package var rule: FlowRule
    private var input = RateSense()
    private var output = RateSense()
    /// Writing, or waiting for the fill that begins the next run.
    private var isFlowing = false
    private var hasBegun = false
    /// Since when the level is not above the low mark.
    private var emptySince: Double?
    private var stopCost = FlowPolicy.assumedStopCost

    package init(_ rule: FlowRule) { self.rule = rule }

    /// The smoothed rate of the source, in bytes a second.
    package var sourceRate: Double { input.slow }

    /// What to do now.
    package mutating func decide(_ signal: FlowSignal) -> FlowDecision {
        observe(signal)
        // Nothing more comes: no use in waiting, and no rate that could be too fast.
        if signal.isEnding { return .fullSpeed }
        let (high, low) = marks(signal)
        emptySince = signal.level <= low ? emptySince ?? signal.now : nil
        if isFlowing, let emptySince, signal.now - emptySince >= grace(signal) { isFlowing = false }
        if !isFlowing, signal.level >= high { isFlowing = true }
        guard isFlowing else { return .hold }
        hasBegun = true
        guard rule == .paced, let drive = signal.drive else { return .fullSpeed }
        return .write(rate: pace(signal, drive))
    }

    private mutating func observe(_ signal: FlowSignal) {
        // The time in which the buffer could turn over: a longer memory would notice a change too late to use it.
        let speed = signal.drive?.highest ?? max(output.slow, 1e8)
        let memory = min(120, max(4, Double(signal.capacity) / speed))
        input.observe(signal.received, at: signal.now, memory: memory)
        if isFlowing { output.observe(signal.written, at: signal.now, memory: memory) }
        if let cost = signal.stopCost { stopCost = max(0, cost) }
    }

    /// The level that begins a run and the one that ends it.
    private func marks(_ signal: FlowSignal) -> (high: Double, low: Double) {
        switch rule {
        case .watermark(let high, let low):
            (min(Double(high) / 100, FlowPolicy.full), max(FlowPolicy.empty, Double(low) / 100))
        case .paced:
            if let drive = signal.drive {
                (beginning(signal, drive), FlowPolicy.empty)
            } else {
                (adapted(signal), FlowPolicy.empty)
            }
        case .adaptive: (adapted(signal), FlowPolicy.empty)
        }
    }

    // MARK: Paced

    /// A run begins with what is aimed at, or with less where the source is as fast as the drive and waiting would be
    /// lost time; with all there can be where it is too slow for the drive, which makes the run the longest.
    private func beginning(_ signal: FlowSignal, _ drive: DriveRange) -> Double {
        if input.slow < FlowPolicy.sure * drive.lowest { return FlowPolicy.full }
        let spare = (drive.highest - input.slow) / max(drive.highest - drive.lowest, 1)
        return max(FlowPolicy.early, min(hasBegun ? FlowPolicy.full : aim(signal, drive), 1.5 * spare))
    }

    /// Seconds for which an empty buffer is no reason to hold: so long the drive lives on its own, and the source
    /// may be back.
    private func grace(_ signal: FlowSignal) -> Double {
        guard rule == .paced, let drive = signal.drive else { return 0 }
        return 0.8 * Double(signal.driveBuffer) / drive.lowest
    }

    /// What comes, and more or less of the range as the buffer holds more or less than is aimed at.
    private func pace(_ signal: FlowSignal, _ drive: DriveRange) -> Double {
        if signal.level >= FlowPolicy.nearlyFull { return drive.highest }
        let range = drive.highest - drive.lowest
        let wanted = input.cautious + FlowPolicy.gain * (signal.level - aim(signal, drive)) * range
        return min(drive.highest, max(drive.lowest, wanted))
    }

    /// The fill to keep, 0 to 1: as much as can be, for dips, yet little when the end comes, because what is left then
    /// is time lost. Where nobody knows the end, half, or what the drive writes in `tail` seconds.
    private func aim(_ signal: FlowSignal, _ drive: DriveRange) -> Double {
        let capacity = Double(max(1, signal.capacity))
        // The closer the source comes to the drive's highest speed, the more room its bursts need.
        let share = (input.slow - drive.lowest) / max(drive.highest - drive.lowest, 1)
        let most = FlowPolicy.plenty - FlowPolicy.burstRoom * min(1, max(0, share))
        guard let remaining = signal.remaining else {
            return min(most, max(FlowPolicy.half, FlowPolicy.tail * drive.highest / capacity))
        }
        // Enough for a source that is silent half of the time that it still needs, and for its last seconds.
        let silence = max(FlowPolicy.shortest, Double(remaining) / max(input.slow, 1) / 2)
        return min(most, silence * drive.lowest / capacity)
    }

    // MARK: Adaptive

    /// As little fill as makes stops cost no more than a hundredth of the time, or all there can be.
    ///
    /// A run of `level` takes `level * capacity / input` to fill and `level * capacity / (output - input)` to drain.
    private func adapted(_ signal: FlowSignal) -> Double {
        guard input.slow > 0, output.slow > 0 else { return FlowPolicy.half }
        // A source as fast as the drive never lets it run dry for long.
        guard output.slow > input.slow * 1.02 else { return FlowPolicy.early }
        let cycle = Double(signal.capacity) * (1 / input.slow + 1 / (output.slow - input.slow))
        return min(FlowPolicy.full, max(FlowPolicy.half, stopCost / FlowPolicy.stopShare / cycle))
    }

    /// A buffer is never brim-full for long: its writer waits for room for a whole span. Nor is it ever empty while the
    /// source trickles, and a trickle keeps no drive going.
    private static let full = 0.98
    /// The level at which a run ends for want of data.
    package static let empty = 0.01
    private static let nearlyFull = 0.95
    private static let plenty = 0.75
    private static let burstRoom = 0.35
    private static let half = 0.5
    private static let early = 0.2
    /// Share of the range by which the rate changes when the buffer is off its aim by the whole of itself.
    private static let gain = 8.0
    private static let sure = 1.05
    /// Seconds: what may be left to write when an unforeseen end comes, and the silence that is always provided for.
    private static let tail = 30.0
    private static let shortest = 45.0
    private static let stopShare = 0.01
    /// Seconds for back-hitch and start of an LTO drive.
    private static let assumedStopCost = 3.0
}
