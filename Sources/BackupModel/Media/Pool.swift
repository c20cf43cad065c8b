/// Volumes that are used alike: one `[pool.NAME]`.
package struct Pool: Hashable, Codable, Sendable {
    /// When a volume may be labelled anew and lose what it holds.
    package enum Overwrite: String, Hashable, Codable, Sendable, CaseIterable {
        /// Once all on it is expired and none of it is the newest verified copy of anything (F11).
        case expired
        /// Never by itself; only after a person retired what it holds.
        case never
    }

    /// How archives are packed; `drive` leaves it to the drive, which packs each block by itself.
    package enum Packing: String, Hashable, Codable, Sendable, CaseIterable { case none, zstd, lz4, gzip, drive }

    package var name: String
    package var retention: Retention
    package var compression: Packing
    /// The key file that archives are sealed with; nil: not encrypted.
    package var encryption: SecretReference?
    package var overwrite: Overwrite
    /// Media it takes; empty: all that the drive writes.
    package var media: [TapeGeneration]

    package init(name: String) {
        self.name = name
        retention = .permanent
        compression = .none
        overwrite = .expired
        media = []
    }

    package func takes(_ generation: TapeGeneration?) -> Bool {
        media.isEmpty || generation.map(media.contains) ?? true
    }
}
