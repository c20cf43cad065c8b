/// Transient errors are tried again with growing, jittered pauses; permanent ones are not.
struct RetryPolicy: Hashable, Sendable {
    /// Tries after the first.
    var retries: Int
    /// Seconds before the first retry.
    var base: Double = 0.2
    var longest: Double = 30

    /// Seconds to wait before try number `attempt` (2 is the first retry), or nil when there is none.
    func pause(before attempt: Int, random: UInt64) -> Double? {
        guard attempt >= 2, attempt - 1 <= retries else { return nil }
        let doubled = base * Double(UInt64(1) << UInt64(min(attempt - 2, 20)))
        // Half to whole: workers that failed together do not come back together.
        return min(longest, doubled) * (0.5 + Double(random % 1024) / 2048)
    }
}
