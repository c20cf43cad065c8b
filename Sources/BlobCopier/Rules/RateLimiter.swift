/// A token bucket: bytes a second with a burst of a quarter of a second.
struct RateLimiter: Hashable, Sendable {
    private(set) var bytesPerSecond: Int64?
    private var credit: Double = 0
    private var filledAt: Int64 = 0

    init(bytesPerSecond: Int64?) { self.bytesPerSecond = bytesPerSecond.map { max(1, $0) } }

    mutating func change(to rate: Int64?) { self = RateLimiter(bytesPerSecond: rate) }

    /// Takes `bytes` and says how many seconds to wait before going on. `now` is monotonic nanoseconds.
    mutating func take(_ bytes: Int, now: Int64) -> Double {
        guard let rate = bytesPerSecond.map(Double.init) else { return 0 }
        if filledAt == 0 { credit = rate / 4 } else { credit += rate * Double(max(0, now - filledAt)) / 1e9 }
        filledAt = max(1, now)
        credit = min(credit, rate / 4) - Double(bytes)
        return credit >= 0 ? 0 : -credit / rate
    }
}
