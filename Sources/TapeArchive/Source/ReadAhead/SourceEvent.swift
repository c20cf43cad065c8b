package import BackupModel

/// What a source gives, in the order of its walk.
package enum SourceEvent: Sendable {
    case entry(SourceEntry)
    /// The next bytes of the file whose entry said `stream`: as many as its `dataBytes` say, or fewer.
    case data(SourceData)
    /// Ends the file whose entry said `stream`.
    case end(ContentEnd)
    case deleted(DeletedEntry)
    /// Something could not be read: the run is at best "ok with warnings".
    case warning(Failure)
}

/// A node to archive. Its entry's name is in the archive: the path without the leading slash.
package struct SourceEntry: Sendable {
    package enum Content: Sendable {
        /// Not a file.
        case none
        /// All of the file's data, which may be none.
        case whole(SourceData?, ContentEnd)
        /// `data` events and an `end` follow.
        case stream
    }

    package var entry: ArchiveEntry
    /// For the catalog: the next incremental compares with it.
    package var identity: FileIdentity
    package var content: Content
}

/// How the reading of a file ended.
package struct ContentEnd: Hashable, Sendable {
    /// BLAKE3 of the data as stored, zeros for missing bytes included; nil without data.
    package var hash: BlobID?
    /// Bytes that the file no longer had, to be filled up with zeros.
    package var missing: Int64 = 0
    /// Size or times changed while it was read, three times over where it was read again.
    package var isChanged = false
    /// It had more than was archived.
    package var grew = false
    /// Why the rest could not be read.
    package var failure: Failure?

    package init(hash: BlobID? = nil) { self.hash = hash }

    /// The base of the next incremental may rely on it.
    package var isWhole: Bool { missing == 0 && !isChanged && failure == nil }
}
