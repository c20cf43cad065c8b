/// One folder of the source as a scan saw it.
package struct ScannedBucket: Sendable {
    package var bucket: Int
    package var stamp: BucketStamp
    /// Every blob in the folder, in order of name.
    package var blobs: [(id: BlobID, size: Int64)]
    /// Names in it that are no blob of this bucket; counted, left alone.
    package var foreign: Int

    package init(bucket: Int, stamp: BucketStamp, blobs: [(id: BlobID, size: Int64)], foreign: Int = 0) {
        self.bucket = bucket
        self.stamp = stamp
        self.blobs = blobs
        self.foreign = foreign
    }
}

/// What tells whether a folder changed since it was listed.
package struct BucketStamp: Hashable, Sendable {
    /// Modification and change time of the folder, nanoseconds since 1970.
    package var modified: Int64
    package var changed: Int64
    /// False when the folder had changed so shortly before the listing that a later change might bear the same time.
    package var isSettled: Bool
    package var count: Int

    package init(modified: Int64, changed: Int64, isSettled: Bool, count: Int) {
        self.modified = modified
        self.changed = changed
        self.isSettled = isSettled
        self.count = count
    }
}

/// What a scan changed.
package struct ScanDelta: Hashable, Codable, Sendable {
    package var added: Amount
    /// In the index, not in the listing: noted, not applied until the scan is finished (A3).
    package var vanished: Int
    package var foreign: Int

    package init(added: Amount = Amount(), vanished: Int = 0, foreign: Int = 0) {
        self.added = added
        self.vanished = vanished
        self.foreign = foreign
    }
}
