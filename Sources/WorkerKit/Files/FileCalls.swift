package import BackupModel

/// The one seam for file calls: every byte a worker reads or writes goes through it.
///
/// An instance belongs to one side, so that each error says whose fault it is. `LinuxFiles` is the real one;
/// `FaultyFiles` fails the N-th call on purpose. Names are relative to an open directory and are resolved beneath it:
/// no `..`, no absolute path, no symbolic link, no mount crossing (`openat2` BENEATH, NO_SYMLINKS, NO_XDEV).
/// All calls may block: only threads made for that may make them. `EINTR` is retried inside.
package protocol FileCalls: Sendable {
    var side: Side { get }

    /// Opens a volume's or store's root by absolute path; everything else is relative to such a descriptor.
    func openRoot(_ path: PathBytes) throws(FileError) -> Descriptor
    func open(_ path: PathBytes, beneath directory: Descriptor, _ how: OpenHow) throws(FileError) -> Descriptor
    /// An existing file or device by absolute path, symbolic links followed, for reading.
    func openFile(_ path: PathBytes) throws(FileError) -> Descriptor
    func close(_ file: Descriptor) throws(FileError)

    /// Bytes read; 0 at the end.
    func read(_ file: Descriptor, into buffer: UnsafeMutableRawBufferPointer) throws(FileError) -> Int
    /// Bytes written, perhaps fewer than asked for (A18): callers loop, `writeAll` does.
    func write(_ file: Descriptor, from buffer: UnsafeRawBufferPointer) throws(FileError) -> Int
    func allocate(_ file: Descriptor, bytes: Int64) throws(FileError)
    /// From now on past the page cache, or through it again. Past it, offsets, counts and buffers are multiples of
    /// 4,096. EINVAL where the file system cannot.
    func setDirect(_ file: Descriptor, _ isDirect: Bool) throws(FileError)
    func setModified(_ file: Descriptor, _ time: FileTime) throws(FileError)
    /// Never retried: after an error the kernel may have dropped the data and say yes next time (A16).
    func sync(_ file: Descriptor) throws(FileError)
    /// Makes everything written to the file system that holds `file` durable. Never retried.
    func syncFileSystem(_ file: Descriptor) throws(FileError)
    /// Tells the kernel that cached pages of this file are not needed; a hint, so it does not fail.
    func dropCache(_ file: Descriptor)

    func status(of file: Descriptor) throws(FileError) -> FileStatus
    func status(at path: PathBytes, beneath directory: Descriptor) throws(FileError) -> FileStatus
    /// All that an archive keeps of a node; unlike `status` also of one where another file system is mounted.
    func node(of file: Descriptor) throws(FileError) -> FileNode
    func node(at name: PathBytes, in directory: Descriptor) throws(FileError) -> FileNode
    /// What a symbolic link says.
    func linkTarget(_ name: PathBytes, in directory: Descriptor) throws(FileError) -> [UInt8]
    /// Extended attributes, ACLs among them; none where the file system has no such thing.
    func attributes(of file: Descriptor) throws(FileError) -> [FileAttribute]
    /// Of a node that cannot be opened for reading, symbolic links not followed.
    func attributes(at name: PathBytes, in directory: Descriptor) throws(FileError) -> [FileAttribute]
    /// Where data begins at or after an offset; nil when only a hole follows. Moves the file's own offset.
    func nextData(in file: Descriptor, from offset: Int64) throws(FileError) -> Int64?
    /// Where the next hole begins, the end of the file being one. Moves the file's own offset.
    func nextHole(in file: Descriptor, from offset: Int64) throws(FileError) -> Int64
    func seek(_ file: Descriptor, to offset: Int64) throws(FileError)
    /// Bytes to the end, also of a device. Moves the file's own offset there.
    func end(of file: Descriptor) throws(FileError) -> Int64
    /// Never replaces: EEXIST when the new name is taken. Both names are plain names in `directory`.
    func rename(_ old: PathBytes, to new: PathBytes, in directory: Descriptor) throws(FileError)
    /// Moves between directories, never replacing.
    func move(_ old: PathBytes, from: Descriptor, to new: PathBytes, in directory: Descriptor) throws(FileError)
    /// Replaces what is there; for our own small state files only.
    func replace(_ old: PathBytes, to new: PathBytes, in directory: Descriptor) throws(FileError)
    func unlink(_ name: PathBytes, in directory: Descriptor) throws(FileError)
    func makeDirectory(_ path: PathBytes, beneath directory: Descriptor, mode: UInt32) throws(FileError)
    func removeDirectory(_ name: PathBytes, in directory: Descriptor) throws(FileError)
    /// Calls `body` with each entry but `.` and `..`, in the directory's own order.
    func list(_ directory: Descriptor, _ body: (DirectoryEntry) throws(FileError) -> Void) throws(FileError)
    func space(of file: Descriptor) throws(FileError) -> VolumeSpace
    /// Takes an exclusive `flock` without waiting; false when another holds it.
    func lock(_ file: Descriptor) throws(FileError) -> Bool
}

/// A path or name as the kernel has it: bytes without NUL.
package struct PathBytes: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
    package init(_ text: String) { bytes = Array(text.utf8) }
    package init(stringLiteral text: String) { self.init(text) }

    package var description: String { printable(bytes) }

    package static func / (folder: PathBytes, name: PathBytes) -> PathBytes {
        PathBytes(folder.bytes + [47] + name.bytes)
    }
}

/// An open file or directory. Whoever opened it closes it, exactly once.
package struct Descriptor: Hashable, Sendable {
    package let raw: Int32
    package init(raw: Int32) { self.raw = raw }
}

/// How a file is opened; every descriptor is close-on-exec.
package enum OpenHow: Hashable, Sendable {
    /// For reading, leaving the access time alone where the kernel lets us.
    case read
    /// For reading past the page cache; buffers and offsets are multiples of 4,096.
    case readDirect
    /// A new file for writing; EEXIST when the name is taken.
    case create(mode: UInt32)
    /// A file for reading and writing, made when missing.
    case readWrite(mode: UInt32)
    /// A directory to list or to name things in.
    case directory
    /// As `read` and `directory`, also where another file system is mounted.
    case readAcross, directoryAcross
    /// An unnamed file for writing, in the directory named.
    case unnamed(mode: UInt32)
}

/// What `statx` says, as far as workers ask.
package struct FileStatus: Hashable, Sendable {
    package enum Kind: Sendable { case file, directory, symbolicLink, other }

    package var kind: Kind
    package var size: Int64
    package var modified: FileTime
    package var changed: FileTime
    package var device: UInt64
    package var inode: UInt64
    package var links: UInt32
    /// The `statx` attribute: the root of a mount; nil where the kernel does not say.
    package var isMountRoot: Bool?

    package init(
        kind: Kind, size: Int64, modified: FileTime, changed: FileTime, device: UInt64, inode: UInt64,
        links: UInt32, isMountRoot: Bool?
    ) {
        self.kind = kind
        self.size = size
        self.modified = modified
        self.changed = changed
        self.device = device
        self.inode = inode
        self.links = links
        self.isMountRoot = isMountRoot
    }
}

/// A file's time stamp, nanoseconds since 1970.
package struct FileTime: Hashable, Comparable, Sendable {
    package var nanoseconds: Int64
    package init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }
    package static func < (a: FileTime, b: FileTime) -> Bool { a.nanoseconds < b.nanoseconds }
}

package struct DirectoryEntry: Sendable {
    package var name: PathBytes
    /// Nil where the file system does not tell.
    package var kind: FileStatus.Kind?

    package init(name: PathBytes, kind: FileStatus.Kind?) {
        self.name = name
        self.kind = kind
    }
}

package struct VolumeSpace: Hashable, Sendable {
    /// Free for us, in bytes.
    package var free: Int64
    package var capacity: Int64
    package var freeInodes: Int64
    package var isReadOnly: Bool

    package init(free: Int64, capacity: Int64, freeInodes: Int64, isReadOnly: Bool) {
        self.free = free
        self.capacity = capacity
        self.freeInodes = freeInodes
        self.isReadOnly = isReadOnly
    }
}

/// A file call that failed: whose side, which call, which errno, on what.
package struct FileError: Error, Hashable, Sendable {
    package var side: Side
    package var operation: String
    package var errno: Int32
    package var path: PathBytes

    package init(side: Side, operation: String, errno: Int32, path: PathBytes) {
        self.side = side
        self.operation = operation
        self.errno = errno
        self.path = path
    }
}
