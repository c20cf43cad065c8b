/// Turns counters into rates and an honest estimate. A pure value: times are monotonic seconds passed in.
///
/// Rates for the graph are by the clock on the wall; the estimate is by time worked: pauses, waits and gaps in the
/// feeding (a suspended machine, a stopped process) are neither speed nor slowness. Memory is bounded.
package struct ProgressMeter: Sendable {
    package enum Activity: Hashable, Sendable {
        case working
        /// Held by a person, or until the world changes; the word is shown.
        case waiting(String)
        case finished
    }

    private let startedAt: Double
    private var at: Double
    private var activity = Activity.working
    private var done = Amount()
    private var remaining = Amount()
    private var idle = 0.0
    private var total = Work()
    /// Total work with a half-life of 60 seconds of work.
    private var recent = Work()
    private var stretch = Work()
    private var stretches: [Work] = []
    private var costs = CostModel()
    private var seconds: RateSlots
    private var minutes: RateSlots
    private var peak = 0.0
    private var estimated: (value: Estimate, at: Double)?

    /// Starts at a time with nothing done.
    package init(startedAt: Double) {
        self.startedAt = startedAt
        at = startedAt
        seconds = RateSlots(length: 1, at: startedAt)
        minutes = RateSlots(length: 60, at: startedAt)
    }

    /// Feeds it: what this run has done so far, and what remains. Call it about once a second or more often; what lies
    /// behind a silence of more than 5 seconds does not count as speed.
    package mutating func observe(at time: Double, done now: Amount, remaining: Amount, activity: Activity = .working) {
        guard time >= at else { return }
        let span = time - at
        let isCounted = self.activity == .working && span <= ProgressMeter.longestGap
        let moved = Work(
            bytes: Double(max(0, now.bytes - done.bytes)), blobs: Double(max(0, now.count - done.count)),
            seconds: isCounted ? span : 0)
        if isCounted { count(moved, from: at, to: time) } else { skip(to: time) }
        if moved.bytes > 0 || moved.blobs > 0 || activity != .working { idle = 0 } else if isCounted { idle += span }
        (at, done, self.remaining, self.activity) = (time, now, remaining, activity)
        if let last = estimated?.at, time - last < 1 { return }
        estimated = (estimate(), time)
    }

    private mutating func count(_ moved: Work, from: Double, to: Double) {
        seconds.add(moved, from: from, to: to)
        minutes.add(moved, from: from, to: to)
        peak = seconds.full.reduce(peak) { max($0, $1.bytes / seconds.length) }
        total += moved
        recent = recent * exponential2(-moved.seconds / ProgressMeter.halfLife) + moved
        stretch += moved
        guard stretch.seconds >= ProgressMeter.stretchLength else { return }
        costs.learn(stretch)
        stretches.append(stretch)
        if stretches.count > RateSlots.kept { stretches.removeFirst() }
        stretch = Work()
    }

    private mutating func skip(to time: Double) {
        seconds.close(until: time)
        minutes.close(until: time)
    }

    // MARK: Estimate

    /// When it will end, or why nobody knows; at most one new number a second.
    package var eta: Estimate {
        switch activity {
        case .finished: return .done
        case .waiting(let reason): return .waiting(reason)
        case .working: break
        }
        if remaining.count <= 0, done.count > 0 { return .done }
        if idle >= ProgressMeter.stallsAfter { return .stalled(seconds: idle) }
        return estimated?.value ?? .unknown
    }

    private func estimate() -> Estimate {
        let left = Work(bytes: Double(max(0, remaining.bytes)), blobs: Double(max(0, remaining.count)))
        let (doneUnits, leftUnits) = (costs.units(total), costs.units(left))
        guard total.seconds >= 30, doneUnits > 0, doneUnits >= 0.01 * (doneUnits + leftUnits) else { return .unknown }
        let byMean = leftUnits * total.seconds / doneUnits
        let recentUnits = costs.units(recent)
        let byRecent = recentUnits > 0 ? leftUnits * recent.seconds / recentUnits : byMean
        // Near its end the last minute says more than the whole; a quarter at least, since the whole never forgets.
        let weight = max(0.25, total.seconds / (total.seconds + byMean))
        let likely = weight * byRecent + (1 - weight) * byMean
        let (slow, fast) = spread(around: leftUnits / max(likely, 1e-9))
        return .seconds(
            likely, low: min(likely, leftUnits / fast),
            high: max(likely, min(leftUnits / max(slow, 1e-9), likely * 100)))
    }

    /// The 10th and 90th percentile of recent speeds, by the minute once there are enough minutes.
    private func spread(around speed: Double) -> (slow: Double, fast: Double) {
        let worked = minutes.full.filter { $0.seconds >= 30 }
        let samples = (worked.count >= 5 ? worked : stretches).map { costs.units($0) / $0.seconds }.sorted()
        guard !samples.isEmpty else { return (speed, speed) }
        let fast = samples[min(samples.count - 1, samples.count * 9 / 10)]
        return (samples[samples.count / 10], max(fast, speed))
    }

    // MARK: Rates

    package var rates: CopyRates {
        var rates = CopyRates()
        let now = seconds.recent(3)
        let minute = seconds.recent(60)
        rates.now = ProgressMeter.perSecond(now.work.bytes, now.seconds)
        rates.oneMinute = ProgressMeter.perSecond(minute.work.bytes, minute.seconds)
        rates.tenMinutes = tenMinutes
        rates.average = ProgressMeter.perSecond(total.bytes, total.seconds)
        rates.peak = peak
        rates.blobsPerMinute = ProgressMeter.perSecond(minute.work.blobs, minute.seconds) * 60
        rates.sinceProgress = idle
        rates.stalledFor = idle >= ProgressMeter.stallsAfter && remaining.count > 0 ? idle : 0
        rates.seconds = seconds.full.map(\.bytes)
        rates.minutes = minutes.full.map { $0.bytes / 60 }
        return rates
    }

    /// Ten full minutes, or all there is before.
    private var tenMinutes: Double {
        let full = minutes.recent(10)
        if full.seconds >= 600 { return full.work.bytes / full.seconds }
        let begun = at - startedAt - Double(minutes.full.count) * 60
        return ProgressMeter.perSecond(full.work.bytes + minutes.current.bytes, full.seconds + min(60, max(0, begun)))
    }

    private static func perSecond(_ amount: Double, _ seconds: Double) -> Double {
        seconds > 0 ? amount / seconds : 0
    }

    private static let longestGap = 5.0
    private static let halfLife = 60.0
    private static let stretchLength = 5.0
    private static let stallsAfter = 10.0
}
