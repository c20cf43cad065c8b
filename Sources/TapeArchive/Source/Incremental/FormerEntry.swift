package import WorkerKit

/// A file as a former backup had it.
package struct FormerEntry: Hashable, Sendable {
    package var name: [UInt8]
    package var kind: ArchiveEntry.Kind
    package var size: Int64
    package var modified: FileStamp
    package var changed: FileStamp
    package var device: UInt64
    package var inode: UInt64
    /// It did not change while it was read, and all of it is in that backup.
    package var isWhole: Bool

    package init(
        _ kind: ArchiveEntry.Kind, _ name: [UInt8], size: Int64, modified: FileStamp, identity: FileIdentity,
        isWhole: Bool = true
    ) {
        self.name = name
        self.kind = kind
        self.size = size
        self.modified = modified
        changed = identity.changed
        device = identity.device
        inode = identity.inode
        self.isWhole = isWhole
    }
}

/// What tells a file from another of the same name, size and time; the catalog keeps it for the next incremental.
package struct FileIdentity: Hashable, Sendable {
    package var changed: FileStamp
    package var device: UInt64
    package var inode: UInt64

    package init(changed: FileStamp, device: UInt64, inode: UInt64) {
        self.changed = changed
        self.device = device
        self.inode = inode
    }
}

/// The listing of a former backup, one entry after another in `PathOrder`.
///
/// Asked from one thread, which it may block. An entry out of order ends the walk with `BASE_OUT_OF_ORDER`.
package protocol FormerListing: Sendable {
    /// Which backup; recorded as the base of the new one.
    var base: String { get }
    /// When its reading began.
    var began: FileStamp { get }
    mutating func next() throws -> FormerEntry?
}

/// A name that the base had and the source has not.
package struct DeletedEntry: Hashable, Sendable {
    package enum Cause: Hashable, Sendable {
        case gone
        /// Still there, but a rule leaves it out now.
        case leftOut
    }

    package var name: [UInt8]
    package var cause: Cause

    package init(_ name: [UInt8], _ cause: Cause) {
        self.name = name
        self.cause = cause
    }
}
