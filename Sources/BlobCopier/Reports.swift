package import BackupModel

/// What `enrol` did.
package struct EnrolReport: Hashable, Codable, Sendable {
    package var identity: VolumeIdentity
    package var capabilities: VolumeCapabilities
    /// The volume bore a marker already: its blobs are adopted by hash.
    package var adopted: Bool
    /// It was enrolled for this mirror already and nothing had to be changed.
    package var wasKnown: Bool
    package var folders: Int
    /// One line each, lower case.
    package var warnings: [String]
}

/// What a scan found.
package struct ScanReport: Hashable, Codable, Sendable {
    package var isFull: Bool
    package var folders: Int
    /// Folders that had to be listed.
    package var listed = 0
    /// Blobs in the source now.
    package var blobs = 0
    package var added = Amount()
    /// In the index and not listed.
    package var vanished = 0
    /// Of those, certainly gone.
    package var missing = 0
    /// Names that are no blob of their folder.
    package var foreign = 0
    package var seconds: Double = 0

    package init(isFull: Bool, folders: Int) {
        self.isFull = isFull
        self.folders = folders
    }
}

/// What a run would do; made without writing anything.
package struct DryRunReport: Hashable, Codable, Sendable {
    package var safe: Amount
    /// Would be copied, new ones among them.
    package var wanted: Amount
    /// Not in the index yet.
    package var new: Amount
    package var failed: Amount
    package var free: Int64
    /// Bytes missing on the volume; 0 when all fits.
    package var shortOf: Int64
    /// By the rate of the last finished run with work; nil when there was none.
    package var seconds: Double?
}

/// Where a mirror stands, asked without touching anything.
package struct MirrorStatus: Hashable, Codable, Sendable {
    package var name: String
    package var source: String
    package var target: String
    /// The volume at the target, or the one last enrolled.
    package var volume: IndexedVolume?
    package var isPresent: Bool
    /// Why it is not present or must not be used.
    package var refusal: Failure?
    package var free: Int64
    package var capacity: Int64
    package var tally: Tally
    package var map: [MapCell]
    package var lastFullWalk: WallTime?
    /// Newest first.
    package var runs: [RunSummary]
}
