import BackupModel
import GRDB

/// Merges listings of buckets into a volume's rows within one transaction.
struct BucketRecorder {
    var rows: BlobRows
    private(set) var delta = ScanDelta()
    private let key: VolumeKey
    private let known: Prepared
    private let gone: Prepared
    private let note: Prepared
    private let returned: Prepared
    private let stamp: Prepared

    init(_ db: Database, _ key: VolumeKey) throws {
        self.key = key
        rows = try BlobRows(db, volume: key.id)
        known = try Prepared(
            db,
            """
            SELECT blob, size, state, attempts, run, proved_at FROM blobs
            WHERE volume = ? AND blob BETWEEN ? AND ? ORDER BY blob
            """)
        gone = try Prepared(db, "SELECT blob FROM vanished WHERE volume = ? AND blob BETWEEN ? AND ?")
        note = try Prepared(db, "INSERT INTO vanished(volume, blob, bucket, applied) VALUES(?, ?, ?, 0)")
        returned = try Prepared(db, "DELETE FROM vanished WHERE volume = ? AND blob = ?")
        stamp = try Prepared(
            db,
            """
            INSERT OR REPLACE INTO buckets(volume, bucket, modified, changed, settled, count)
            VALUES(?, ?, ?, ?, ?, ?)
            """)
    }

    /// Both sides are in order of name; the listing is put in order where it is not, names of other buckets are foreign.
    mutating func record(_ listing: ScannedBucket) throws {
        let range = key.fanOut.range(of: listing.bucket)
        let listed = BucketRecorder.inOrder(listing.blobs, range)
        delta.foreign += listing.foreign + listing.blobs.count - listed.count
        let old = try rowsKnown(in: range)
        let goneBefore = try namesGone(in: range)
        var index = 0
        for (id, size) in listed {
            while index < old.count, old[index].id < id {
                try vanish(old[index], listing.bucket, goneBefore)
                index += 1
            }
            if index < old.count, old[index].id == id {
                try see(old[index], size: size, goneBefore)
                index += 1
            } else {
                try rows.add(BlobRecord(id: id, size: size))
                delta.added += Amount(count: 1, bytes: size)
            }
        }
        for row in old[index...] { try vanish(row, listing.bucket, goneBefore) }
        try save(listing.stamp, of: listing.bucket)
    }

    private mutating func see(_ row: BlobRecord, size: Int64, _ goneBefore: Set<BlobID>) throws {
        if goneBefore.contains(row.id) {
            returned.bind(key.id, at: 1)
            returned.bind(row.id, at: 2)
            try returned.run()
        }
        if row.state == .sourceMissing {
            try rows.replace(row, by: BlobRecord(id: row.id, size: size))
            try rows.forgetReason(of: row.id)
        } else if row.size != size, row.state.isFailure || row.state == .pending || row.state == .lost {
            var resized = row
            resized.size = size
            try rows.replace(row, by: resized)
        }
    }

    private mutating func vanish(_ row: BlobRecord, _ bucket: Int, _ goneBefore: Set<BlobID>) throws {
        guard row.state != .sourceMissing, !goneBefore.contains(row.id) else { return }
        note.bind(key.id, at: 1)
        note.bind(row.id, at: 2)
        note.bind(bucket, at: 3)
        try note.run()
        delta.vanished += 1
    }

    private func save(_ value: BucketStamp, of bucket: Int) throws {
        stamp.bind(key.id, at: 1)
        stamp.bind(bucket, at: 2)
        stamp.bind(value.modified, at: 3)
        stamp.bind(value.changed, at: 4)
        stamp.bind(value.isSettled ? 1 : 0, at: 5)
        stamp.bind(value.count, at: 6)
        try stamp.run()
    }

    private func rowsKnown(in range: ClosedRange<BlobID>) throws -> [BlobRecord] {
        known.bind(key.id, at: 1)
        known.bind(range.lowerBound, at: 2)
        known.bind(range.upperBound, at: 3)
        return try known.all(BlobRecord.init)
    }

    private func namesGone(in range: ClosedRange<BlobID>) throws -> Set<BlobID> {
        gone.bind(key.id, at: 1)
        gone.bind(range.lowerBound, at: 2)
        gone.bind(range.upperBound, at: 3)
        return Set(try gone.all { try $0.blob(0) })
    }

    private static func inOrder(
        _ blobs: [(id: BlobID, size: Int64)], _ range: ClosedRange<BlobID>
    ) -> [(id: BlobID, size: Int64)] {
        let isInOrder = zip(blobs, blobs.dropFirst()).allSatisfy { $0.id < $1.id }
        let isWithin =
            (blobs.first.map { range.contains($0.id) } ?? true)
            && (blobs.last.map { range.contains($0.id) } ?? true)
        if isInOrder, isWithin { return blobs }
        var last: BlobID?
        return blobs.sorted { $0.id < $1.id }.filter { blob in
            defer { last = blob.id }
            return range.contains(blob.id) && blob.id != last
        }
    }
}

extension FanOut {
    /// The first and the last name that a bucket may hold.
    func range(of bucket: Int) -> ClosedRange<BlobID> {
        let shift = UInt64(64 - 4 * digits.reduce(0, +))
        let first = UInt64(truncatingIfNeeded: bucket) << shift
        return BlobID(words: (first, 0, 0, 0))...BlobID(words: (first | ((1 << shift) - 1), .max, .max, .max))
    }
}
