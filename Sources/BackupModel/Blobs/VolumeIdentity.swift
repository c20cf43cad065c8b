/// What enrolling pinned about a volume; later changes are refused (A11 to A14).
package struct VolumeIdentity: Hashable, Codable, Sendable {
    package enum Root: String, Codable, Sendable {
        /// The target path is the root of a mount and must stay one.
        case mountRoot = "mount_root"
        /// A plain folder on a file system that was mounted elsewhere.
        case folder
    }

    /// Our name for the volume, 32 lower-case hex digits: never the path, label or device (I8).
    package var uuid: String
    package var root: Root
    /// File system type as the kernel names it, for instance `ext4`.
    package var fileSystem: String
    /// The file system's own id from `statfs`, hex; empty where the kernel gives none.
    package var fileSystemID: String
    package var fanOut: FanOut
    package var hash: HashKind
    package var enrolledAt: WallTime

    package init(
        uuid: String, root: Root, fileSystem: String, fileSystemID: String, fanOut: FanOut, hash: HashKind,
        enrolledAt: WallTime
    ) {
        self.uuid = uuid
        self.root = root
        self.fileSystem = fileSystem
        self.fileSystemID = fileSystemID
        self.fanOut = fanOut
        self.hash = hash
        self.enrolledAt = enrolledAt
    }
}

/// The moving part of a volume's marker: who wrote last. A clone or a rollback disagrees with the index (A14).
package struct VolumeGeneration: Hashable, Codable, Sendable {
    package var number: Int64
    /// Random, new with each generation: 16 lower-case hex digits.
    package var nonce: String

    package init(number: Int64, nonce: String) {
        self.number = number
        self.nonce = nonce
    }
}

/// What the capability probe found at enrolment (A9).
package struct VolumeCapabilities: Hashable, Codable, Sendable {
    package var maxFileSize: Int64?
    package var maxNameBytes: Int
    package var isCaseSensitive: Bool
    package var renamesWithoutReplacing: Bool
    package var hardLinks: Bool
    package var unnamedTemporaries: Bool
    package var directReads: Bool
    package var fsyncWorks: Bool
    package var extendedAttributes: Bool
    /// As the mount options or file system tools say, for instance `zstd:3`; nil when none is known.
    package var compression: String?
    package var deduplication: String?

    package init(
        maxFileSize: Int64? = nil, maxNameBytes: Int = 255, isCaseSensitive: Bool = true,
        renamesWithoutReplacing: Bool = true, hardLinks: Bool = true, unnamedTemporaries: Bool = true,
        directReads: Bool = true, fsyncWorks: Bool = true, extendedAttributes: Bool = true,
        compression: String? = nil, deduplication: String? = nil
    ) {
        self.maxFileSize = maxFileSize
        self.maxNameBytes = maxNameBytes
        self.isCaseSensitive = isCaseSensitive
        self.renamesWithoutReplacing = renamesWithoutReplacing
        self.hardLinks = hardLinks
        self.unnamedTemporaries = unnamedTemporaries
        self.directReads = directReads
        self.fsyncWorks = fsyncWorks
        self.extendedAttributes = extendedAttributes
        self.compression = compression
        self.deduplication = deduplication
    }
}
