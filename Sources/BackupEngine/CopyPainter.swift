import BackupModel
import BlobCopier

/// Turns gauges, index and clock into the picture of one mirror: pure but for what it remembers to make rates.
struct CopyPainter {
    private let settings: MirrorSettings
    private var meter: ProgressMeter?
    private var begunAt = 0.0
    /// What the gauges said when the work in hand began: while they name the same run they tell of an older one.
    private var base = CopyReading()
    private var shares: [(at: Double, shares: CopyReading.Shares)] = []
    private var lastBytes: [Int: (blob: BlobID?, done: Int64, at: Double, rate: Double)] = [:]

    init(settings: MirrorSettings) { self.settings = settings }

    /// A run, scan or verification begins: rates and estimates start anew, counted from what the gauges say now.
    mutating func begin(at now: Double, base: CopyReading) {
        self.base = base
        begunAt = now
        meter = ProgressMeter(startedAt: now)
        shares = []
        lastBytes = [:]
    }

    mutating func paint(
        reading: CopyReading, look: MirrorReader.Look, work: RunSlot.Standing, now: Double
    ) -> CopyState {
        var copy = CopyState(name: settings.name, source: settings.source, target: settings.target)
        copy.volume = volume(reading, look)
        copy.phase = phase(reading, work)
        let tells = work != .busy || tellsOfThisRun(reading)
        copy.run = tells ? reading.run : nil
        copy.runStartedAt = tells ? reading.runStartedAt : nil
        copy.progress = progress(reading, look, isBusy: work == .busy)
        copy.limits = limits(reading)
        copy.map = look.map
        copy.failures = look.failures
        copy.lastRun = lastRun(look, work)
        copy.rates = meter?.rates ?? CopyRates()
        guard work == .busy else {
            copy.rates.now = 0
            copy.eta = copy.progress.remaining.count == 0 && copy.progress.total.count > 0 ? .done : .unknown
            return copy
        }
        copy.elapsed = max(0, now - (tells ? Double(reading.runStartedNs) / 1e9 : begunAt))
        feedMeter(reading, copy, now)
        copy.rates = meter?.rates ?? CopyRates()
        copy.eta = meter?.eta ?? .unknown
        copy.workers = reading.workers.map { worker($0, now) }
        copy.bottleneck = bottleneck(reading.shares, now)
        return copy
    }

    // MARK: Parts

    private func volume(_ reading: CopyReading, _ look: MirrorReader.Look) -> VolumeState {
        guard reading.volume.uuid.isEmpty, let volume = look.volume else { return reading.volume }
        return VolumeState(uuid: volume.identity.uuid, fileSystem: volume.identity.fileSystem)
    }

    private func phase(_ reading: CopyReading, _ work: RunSlot.Standing) -> CopyPhase {
        switch work {
        case .never: .idle
        case .busy: reading.isPaused ? .paused : reading.phase.isBusy ? reading.phase : .reconciling
        case .over(.ended(let summary)): .finished(summary.result ?? .failed)
        case .over(.refused(let failure)): .finished(failure.result)
        }
    }

    private func lastRun(_ look: MirrorReader.Look, _ work: RunSlot.Standing) -> RunSummary? {
        guard case .over(let outcome) = work else { return look.lastRun }
        switch outcome {
        case .ended(let summary): return summary
        case .refused(let failure):
            return RunSummary(
                run: RunID(bits: 0), kind: .run, startedAt: WallTime(milliseconds: 0), result: failure.result,
                failure: failure)
        }
    }

    /// A scan is no run, and a run that only just begins has not told the gauges yet.
    private func tellsOfThisRun(_ reading: CopyReading) -> Bool { reading.run != nil && reading.run != base.run }

    /// All from one look into the index, so that the parts add up.
    private func progress(_ reading: CopyReading, _ look: MirrorReader.Look, isBusy: Bool) -> CopyProgress {
        var progress = CopyProgress()
        let tally = look.tally
        let isRun = isBusy && tellsOfThisRun(reading)
        progress.total = tally.total
        progress.before = isRun ? reading.before.safe.atMost(tally.safe) : tally.safe
        progress.thisRun = tally.safe - progress.before
        progress.remaining = tally.remaining
        progress.failed = tally.failed
        progress.verified = tally[.verified]
        progress.states = tally
        progress.retries = isBusy && !isRun ? 0 : reading.retries
        return progress
    }

    private func limits(_ reading: CopyReading) -> CopyLimits {
        guard reading.limits.workers > 0 else {
            return CopyLimits(
                workers: settings.workers, batch: settings.batch, rate: settings.rateLimit,
                readBack: settings.readBack)
        }
        return reading.limits
    }

    private mutating func feedMeter(_ reading: CopyReading, _ copy: CopyState, _ now: Double) {
        let isVerifying = copy.phase == .verifying
        let inHand = reading.workers.reduce(Int64(0)) { $0 + $1.done }
        // A verification has all good copies before it.
        let safe = copy.progress.before + copy.progress.thisRun
        let remaining = isVerifying ? safe - reading.verified.atMost(safe) : copy.progress.remaining
        let done = Amount(
            count: isVerifying ? reading.verified.count : copy.progress.thisRun.count,
            bytes: isVerifying ? reading.bytesProved - base.bytesProved : reading.bytesCopied - base.bytesCopied)
        let activity = activity(copy.phase)
        meter?.observe(
            at: now, done: done,
            remaining: Amount(count: remaining.count, bytes: max(0, remaining.bytes - inHand)), activity: activity)
    }

    private func activity(_ phase: CopyPhase) -> ProgressMeter.Activity {
        switch phase {
        case .waiting(let reason): .waiting(reason)
        case .paused: .waiting("paused")
        case .idle, .scanning, .reconciling, .copying, .verifying, .finished: .working
        }
    }

    private mutating func worker(_ worker: CopyReading.Worker, _ now: Double) -> WorkerState {
        var last = lastBytes[worker.number] ?? (worker.blob, 0, now, 0)
        if last.blob != worker.blob { last = (worker.blob, 0, Double(worker.startedAt) / 1e9, 0) }
        if now - last.at >= 0.5 {
            last = (worker.blob, worker.done, now, Double(worker.done - last.done) / (now - last.at))
        }
        lastBytes[worker.number] = last
        return WorkerState(
            number: worker.number, activity: worker.activity, blob: worker.blob, size: worker.size,
            done: worker.done, rate: max(0, last.rate).rounded(), attempt: worker.attempt,
            since: worker.blob == nil ? 0 : (max(0, now - Double(worker.startedAt) / 1e9) * 10).rounded() / 10)
    }

    /// Shares of the last five seconds.
    private mutating func bottleneck(_ current: CopyReading.Shares, _ now: Double) -> Bottleneck {
        shares.append((now, current))
        while let first = shares.first, shares.count > 2, now - first.at > 5 { shares.removeFirst() }
        guard let first = shares.first?.shares else { return Bottleneck() }
        let parts = [
            current.sourceRead - first.sourceRead, current.hash - first.hash,
            current.targetWrite - first.targetWrite, current.commit - first.commit, current.idle - first.idle,
        ].map { Double(max(0, $0)) }
        let sum = parts.reduce(0, +)
        guard sum > 0 else { return Bottleneck() }
        let thousandths = parts.map { ($0 / sum * 1000).rounded() / 1000 }
        return Bottleneck(
            source: thousandths[0], hash: thousandths[1], target: thousandths[2], commit: thousandths[3],
            idle: thousandths[4])
    }
}

extension Amount {
    /// The smaller of each.
    fileprivate func atMost(_ other: Amount) -> Amount {
        Amount(count: min(count, other.count), bytes: min(bytes, other.bytes))
    }
}

extension Failure {
    /// How something ended that broke off with this: what was asked to stop did not fail.
    fileprivate var result: RunResult { code == "INTERRUPTED" ? .interrupted : .failed }
}
