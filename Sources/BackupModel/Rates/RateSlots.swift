/// Bytes and blobs in slots of equal length, the newest 60 of them; time without any leaves zeros.
struct RateSlots: Hashable, Sendable {
    /// Seconds.
    let length: Double
    /// Full slots, oldest first, at most 60.
    private(set) var full: [Work] = []
    private(set) var current = Work()
    /// Where the current slot began.
    private var began: Double

    init(length: Double, at: Double) {
        self.length = length
        began = at
    }

    /// Spreads work evenly over the time from `from` to `to`.
    mutating func add(_ work: Work, from: Double, to: Double) {
        close(until: from)
        var left = work
        var start = from
        while began + length <= to {
            let end = began + length
            let share = to > start ? left * ((end - start) / (to - start)) : left
            current += share
            left -= share
            start = end
            close(until: end)
        }
        current += left
    }

    /// Ends the slots that are over at `time`; a long silence costs no more than 60 of them.
    mutating func close(until time: Double) {
        let over = ((time - began) / length).rounded(.down)
        if over > Double(RateSlots.kept) {
            began += (over - Double(RateSlots.kept)) * length
            full = []
            current = Work()
        }
        while began + length <= time {
            full.append(current)
            if full.count > RateSlots.kept { full.removeFirst() }
            current = Work()
            began += length
        }
    }

    /// Work in the newest `count` full slots, and the seconds they span.
    func recent(_ count: Int) -> (work: Work, seconds: Double) {
        let slots = full.suffix(count)
        return (slots.reduce(Work(), +), Double(slots.count) * length)
    }

    static let kept = 60
}

/// An amount of work as numbers to calculate with, and the seconds it took.
struct Work: Hashable, Sendable {
    var bytes = 0.0
    var blobs = 0.0
    /// Seconds of work, without pauses.
    var seconds = 0.0

    static func + (a: Work, b: Work) -> Work {
        Work(bytes: a.bytes + b.bytes, blobs: a.blobs + b.blobs, seconds: a.seconds + b.seconds)
    }

    static func * (a: Work, factor: Double) -> Work {
        Work(bytes: a.bytes * factor, blobs: a.blobs * factor, seconds: a.seconds * factor)
    }

    static func += (a: inout Work, b: Work) { a = a + b }
    static func -= (a: inout Work, b: Work) { a = a + b * -1 }
}
