/// The times in which a drive is not fed, and what they cost. A pure value; monotonic nanoseconds.
struct FeedGap: Sendable {
    struct Closed: Hashable, Sendable {
        var nanoseconds: Int64
        /// There was nothing to feed it with; else the policy held.
        var isDry: Bool
    }

    private var isFed = false
    private var opened: (at: Int64, isDry: Bool)?
    /// The longest write within `aftermath` of a gap: how long the drive took to stand ready again.
    private(set) var stopCost: Double?
    private var aftermathEnds: Int64 = 0

    /// The drive is not fed from now on; only the first of several calls counts.
    mutating func open(at now: Int64, isDry: Bool) {
        if isFed, opened == nil { opened = (now, isDry) }
    }

    /// A block is about to go. Short gaps are none: a drive's own buffer covers them, and every wait for a block is one.
    mutating func close(at now: Int64) -> Closed? {
        isFed = true
        guard let gap = opened else { return nil }
        opened = nil
        guard now - gap.at >= FeedGap.shortest else { return nil }
        aftermathEnds = now + FeedGap.aftermath
        stopCost = 0
        return Closed(nanoseconds: now - gap.at, isDry: gap.isDry)
    }

    mutating func wrote(from begun: Int64, until now: Int64) {
        guard begun < aftermathEnds else { return }
        stopCost = max(stopCost ?? 0, Double(now - begun) / 1e9)
    }

    /// What comes next is a new beginning.
    mutating func forget() {
        isFed = false
        opened = nil
    }

    /// A tenth of a second.
    private static let shortest: Int64 = 100_000_000
    /// Ten seconds.
    private static let aftermath: Int64 = 10_000_000_000
}
