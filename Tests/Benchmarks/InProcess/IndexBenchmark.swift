import BackupCatalog
import BackupModel

/// The blob index of a mirror of `count` blobs through a whole run: recorded, then claimed and settled page by page.
struct IndexBenchmark {
    let path: String
    let count: Int

    private let volume = String(repeating: "b", count: 32)
    private let run = RunID(bits: 1)
    private let page = 1_000
    /// Folders in one call of `record`.
    private let folders = 1_024

    /// Prints one `key value` a line; seconds and milliseconds by the clock.
    func measure() throws {
        let store = try BlobIndexStore(path: path)
        defer { store.close() }
        try store.enrol(enrolled)
        let recording = try Duration.of { try recordAll(in: store) }
        print("blobs", count)
        print("record_seconds", recording.seconds)
        print("record_rows_per_second", Int(Double(count) / recording.seconds))
        try copyAll(in: store)
    }

    private var enrolled: IndexedVolume {
        IndexedVolume(
            identity: VolumeIdentity(
                uuid: volume, root: .folder, fileSystem: "ext4", fileSystemID: "", fanOut: .standard, hash: .blake3,
                enrolledAt: WallTime(milliseconds: 0)),
            capabilities: VolumeCapabilities(), confirmed: VolumeGeneration(number: 1, nonce: "0000000000000001"))
    }

    // MARK: Scanning

    private func recordAll(in store: BlobIndexStore) throws {
        var random = SplitMix(state: 7)
        let buckets = FanOut.standard.bucketCount
        for first in stride(from: 0, to: buckets, by: folders) {
            let scanned = (first..<min(first + folders, buckets)).map { bucket in
                listing(of: bucket, blobs: count * (bucket + 1) / buckets - count * bucket / buckets, &random)
            }
            _ = try store.record(scanned, volume: volume)
        }
        try store.finishScan(volume: volume, stillThere: [], fullWalkAt: WallTime(milliseconds: 1))
    }

    private func listing(of bucket: Int, blobs: Int, _ random: inout SplitMix) -> ScannedBucket {
        let names = (0..<blobs).map { _ in
            BlobID(
                words: (UInt64(bucket) << 48 | random.next() >> 16, random.next(), random.next(), random.next()))
        }
        return ScannedBucket(
            bucket: bucket, stamp: BucketStamp(modified: 1, changed: 1, isSettled: true, count: blobs),
            blobs: names.sorted().map { ($0, Int64(random.next() % 400_000)) })
    }

    // MARK: Copying

    /// A run over all blobs. Every 1,000th blob fails, so that the waiting ones are not simply the last ones.
    private func copyAll(in store: BlobIndexStore) throws {
        var last: BlobID?
        var done = 0
        var whole: [String: [Duration]] = ["claim": [], "settle": []]
        while true {
            try reportFirstPage(store, done: done)
            var claimed: [BlobRecord] = []
            whole["claim", default: []].append(
                try Duration.of {
                    claimed = try store.claim(run: run, volume: volume, after: last, limit: page, bytes: 1 << 30)
                })
            guard !claimed.isEmpty else { break }
            let outcomes = claimed.enumerated().map { index, blob in
                BlobOutcome(id: blob.id, state: index == 500 ? .sourceCorrupt : .placed)
            }
            whole["settle", default: []].append(
                try Duration.of {
                    _ = try store.settle(outcomes, run: run, volume: volume, at: WallTime(milliseconds: 2))
                })
            last = claimed.last?.id
            done += claimed.count
        }
        for (step, times) in whole.sorted(by: { $0.key < $1.key }) {
            print("\(step)_seconds", times.reduce(.zero, +).seconds)
            print("\(step)_median_ms", times.milliseconds.median)
            print("\(step)_longest_ms", times.milliseconds.longest)
        }
    }

    /// At 1, 50 and 99 % done: how long a run that has just begun, knowing no position, takes to find its first page.
    private func reportFirstPage(_ store: BlobIndexStore, done: Int) throws {
        for percent in [1, 50, 99] where done / page == count / page * percent / 100 {
            let times = try (0..<21).map { _ in
                try Duration.of { _ = try store.remaining(volume: volume, after: nil, limit: page) }
            }
            print("page_at_\(percent)_percent_median_ms", times.milliseconds.median)
            print("page_at_\(percent)_percent_longest_ms", times.milliseconds.longest)
        }
    }
}

/// Random names that are the same in each run (splitmix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
