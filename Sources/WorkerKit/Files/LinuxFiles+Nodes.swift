import CLinux
import Glibc

// Calls that an archive needs of a source.
extension LinuxFiles {
    package func openFile(_ path: PathBytes) throws(FileError) -> Descriptor {
        guard path.bytes.first == UInt8(ascii: "/") else { throw failure("open", EINVAL, path) }
        return Descriptor(raw: try check("open", path) { clinux_open_file($0) })
    }

    package func node(of file: Descriptor) throws(FileError) -> FileNode {
        var found = clinux_node()
        try check("status", again { clinux_node_of(file.raw, "", &found) })
        return FileNode(found)
    }

    package func node(at name: PathBytes, in directory: Descriptor) throws(FileError) -> FileNode {
        guard name.isPlainName else { throw failure("status", EINVAL, name) }
        var found = clinux_node()
        try check("status", name) { clinux_node_of(directory.raw, $0, &found) }
        return FileNode(found)
    }

    package func linkTarget(_ name: PathBytes, in directory: Descriptor) throws(FileError) -> [UInt8] {
        guard name.isPlainName else { throw failure("readlink", EINVAL, name) }
        var length = 0
        let target = [UInt8](unsafeUninitializedCapacity: Int(PATH_MAX)) { buffer, count in
            let base = buffer.baseAddress
            length = Int(
                name.withCString { text in
                    again { Int32(clinux_link_target(directory.raw, text, base, Int(PATH_MAX))) }
                })
            count = max(0, length)
        }
        try check("readlink", Int32(length), name)
        return target
    }

    package func attributes(of file: Descriptor) throws(FileError) -> [FileAttribute] {
        try attributes(
            PathBytes([]), names: { clinux_attributes(file.raw, $0, $1) },
            value: { clinux_attribute(file.raw, $0, $1, $2) })
    }

    package func attributes(at name: PathBytes, in directory: Descriptor) throws(FileError) -> [FileAttribute] {
        guard name.isPlainName else { throw failure("xattr", EINVAL, name) }
        let node = name.bytes.map { CChar(bitPattern: $0) } + [0]
        return try attributes(
            name, names: { clinux_attributes_at(directory.raw, node, $0, $1) },
            value: { clinux_attribute_at(directory.raw, node, $0, $1, $2) })
    }

    package func nextData(in file: Descriptor, from offset: Int64) throws(FileError) -> Int64? {
        let found = clinux_next_data(file.raw, offset)
        if found == -Int64(ENXIO) { return nil }
        guard found >= 0 else { throw failure("lseek", Int32(-found)) }
        return found
    }

    package func nextHole(in file: Descriptor, from offset: Int64) throws(FileError) -> Int64 {
        let found = clinux_next_hole(file.raw, offset)
        guard found >= 0 else { throw failure("lseek", Int32(-found)) }
        return found
    }

    package func seek(_ file: Descriptor, to offset: Int64) throws(FileError) {
        try check("lseek", clinux_seek(file.raw, offset))
    }

    package func end(of file: Descriptor) throws(FileError) -> Int64 {
        let found = clinux_end(file.raw)
        guard found >= 0 else { throw failure("lseek", Int32(-found)) }
        return found
    }

    /// Most files have none: then this is one call. The kernel gives at most 64 KiB of names and 64 KiB a value.
    private func attributes(
        _ path: PathBytes, names: (UnsafeMutableRawPointer?, Int) -> Int,
        value: (UnsafePointer<CChar>, UnsafeMutableRawPointer?, Int) -> Int
    ) throws(FileError) -> [FileAttribute] {
        var short: [UInt8] = []
        var length = 0
        withUnsafeTemporaryAllocation(byteCount: 512, alignment: 8) { buffer in
            length = names(buffer.baseAddress, buffer.count)
            if length > 0 { short = Array(buffer[..<length]) }
        }
        if length == 0 || length == -Int(EOPNOTSUPP) { return [] }
        if length == -Int(ERANGE) { short = try sized(path, names) }
        guard length >= 0 || length == -Int(ERANGE) else { throw failure("xattr", Int32(-length), path) }
        var out: [FileAttribute] = []
        for name in short.split(separator: 0) {
            let text = name.map { CChar(bitPattern: $0) } + [0]
            do throws(FileError) {
                out.append(FileAttribute(Array(name), try sized(path) { value(text, $0, $1) }))
            } catch  where error.errno == ENODATA {
                // Taken away since it was listed.
                continue
            } catch { throw error }
        }
        return out
    }

    private func sized(
        _ path: PathBytes, _ call: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(FileError) -> [UInt8] {
        let most = 64 << 10
        var length = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
            length = call(buffer.baseAddress, most)
            count = max(0, length)
        }
        guard length >= 0 else { throw failure("xattr", Int32(-length), path) }
        return Array(bytes)
    }
}

extension FileNode {
    init(_ found: clinux_node) {
        self.init(
            kind: Kind(mode: found.mode), size: found.size, permissions: found.mode & 0o7777, inode: found.inode)
        owner = found.owner
        group = found.group
        allocated = found.blocks.multipliedReportingOverflow(by: 512).partialValue
        modified = FileStamp(seconds: found.modified_s, nanoseconds: Int32(clamping: found.modified_ns))
        changed = FileStamp(seconds: found.changed_s, nanoseconds: Int32(clamping: found.changed_ns))
        device = found.device
        links = found.links
        deviceMajor = found.device_major
        deviceMinor = found.device_minor
        isMountRoot = found.mount_root == 1
    }
}

extension FileNode.Kind {
    init(mode: UInt32) {
        switch mode & UInt32(S_IFMT) {
        case UInt32(S_IFREG): self = .file
        case UInt32(S_IFDIR): self = .directory
        case UInt32(S_IFLNK): self = .symbolicLink
        case UInt32(S_IFIFO): self = .fifo
        case UInt32(S_IFSOCK): self = .socket
        case UInt32(S_IFCHR): self = .characterDevice
        case UInt32(S_IFBLK): self = .blockDevice
        default: self = .unknown
        }
    }
}

/// Names of users and groups by their numbers, each asked for once; a number without a name is an empty one.
///
/// Asking may block where names come over the network. Belongs to one thread.
package struct OwnerNames {
    private var users: [UInt32: [UInt8]] = [:]
    private var groups: [UInt32: [UInt8]] = [:]

    package init() {}

    package mutating func user(_ id: UInt32) -> [UInt8] { Self.ask(id, &users) { clinux_user_name(id, $0, $1) } }
    package mutating func group(_ id: UInt32) -> [UInt8] { Self.ask(id, &groups) { clinux_group_name(id, $0, $1) } }

    private static func ask(
        _ id: UInt32, _ known: inout [UInt32: [UInt8]], _ call: (UnsafeMutablePointer<CChar>?, Int) -> Int32
    ) -> [UInt8] {
        if let name = known[id] { return name }
        let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer -> [UInt8] in
            let length = Int(call(buffer.baseAddress, 256))
            return length > 0 ? buffer.prefix(min(length, 256)).map { UInt8(bitPattern: $0) } : []
        }
        known[id] = name
        return name
    }
}
