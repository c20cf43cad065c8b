import BackupModel
import Glibc
import Synchronization
import WorkerKit

/// Brings the index up to date with the source: only folders that changed, or all of them when a full walk is due.
struct SourceScan: Sendable {
    let source: OpenSource
    let index: any BlobIndex
    let volume: String
    let settings: MirrorSettings
    let pool: WorkerPool
    let gauges: CopyGauges
    let control: CopyControl
    let time: SystemTime
    let pace: CopyPace
    /// Workers that list; nil: all of them.
    var lanes: Int?
    /// Called when the index knows more blobs than before.
    var recorded: @Sendable () -> Void = {}

    /// Folders looked at between two transactions.
    static let page = 512
    /// Blobs a transaction takes.
    static let blobsPerPage = 50_000

    /// One folder as a worker found it.
    enum Look: Sendable {
        case pending
        /// As the index knows it.
        case unchanged
        case absent
        case listed(ScannedBucket)
        case failed(FileError)
    }

    func run(full: Bool) async throws(Failure) -> ScanReport {
        let started = time.monotonic()
        let begun = time.wall()
        let isFull = try await isFullDue(asked: full, now: begun)
        let stamps = try await index.stamps(volume: volume)
        let tally = try await index.tally(volume: volume)
        // Not the stamps alone: a refused scan forgets those of the folders that shrank.
        let known = max(
            stamps.values.reduce(0) { $0 + $1.count }, tally.total.count - tally[.sourceMissing].count)
        try await refuseEmptyRoot(known: known)
        let folders = try await folders()
        var report = ScanReport(isFull: isFull, folders: source.fanOut.bucketCount)
        var seen = 0
        var bucket = 0
        var changed: [ScannedBucket] = []
        var threshold = 256
        while bucket < source.fanOut.bucketCount {
            gauges.phase = .scanning(seen: bucket, of: source.fanOut.bucketCount)
            if control.isStopping { throw .interrupted("scan") }
            let range = bucket..<min(source.fanOut.bucketCount, bucket + pageSize)
            let looks = await look(at: range, of: folders, stamps: isFull ? [:] : stamps)
            changed += try listed(looks, range, stamps, seen: &seen, &report)
            bucket = range.upperBound
            // The first blobs soon, so that copying can begin; then fewer and larger transactions.
            guard changed.count + changed.reduce(0, { $0 + $1.blobs.count }) >= threshold else { continue }
            try await record(changed, &report)
            changed = []
            threshold = min(2 * threshold, Self.blobsPerPage / 4)
        }
        try await record(changed, &report)
        gauges.phase = .scanning(seen: bucket, of: bucket)
        try await refuseShrink(known: known, seen: seen, vanished: report.vanished)
        report.missing = try await applyVanished(fullWalkAt: isFull ? begun : nil)
        report.blobs = seen
        report.seconds = Double(time.monotonic() - started) / 1e9
        return report
    }

    /// Fewer folders at a time where each holds more.
    var pageSize: Int { max(4, min(Self.page, source.fanOut.bucketCount / 64)) }

    func isFullDue(asked: Bool, now: WallTime) async throws(Failure) -> Bool {
        guard !asked, let last = try await index.lastFullWalk(volume: volume) else { return true }
        let age = now.seconds(since: last)
        // A time in the future is a clock that jumped: walk.
        return age < 0 || age >= Double(settings.fullWalkDays) * 86_400
    }

    // MARK: Refusals, before any state changes (A3)

    private func refuseEmptyRoot(known: Int) async throws(Failure) {
        let source = self.source
        let isEmpty = try await blockingThrowing("scan") { () throws(Failure) -> Bool in
            do throws(FileError) {
                // By its path: what is pinned may have been unmounted from there since.
                let root = try source.files.openRoot(PathBytes(source.path))
                defer { try? source.files.close(root) }
                var isEmpty = true
                try source.files.list(root) { _ throws(FileError) in isEmpty = false }
                return isEmpty
            } catch { throw error.failure }
        }
        guard isEmpty, let failure = shrink.refusal(known: known, seen: 0, vanished: known, source: source.path) else {
            return
        }
        throw failure
    }

    private func refuseShrink(known: Int, seen: Int, vanished: Int) async throws(Failure) {
        let refusal = shrink.refusal(known: known, seen: seen, vanished: vanished, source: source.path)
        guard let refusal else { return }
        try await index.abandonScan(volume: volume)
        throw refusal
    }

    var shrink: SourceShrink { SourceShrink(maxShrink: settings.maxShrink) }

    // MARK: Recording

    private func listed(
        _ looks: [Look], _ range: Range<Int>, _ stamps: [Int: BucketStamp], seen: inout Int, _ report: inout ScanReport
    ) throws(Failure) -> [ScannedBucket] {
        var changed: [ScannedBucket] = []
        for (bucket, look) in zip(range, looks) {
            switch look {
            case .unchanged: seen += stamps[bucket]?.count ?? 0
            case .absent:
                // A folder that was never there has no rows; one that went away has.
                if (stamps[bucket]?.count ?? 0) > 0 { changed.append(.absent(bucket)) }
            case .listed(let listing):
                seen += listing.blobs.count
                report.foreign += listing.foreign
                changed.append(listing)
            case .failed(let error): throw error.failure
            case .pending: throw .interrupted("scan")
            }
        }
        report.listed += changed.count
        return changed
    }

    private func record(_ changed: [ScannedBucket], _ report: inout ScanReport) async throws(Failure) {
        var rest = changed[...]
        while !rest.isEmpty {
            var count = 0
            let page = rest.prefix { bucket in
                defer { count += bucket.blobs.count }
                return count < Self.blobsPerPage
            }
            let delta = try await index.record(Array(page), volume: volume)
            report.added += delta.added
            report.vanished += delta.vanished
            rest = rest.dropFirst(page.count)
            recorded()
        }
    }

    /// Looks once more for each blob that was not listed (A2), then ends the scan.
    private func applyVanished(fullWalkAt: WallTime?) async throws(Failure) -> Int {
        var after: BlobID?
        var stillThere: Set<BlobID> = []
        var missing = 0
        while true {
            let page = try await index.vanished(volume: volume, after: after, limit: 10_000)
            guard let last = page.last else { break }
            let source = self.source
            let there = try await blockingThrowing("scan") { () throws(Failure) -> [BlobID] in
                do throws(FileError) {
                    var there: [BlobID] = []
                    for blob in page where try source.has(blob) { there.append(blob) }
                    return there
                } catch { throw error.failure }
            }
            stillThere.formUnion(there)
            missing += page.count - there.count
            after = last
        }
        try await index.finishScan(volume: volume, stillThere: stillThere, fullWalkAt: fullWalkAt)
        return missing
    }
}

extension ScannedBucket {
    fileprivate static func absent(_ bucket: Int) -> ScannedBucket {
        ScannedBucket(
            bucket: bucket, stamp: BucketStamp(modified: 0, changed: 0, isSettled: false, count: 0), blobs: [])
    }
}

extension Failure {
    static func interrupted(_ step: String) -> Failure {
        Failure(
            code: "INTERRUPTED", side: .engine, message: "stopped by request", operation: step,
            hint: "Run again: it goes on where it ended.")
    }
}
