import CLinux
import Glibc

// Calls that take names: everything resolves beneath the directory given.
extension LinuxFiles {
    func open(
        _ path: PathBytes, _ directory: Descriptor, _ how: clinux_open, _ mode: UInt32
    ) throws(FileError) -> Descriptor {
        // A rename elsewhere in the tree can make the kernel give up a resolution with EAGAIN; it never lasts.
        var tries = 0
        while true {
            let result = path.withCString { name in again { clinux_open_beneath(directory.raw, name, how, mode) } }
            tries += 1
            if result == -EAGAIN, tries < 64 { continue }
            return Descriptor(raw: try check("open", result, path))
        }
    }

    package func status(of file: Descriptor) throws(FileError) -> FileStatus {
        var found = clinux_status()
        try check("status", again { clinux_status_of(file.raw, "", &found) })
        return FileStatus(found)
    }

    package func status(at path: PathBytes, beneath directory: Descriptor) throws(FileError) -> FileStatus {
        guard path.isPlainName else {
            let file = try open(path, directory, clinux_open_path, 0)
            defer { _ = clinux_close(file.raw) }
            return try status(of: file)
        }
        var found = clinux_status()
        try check("status", path) { clinux_status_of(directory.raw, $0, &found) }
        guard found.mount_root != 1 else { throw failure("status", EXDEV, path) }
        return FileStatus(found)
    }

    package func rename(_ old: PathBytes, to new: PathBytes, in directory: Descriptor) throws(FileError) {
        try move(old, from: directory, to: new, in: directory)
    }

    package func move(
        _ old: PathBytes, from: Descriptor, to new: PathBytes, in directory: Descriptor
    ) throws(FileError) {
        try plain("rename", old, new)
        let answer = renamedWithoutReplacing(
            rename: { pair(old, new) { clinux_rename_noreplace(from.raw, $0, directory.raw, $1) } },
            link: { pair(old, new) { clinux_link(from.raw, $0, directory.raw, $1) } },
            unlink: { old.withCString { name in again { clinux_unlink(from.raw, name) } } })
        try check(answer.operation.rawValue, answer.result, new)
    }

    package func replace(_ old: PathBytes, to new: PathBytes, in directory: Descriptor) throws(FileError) {
        try plain("replace", old, new)
        try check("replace", pair(old, new) { clinux_rename(directory.raw, $0, directory.raw, $1) }, new)
    }

    package func unlink(_ name: PathBytes, in directory: Descriptor) throws(FileError) {
        try plain("unlink", name)
        try check("unlink", name) { clinux_unlink(directory.raw, $0) }
    }

    package func makeDirectory(
        _ path: PathBytes, beneath directory: Descriptor, mode: UInt32
    ) throws(FileError) {
        guard let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) else {
            try plain("mkdir", path)
            try check("mkdir", path) { clinux_make_directory(directory.raw, $0, mode) }
            return
        }
        let folder = try open(PathBytes(path.bytes[..<slash]), directory, clinux_open_path, 0)
        defer { _ = clinux_close(folder.raw) }
        try makeDirectory(PathBytes(path.bytes[(slash + 1)...]), beneath: folder, mode: mode)
    }

    package func removeDirectory(_ name: PathBytes, in directory: Descriptor) throws(FileError) {
        try plain("rmdir", name)
        try check("rmdir", name) { clinux_remove_directory(directory.raw, $0) }
    }

    private func plain(_ operation: String, _ names: PathBytes...) throws(FileError) {
        for name in names where !name.isPlainName { throw failure(operation, EINVAL, name) }
    }

    private func pair(
        _ a: PathBytes, _ b: PathBytes, _ call: (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32
    ) -> Int32 {
        a.withCString { first in b.withCString { second in again { call(first, second) } } }
    }
}

/// Renames by the kernel's own call, or by hard link where the file system has none (NFS, some FUSE): a link refuses a
/// taken name just as well. Never by a plain rename. Results are 0 or the negative errno.
func renamedWithoutReplacing(
    rename: () -> Int32, link: () -> Int32, unlink: () -> Int32
) -> (operation: FileOperation, result: Int32) {
    let renamed = rename()
    guard renamed == -EINVAL || renamed == -ENOSYS else { return (.rename, renamed) }
    let linked = link()
    return linked < 0 ? (.rename, linked) : (.unlink, unlink())
}

extension PathBytes {
    /// One component that names an entry: not empty, `.`, `..`, and without a slash.
    var isPlainName: Bool {
        !bytes.isEmpty && !bytes.contains(UInt8(ascii: "/")) && bytes != [46] && bytes != [46, 46]
    }

    /// Calls with the bytes ended by NUL, on the stack for usual lengths; `-EINVAL` when they hold a NUL themselves.
    func withCString(_ call: (UnsafePointer<CChar>) -> Int32) -> Int32 {
        guard bytes.count < Int(PATH_MAX) else { return -ENAMETOOLONG }
        guard !bytes.contains(0) else { return -EINVAL }
        // Only a constant capacity is put on the stack.
        if bytes.count < 256 {
            return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { ended($0, call) }
        }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: bytes.count + 1) { ended($0, call) }
    }

    private func ended(
        _ space: UnsafeMutableBufferPointer<CChar>, _ call: (UnsafePointer<CChar>) -> Int32
    ) -> Int32 {
        guard let base = space.baseAddress else { return -ENOMEM }
        for (index, byte) in bytes.enumerated() { base[index] = CChar(bitPattern: byte) }
        base[bytes.count] = 0
        return call(base)
    }
}

extension FileStatus {
    init(_ found: clinux_status) {
        let kind: Kind =
            switch found.mode & UInt32(S_IFMT) {
            case UInt32(S_IFREG): .file
            case UInt32(S_IFDIR): .directory
            case UInt32(S_IFLNK): .symbolicLink
            default: .other
            }
        self.init(
            kind: kind, size: found.size, modified: FileTime(nanoseconds: found.modified_ns),
            changed: FileTime(nanoseconds: found.changed_ns), device: found.device, inode: found.inode,
            links: found.links, isMountRoot: found.mount_root < 0 ? nil : found.mount_root == 1)
    }
}

/// Reads the records of one `getdents64` answer: inode (8 bytes), offset (8), length (2), type (1), name ended by NUL.
struct DirectoryRecords {
    let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private static let nameOffset = 19

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> DirectoryEntry? {
        while offset + Self.nameOffset < bytes.count {
            let start = offset
            let length = Int(bytes.loadUnaligned(fromByteOffset: start + 16, as: UInt16.self))
            guard length > Self.nameOffset, start + length <= bytes.count else { return nil }
            offset += length
            let name = bytes[(start + Self.nameOffset)..<(start + length)].prefix { $0 != 0 }
            if name.elementsEqual([46]) || name.elementsEqual([46, 46]) { continue }
            return DirectoryEntry(name: PathBytes(name), kind: kind(bytes[start + 18]))
        }
        return nil
    }

    private func kind(_ type: UInt8) -> FileStatus.Kind? {
        switch Int(type) {
        case Int(DT_UNKNOWN): nil
        case Int(DT_REG): .file
        case Int(DT_DIR): .directory
        case Int(DT_LNK): .symbolicLink
        default: .other
        }
    }
}
