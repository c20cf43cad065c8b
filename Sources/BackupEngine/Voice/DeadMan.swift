import BackupModel

/// When the next sign of life is due (L9). Monotonic nanoseconds: a clock set back must not make silence.
struct DeadMan: Hashable, Sendable {
    var every: Double
    private var lastAt: Int64?
    private(set) var isUnderWay = false

    init(every: Double) { self.every = max(1, every) }

    /// True once per period; the one before must have ended, well or not.
    mutating func begin(at now: Int64) -> Bool {
        guard !isUnderWay, lastAt.map({ now - $0 >= Int64(every * 1e9) }) ?? true else { return false }
        lastAt = now
        isUnderWay = true
        return true
    }

    mutating func end() { isUnderWay = false }
}
