/// The bytes in front of a file's data: extended header where one is needed, header, sparse map.
///
/// The same entry gives the same bytes, always. An extended header is written only for what the 512 bytes of the
/// plain one cannot say.
package struct MemberHead: Hashable, Sendable {
    package let bytes: [UInt8]
    /// Of `bytes`, those that are the sparse map; tar counts them to the file's data.
    package let mapBytes: Int
    /// Data bytes that must follow.
    package let dataBytes: Int64

    /// Largest extended header: a file may have many attributes of 64 KiB; no reader should have to keep more.
    package static let largestExtension = 16 << 20

    /// Zero bytes that must follow the data.
    package var padding: Int { Tar.padding(dataBytes) }

    /// Throws `badName` and `badEntry`.
    package init(_ entry: ArchiveEntry) throws(FormatFault) {
        try Self.check(entry)
        var header = TarHeader()
        var pax = PaxRecords()
        let map = entry.kind == .file ? entry.sparse?.text(size: entry.size) ?? [] : []
        Self.putNames(entry, &header, &pax)
        Self.putNumbers(entry, stored: entry.dataBytes + Int64(map.count), &header, &pax)
        Self.putAttributes(entry, &pax)
        var out: [UInt8] = []
        guard pax.bytes.count <= Self.largestExtension else {
            throw .badEntry(name: entry.name, reason: "more than 16 MiB of names and attributes")
        }
        if !pax.isEmpty {
            out = pax.framed(type: TarHeader.TypeFlag.extended, name: Self.plain("PaxHeaders/", entry.name))
        }
        bytes = out + header.bytes + map
        mapBytes = map.count
        dataBytes = entry.dataBytes
    }

    private static func check(_ entry: ArchiveEntry) throws(FormatFault) {
        let parts = entry.name.split(separator: 47, omittingEmptySubsequences: false)
        guard !entry.name.isEmpty, !entry.name.contains(0), entry.name.first != 47, entry.name.last != 47,
            !parts.contains(where: { $0.elementsEqual("..".utf8) })
        else { throw .badName(entry.name) }
        let isLink = entry.kind == .symlink || entry.kind == .hardLink
        guard entry.size >= 0, entry.kind == .file || entry.size == 0,
            (0..<1_000_000_000).contains(entry.modified.nanoseconds),
            isLink == !entry.linkTarget.isEmpty, !entry.linkTarget.contains(0)
        else { throw .badEntry(name: entry.name, reason: "size, time or link target out of range") }
        guard entry.sparse.map({ $0.regions.last?.end ?? 0 <= entry.size }) ?? true,
            entry.dataBytes <= Int64.max - 1 << 32
        else { throw .badEntry(name: entry.name, reason: "sparse map beyond the size") }
    }

    private static func putNames(_ entry: ArchiveEntry, _ header: inout TarHeader, _ pax: inout PaxRecords) {
        let name = entry.kind == .directory ? entry.name + [47] : entry.name
        let texts = [name, entry.linkTarget, entry.ownerName, entry.groupName]
        if texts.contains(where: { !isASCII($0) && String(validating: $0, as: UTF8.self) == nil }) {
            pax.add("hdrcharset", "BINARY".utf8)
        }
        if entry.kind == .file, entry.sparse != nil {
            pax.add("GNU.sparse.major", 1)
            pax.add("GNU.sparse.minor", 0)
            pax.add("GNU.sparse.name", name)
            pax.add("GNU.sparse.realsize", entry.size)
            header.name = plain("GNUSparseFile.0/", name)
        } else if let split = fitted(name) {
            (header.prefix, header.name) = split
        } else {
            pax.add("path", name)
            header.name = plain("", name)
        }
        if entry.linkTarget.count <= 100, isASCII(entry.linkTarget) {
            header.link = entry.linkTarget
        } else {
            pax.add("linkpath", entry.linkTarget)
        }
        if entry.ownerName.count <= 31, isASCII(entry.ownerName) {
            header.ownerName = entry.ownerName
        } else {
            pax.add("uname", entry.ownerName)
        }
        if entry.groupName.count <= 31, isASCII(entry.groupName) {
            header.groupName = entry.groupName
        } else {
            pax.add("gname", entry.groupName)
        }
    }

    private static func putNumbers(
        _ entry: ArchiveEntry, stored: Int64, _ header: inout TarHeader, _ pax: inout PaxRecords
    ) {
        header.type = entry.kind.typeFlag
        header.mode = entry.mode & 0o7777
        header.deviceMajor = entry.deviceMajor
        header.deviceMinor = entry.deviceMinor
        header.modified = entry.modified.seconds
        header.size = min(stored, TarHeader.largestOctal11)
        header.owner = UInt64(entry.owner)
        header.group = UInt64(entry.group)
        if stored > TarHeader.largestOctal11 { pax.add("size", stored) }
        if header.owner > TarHeader.largestOctal7 { pax.add("uid", Int64(entry.owner)) }
        if header.group > TarHeader.largestOctal7 { pax.add("gid", Int64(entry.group)) }
        if entry.modified.nanoseconds != 0 || !(0...TarHeader.largestOctal11).contains(entry.modified.seconds) {
            pax.add("mtime", entry.modified.decimal)
        }
    }

    /// As GNU tar writes and reads them; ACLs as text, since it ignores the kernel's form.
    private static func putAttributes(_ entry: ArchiveEntry, _ pax: inout PaxRecords) {
        for attribute in entry.attributes.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            if attribute.name == PosixACL.access, let text = PosixACL.text(attribute: attribute.value) {
                pax.add("SCHILY.acl.access", text)
            } else if attribute.name == PosixACL.byDefault, let text = PosixACL.text(attribute: attribute.value) {
                pax.add("SCHILY.acl.default", text)
            } else {
                pax.add(Array("SCHILY.xattr.".utf8) + AttributeKey.encoded(attribute.name), attribute.value)
            }
        }
    }

    /// Prefix and name of the plain header, or nil where they do not hold it.
    private static func fitted(_ name: [UInt8]) -> (prefix: [UInt8], name: [UInt8])? {
        guard isASCII(name) else { return nil }
        if name.count <= 100 { return ([], name) }
        guard name.count <= 256 else { return nil }
        // The last byte may be a directory's slash, which is no place to split at.
        let earliest = name.count - 101
        guard let slash = name[earliest..<name.count - 1].firstIndex(of: 47), (1...155).contains(slash) else {
            return nil
        }
        return (Array(name[..<slash]), Array(name[(slash + 1)...]))
    }

    /// A stand-in for readers without pax: the end of the name in plain letters.
    static func plain(_ front: String, _ name: [UInt8]) -> [UInt8] {
        let tail = name.split(separator: 47).last ?? []
        return Array(front.utf8)
            + tail.prefix(60).map { (33...126).contains($0) && $0 != 92 ? $0 : UInt8(ascii: "_") }
    }

    private static func isASCII(_ bytes: [UInt8]) -> Bool { bytes.allSatisfy { $0 < 128 } }
}

extension ArchiveEntry.Kind {
    var typeFlag: UInt8 {
        switch self {
        case .file: TarHeader.TypeFlag.file
        case .directory: TarHeader.TypeFlag.directory
        case .symlink: TarHeader.TypeFlag.symlink
        case .hardLink: TarHeader.TypeFlag.hardLink
        case .fifo: TarHeader.TypeFlag.fifo
        case .characterDevice: TarHeader.TypeFlag.character
        case .blockDevice: TarHeader.TypeFlag.block
        }
    }

    init?(typeFlag: UInt8) {
        switch typeFlag {
        case TarHeader.TypeFlag.file, 0, TarHeader.TypeFlag.contiguous: self = .file
        case TarHeader.TypeFlag.directory: self = .directory
        case TarHeader.TypeFlag.symlink: self = .symlink
        case TarHeader.TypeFlag.hardLink: self = .hardLink
        case TarHeader.TypeFlag.fifo: self = .fifo
        case TarHeader.TypeFlag.character: self = .characterDevice
        case TarHeader.TypeFlag.block: self = .blockDevice
        default: return nil
        }
    }
}

/// Names of attributes within pax keys: `%` and `=` are escaped, as GNU tar does since 1.30.
enum AttributeKey {
    static func encoded(_ name: [UInt8]) -> [UInt8] {
        name.flatMap { byte -> [UInt8] in
            switch byte {
            case 37: Array("%25".utf8)
            case 61: Array("%3D".utf8)
            default: [byte]
            }
        }
    }

    static func decoded(_ key: ArraySlice<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var rest = key
        while let byte = rest.first {
            if rest.starts(with: "%25".utf8) || rest.starts(with: "%3D".utf8) {
                out.append(rest.starts(with: "%25".utf8) ? 37 : 61)
                rest = rest.dropFirst(3)
            } else {
                out.append(byte)
                rest = rest.dropFirst()
            }
        }
        return out
    }
}
