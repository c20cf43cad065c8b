/// When the blobs written so far are made durable together.
struct BatchPlan: Hashable, Sendable {
    var count: Int
    var bytes: Int64 = 1 << 30
    /// Nanoseconds since the first blob of the batch was written.
    var age: Int64 = 10_000_000_000

    /// `isLast`: no more blobs will come.
    func closes(count: Int, bytes: Int64, age: Int64, isLast: Bool) -> Bool {
        guard count > 0 else { return false }
        return isLast || count >= self.count || bytes >= self.bytes || age >= self.age
    }

    /// How many more blobs may be claimed while so much is claimed and not yet settled: two batches, so that workers
    /// write the next one while this one is made durable.
    func room(outstanding: Int, bytes outstandingBytes: Int64) -> (limit: Int, bytes: Int64)? {
        let limit = min(count, 2 * count - outstanding)
        let room = 2 * bytes - outstandingBytes
        // A page of a few rows costs a transaction like a full one.
        guard limit >= max(1, count / 4), room > 0 else { return nil }
        return (limit, min(bytes, room))
    }
}
