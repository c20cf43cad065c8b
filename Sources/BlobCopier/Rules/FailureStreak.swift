/// Counts failures in a row: twenty mean that the device is failing, not the blobs (A5).
struct FailureStreak: Hashable, Sendable {
    static let limit = 20
    private(set) var length = 0

    mutating func succeeded() { length = 0 }

    /// True when this failure makes it enough to stop.
    mutating func failed() -> Bool {
        length += 1
        return length == Self.limit
    }
}
