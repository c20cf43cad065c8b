/// What `statx` says of a node of a file system, as far as an archive keeps it.
package struct FileNode: Hashable, Sendable {
    package enum Kind: Sendable {
        case file, directory, symbolicLink, fifo, socket, characterDevice, blockDevice, unknown
    }

    package var kind: Kind
    /// The twelve permission bits.
    package var permissions: UInt32
    package var owner: UInt32
    package var group: UInt32
    package var size: Int64
    /// Bytes that the file takes on its file system.
    package var allocated: Int64
    package var modified: FileStamp
    package var changed: FileStamp
    package var device: UInt64
    package var inode: UInt64
    package var links: UInt32
    /// Of a device node.
    package var deviceMajor: UInt32
    package var deviceMinor: UInt32
    package var isMountRoot: Bool

    package init(kind: Kind, size: Int64 = 0, permissions: UInt32 = 0o644, inode: UInt64 = 0) {
        self.kind = kind
        self.size = size
        self.permissions = permissions
        self.inode = inode
        owner = 0
        group = 0
        allocated = size
        modified = FileStamp(seconds: 0)
        changed = FileStamp(seconds: 0)
        device = 0
        links = 1
        deviceMajor = 0
        deviceMinor = 0
        isMountRoot = false
    }
}

/// A time stamp whole, also beyond the year 2262 that nanoseconds in one number end at.
package struct FileStamp: Hashable, Comparable, Sendable {
    package var seconds: Int64
    /// 0 to 999,999,999, also before 1970.
    package var nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    package static func < (a: FileStamp, b: FileStamp) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }
}

/// An extended attribute: name with its namespace, and value.
package struct FileAttribute: Hashable, Sendable {
    package var name: [UInt8]
    package var value: [UInt8]

    package init(_ name: [UInt8], _ value: [UInt8]) {
        self.name = name
        self.value = value
    }
}
