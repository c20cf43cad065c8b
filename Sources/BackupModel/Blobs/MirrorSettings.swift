/// One `[mirror.NAME]` of the settings, checked. Paths are absolute and hold no `.` or `..`.
package struct MirrorSettings: Hashable, Codable, Sendable {
    package var name: String
    /// The folder that holds `aa/bb/<id>`.
    package var source: String
    /// Gets `by-hash/` and `.holdfast/`.
    package var target: String
    package var hash: HashKind
    package var workers: Int
    /// Blobs made durable together.
    package var batch: Int
    package var readBack: ReadBack
    /// Bytes a second, or nil for no limit.
    package var rateLimit: Int64?
    /// Never leave the volume with less free than this.
    package var keepFree: Int64
    /// Never let `by-hash/` grow over this, or nil.
    package var sizeBudget: Int64?
    /// Refuse a scan that finds more than this share fewer blobs than before (A3).
    package var maxShrink: Double
    /// A full walk of the source at least this often, in days; between them only changed folders are listed.
    package var fullWalkDays: Int
    /// Tries for a transient error before it counts as a failure.
    package var retries: Int
    /// A job's `verify` reads each copy back once in this many days (L14).
    package var verifyEveryDays: Int

    package init(
        name: String, source: String, target: String, hash: HashKind = .blake3, workers: Int = 8, batch: Int = 1000,
        readBack: ReadBack = .direct, rateLimit: Int64? = nil, keepFree: Int64 = 1 << 30, sizeBudget: Int64? = nil,
        maxShrink: Double = 0.1, fullWalkDays: Int = 7, retries: Int = 5, verifyEveryDays: Int = 30
    ) {
        self.name = name
        self.source = source
        self.target = target
        self.hash = hash
        self.workers = workers
        self.batch = batch
        self.readBack = readBack
        self.rateLimit = rateLimit
        self.keepFree = keepFree
        self.sizeBudget = sizeBudget
        self.maxShrink = maxShrink
        self.fullWalkDays = fullWalkDays
        self.retries = retries
        self.verifyEveryDays = verifyEveryDays
    }
}
