/// One mirror as the console sees it.
package struct CopyState: Hashable, Codable, Sendable {
    package var name: String
    package var source: String
    package var target: String
    package var volume: VolumeState
    package var phase: CopyPhase
    package var run: RunID?
    package var runStartedAt: WallTime?
    package var elapsed: Double
    package var progress: CopyProgress
    package var rates: CopyRates
    package var eta: Estimate
    package var workers: [WorkerState]
    package var limits: CopyLimits
    package var bottleneck: Bottleneck
    package var map: BlobMap
    /// The newest failures, newest first, at most 20; all by `Query.failures`.
    package var failures: [BlobFailure]
    package var lastRun: RunSummary?

    package init(name: String, source: String, target: String) {
        self.name = name
        self.source = source
        self.target = target
        volume = VolumeState()
        phase = .idle
        elapsed = 0
        progress = CopyProgress()
        rates = CopyRates()
        eta = .unknown
        workers = []
        limits = CopyLimits()
        bottleneck = Bottleneck()
        map = BlobMap()
        failures = []
    }
}

/// What a mirror is doing.
package enum CopyPhase: Hashable, Codable, Sendable {
    case idle
    /// Bringing the index up to date; buckets seen of all.
    case scanning(seen: Int, of: Int)
    /// Settling what a dead run left behind.
    case reconciling
    case copying
    case verifying
    /// Held by a person.
    case paused
    /// Cannot go on by itself until the world changes, for instance the volume returns.
    case waiting(reason: String)
    case finished(RunResult)
}

package struct VolumeState: Hashable, Codable, Sendable {
    package var uuid: String
    package var fileSystem: String
    package var isPresent: Bool
    package var free: Int64
    package var capacity: Int64

    package init(
        uuid: String = "", fileSystem: String = "", isPresent: Bool = false, free: Int64 = 0, capacity: Int64 = 0
    ) {
        self.uuid = uuid
        self.fileSystem = fileSystem
        self.isPresent = isPresent
        self.free = free
        self.capacity = capacity
    }
}

/// The seed's totals and more. `total = before + thisRun + remaining + failed`, in files and in bytes.
package struct CopyProgress: Hashable, Codable, Sendable {
    package var total: Amount
    /// Safe before this run.
    package var before: Amount
    /// Made safe by this run.
    package var thisRun: Amount
    package var remaining: Amount
    package var failed: Amount
    package var verified: Amount
    package var states: Tally
    package var retries: Int

    package init() {
        total = Amount()
        before = Amount()
        thisRun = Amount()
        remaining = Amount()
        failed = Amount()
        verified = Amount()
        states = Tally()
        retries = 0
    }
}

/// Bytes a second over several spans, blobs a minute, and what the graph draws.
package struct CopyRates: Hashable, Sendable {
    package var now: Double
    package var oneMinute: Double
    package var tenMinutes: Double
    package var average: Double
    package var peak: Double
    package var blobsPerMinute: Double
    /// Seconds without progress while there is work; 0 when it moves.
    package var stalledFor: Double
    package var sinceProgress: Double
    /// Mean bytes a second in each of the last 60 one-second slots, oldest first.
    package var seconds: [Double]
    /// Mean bytes a second in each of the last 60 one-minute slots, oldest first.
    package var minutes: [Double]

    package init() {
        now = 0
        oneMinute = 0
        tenMinutes = 0
        average = 0
        peak = 0
        blobsPerMinute = 0
        stalledFor = 0
        sinceProgress = 0
        seconds = []
        minutes = []
    }
}

extension CopyRates: Codable {
    private enum Key: String, CodingKey {
        case now, oneMinute, tenMinutes, average, peak, blobsPerMinute, stalledFor, sinceProgress, seconds, minutes
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Key.self)
        func graph(_ key: Key) throws -> [Double] {
            guard let rates = RateText.decode(try values.decode(String.self, forKey: key)) else {
                throw DecodingError.dataCorruptedError(forKey: key, in: values, debugDescription: "no rates")
            }
            return rates
        }
        now = try values.decode(Double.self, forKey: .now)
        oneMinute = try values.decode(Double.self, forKey: .oneMinute)
        tenMinutes = try values.decode(Double.self, forKey: .tenMinutes)
        average = try values.decode(Double.self, forKey: .average)
        peak = try values.decode(Double.self, forKey: .peak)
        blobsPerMinute = try values.decode(Double.self, forKey: .blobsPerMinute)
        stalledFor = try values.decode(Double.self, forKey: .stalledFor)
        sinceProgress = try values.decode(Double.self, forKey: .sinceProgress)
        seconds = try graph(.seconds)
        minutes = try graph(.minutes)
    }

    /// Whole bytes a second and tenths of seconds; the graphs as `RateText`.
    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(now.rounded(), forKey: .now)
        try values.encode(oneMinute.rounded(), forKey: .oneMinute)
        try values.encode(tenMinutes.rounded(), forKey: .tenMinutes)
        try values.encode(average.rounded(), forKey: .average)
        try values.encode(peak.rounded(), forKey: .peak)
        try values.encode((blobsPerMinute * 10).rounded() / 10, forKey: .blobsPerMinute)
        try values.encode((stalledFor * 10).rounded() / 10, forKey: .stalledFor)
        try values.encode((sinceProgress * 10).rounded() / 10, forKey: .sinceProgress)
        try values.encode(RateText.encode(seconds), forKey: .seconds)
        try values.encode(RateText.encode(minutes), forKey: .minutes)
    }
}

/// When it will end, or the honest word why nobody knows.
package enum Estimate: Hashable, Codable, Sendable {
    case unknown
    /// Seconds from now: likely, and the range.
    case seconds(Double, low: Double, high: Double)
    case stalled(seconds: Double)
    case waiting(String)
    case done
}

package struct WorkerState: Hashable, Codable, Sendable {
    package enum Activity: String, Codable, Sendable {
        case idle, copying, readBack = "read_back", waiting, backoff
    }

    package var number: Int
    package var activity: Activity
    package var blob: BlobID?
    package var size: Int64
    package var done: Int64
    /// Bytes a second.
    package var rate: Double
    package var attempt: Int
    /// Seconds on this blob.
    package var since: Double

    package init(
        number: Int, activity: Activity = .idle, blob: BlobID? = nil, size: Int64 = 0, done: Int64 = 0,
        rate: Double = 0, attempt: Int = 0, since: Double = 0
    ) {
        self.number = number
        self.activity = activity
        self.blob = blob
        self.size = size
        self.done = done
        self.rate = rate
        self.attempt = attempt
        self.since = since
    }
}

/// What an operator may change while it runs.
package struct CopyLimits: Hashable, Codable, Sendable {
    package var workers: Int
    package var batch: Int
    /// Bytes a second; nil: none.
    package var rate: Int64?
    package var readBack: ReadBack

    package init(workers: Int = 0, batch: Int = 0, rate: Int64? = nil, readBack: ReadBack = .direct) {
        self.workers = workers
        self.batch = batch
        self.rate = rate
        self.readBack = readBack
    }
}

/// Shares of the workers' time, 0 to 1, over the last seconds.
package struct Bottleneck: Hashable, Codable, Sendable {
    package var source: Double
    package var hash: Double
    package var target: Double
    /// In barriers, read-back and the index.
    package var commit: Double
    package var idle: Double

    package init(source: Double = 0, hash: Double = 0, target: Double = 0, commit: Double = 0, idle: Double = 0) {
        self.source = source
        self.hash = hash
        self.target = target
        self.commit = commit
        self.idle = idle
    }
}

/// How many blobs of one leading byte stand where, as the index counts them.
package struct MapCell: Hashable, Codable, Sendable {
    package var total: Int
    package var placed: Int
    package var verified: Int
    package var failed: Int
    package var active: Int

    package init(total: Int = 0, placed: Int = 0, verified: Int = 0, failed: Int = 0, active: Int = 0) {
        self.total = total
        self.placed = placed
        self.verified = verified
        self.failed = failed
        self.active = active
    }
}
