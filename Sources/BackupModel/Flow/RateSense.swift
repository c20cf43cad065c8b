/// A rate out of a counter, smoothed twice: quickly to see a dip as it begins, slowly to know the mean.
struct RateSense: Sendable {
    /// Bytes a second over about four seconds, and over `memory`.
    private(set) var quick = 0.0
    private(set) var slow = 0.0
    private var last: (count: Int64, at: Double)?
    private var age = 0.0

    /// `memory`: seconds after which the past counts for a third. Counters only grow; time that stands still is skipped.
    mutating func observe(_ count: Int64, at now: Double, memory: Double) {
        guard let last else {
            self.last = (count, now)
            return
        }
        let span = now - last.at
        guard span > 0 else { return }
        let rate = Double(count - last.count) / span
        age += span
        // At first the mean of all there is, so that the very first second does not linger.
        slow += (rate - slow) * min(1, span / min(age, memory))
        quick += (rate - quick) * min(1, span / min(age, RateSense.quickMemory))
        self.last = (count, now)
    }

    /// What may be counted on: a dip shows at once, a rise when it lasts.
    var cautious: Double { min(quick, slow) }

    private static let quickMemory = 4.0
}
