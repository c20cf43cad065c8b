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

    package init(
        identity: VolumeIdentity, capabilities: VolumeCapabilities, adopted: Bool, wasKnown: Bool, folders: Int,
        warnings: [String]
    ) {
        self.identity = identity
        self.capabilities = capabilities
        self.adopted = adopted
        self.wasKnown = wasKnown
        self.folders = folders
        self.warnings = warnings
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

    package init(
        safe: Amount, wanted: Amount, new: Amount, failed: Amount, free: Int64, shortOf: Int64, seconds: Double?
    ) {
        self.safe = safe
        self.wanted = wanted
        self.new = new
        self.failed = failed
        self.free = free
        self.shortOf = shortOf
        self.seconds = seconds
    }
}

/// What came of the last enrolment or dry run of a mirror; asked for by `Query.findings`.
package enum MirrorFindings: Hashable, Codable, Sendable {
    case none
    case underWay
    case enrolled(EnrolReport)
    case forecast(DryRunReport)
    case failed(Failure)
}
