package import BackupModel

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
