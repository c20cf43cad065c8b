/// A volume as the index knows it.
package struct IndexedVolume: Hashable, Codable, Sendable {
    package var identity: VolumeIdentity
    package var capabilities: VolumeCapabilities
    /// What the marker bore when we last left it.
    package var confirmed: VolumeGeneration
    /// What we were about to write when we may have died; the marker may bear either.
    package var intended: VolumeGeneration?

    package init(
        identity: VolumeIdentity, capabilities: VolumeCapabilities, confirmed: VolumeGeneration,
        intended: VolumeGeneration? = nil
    ) {
        self.identity = identity
        self.capabilities = capabilities
        self.confirmed = confirmed
        self.intended = intended
    }
}

/// A blob that a dead run had begun.
package struct AbandonedBlob: Hashable, Sendable {
    package var record: BlobRecord
    package var run: RunID

    package init(record: BlobRecord, run: RunID) {
        self.record = record
        self.run = run
    }
}
