/// What the extended headers in front of a member say of it.
struct ExtendedFields {
    var name: [UInt8]?
    var link: [UInt8]?
    var ownerName: [UInt8]?
    var groupName: [UInt8]?
    var size: Int64?
    var owner: Int64?
    var group: Int64?
    var modified: EntryTime?
    var attributes: [ExtendedAttribute] = []
    /// Sparse format 1.0, the only one whose map stands before the data.
    var sparseName: [UInt8]?
    var realSize: Int64?
    var isSparse = false
    /// A sparse format that is not 1.0.
    var isForeignSparse = false
    /// Its records could not be read; the member they belong to is passed over.
    var isBad = false
    /// Headers taken in so far, for one member.
    var headers = 0

    /// Takes a header's records in; later ones win. False if they are malformed.
    mutating func take(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard let records = PaxRecords.parse(bytes) else { return false }
        var version: (major: Int64?, minor: Int64?) = (nil, nil)
        for (key, value) in records {
            switch String(decoding: key.prefix(32), as: UTF8.self) {
            case "GNU.sparse.major": version.major = Decimal.parse(value)
            case "GNU.sparse.minor": version.minor = Decimal.parse(value)
            case "GNU.sparse.map", "GNU.sparse.numblocks", "GNU.sparse.size": isForeignSparse = true
            case "GNU.sparse.name": sparseName = Array(value)
            case "GNU.sparse.realsize": if !Self.put(value, in: &realSize) { return false }
            default: if !takePlain(key, value) { return false }
            }
        }
        if version.major != nil || version.minor != nil {
            isSparse = version.major == 1 && version.minor == 0
            isForeignSparse = !isSparse
        }
        return true
    }

    private mutating func takePlain(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) -> Bool {
        switch String(decoding: key.prefix(32), as: UTF8.self) {
        case "path": name = Array(value)
        case "linkpath": link = Array(value)
        case "uname": ownerName = Array(value)
        case "gname": groupName = Array(value)
        case "size": return Self.put(value, in: &size)
        case "uid": return Self.put(value, in: &owner)
        case "gid": return Self.put(value, in: &group)
        case "mtime":
            modified = EntryTime(decimal: value)
            return modified != nil
        default: takeAttribute(key, value)
        }
        return true
    }

    private mutating func takeAttribute(_ key: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>) {
        let front = Array("SCHILY.xattr.".utf8)
        if key.starts(with: front) {
            put(AttributeKey.decoded(key.dropFirst(front.count)), Array(value))
        } else if key.elementsEqual("SCHILY.acl.access".utf8), let list = PosixACL.attribute(text: Array(value)) {
            put(PosixACL.access, list)
        } else if key.elementsEqual("SCHILY.acl.default".utf8), let list = PosixACL.attribute(text: Array(value)) {
            put(PosixACL.byDefault, list)
        }
    }

    private mutating func put(_ name: [UInt8], _ value: [UInt8]) {
        attributes.append(ExtendedAttribute(name, value))
    }

    private static func put(_ digits: ArraySlice<UInt8>, in field: inout Int64?) -> Bool {
        field = Decimal.parse(digits)
        return field != nil
    }

    /// The entry of a header with these fields in front; its sparse map is read later.
    func entry(_ header: TarHeader, kind: ArchiveEntry.Kind) -> ArchiveEntry {
        var kind = kind
        var name = sparseName ?? self.name ?? (header.prefix.isEmpty ? header.name : header.prefix + [47] + header.name)
        // Before POSIX a directory was a file with a slash at its end.
        if kind == .file, name.last == 47, header.size == 0 { kind = .directory }
        if kind == .directory { while name.count > 1, name.last == 47 { name.removeLast() } }
        var entry = ArchiveEntry(kind, name, mode: header.mode & 0o7777)
        if kind == .file { entry.size = (isSparse ? realSize : nil) ?? size ?? header.size }
        if kind == .symlink || kind == .hardLink { entry.linkTarget = link ?? header.link }
        entry.owner = UInt32(clamping: owner ?? Int64(clamping: header.owner))
        entry.group = UInt32(clamping: group ?? Int64(clamping: header.group))
        entry.ownerName = ownerName ?? header.ownerName
        entry.groupName = groupName ?? header.groupName
        entry.modified = modified ?? EntryTime(seconds: header.modified)
        entry.attributes = Self.lastOfEach(attributes)
        entry.deviceMajor = header.deviceMajor
        entry.deviceMinor = header.deviceMinor
        return entry
    }

    private static func lastOfEach(_ all: [ExtendedAttribute]) -> [ExtendedAttribute] {
        guard all.count > 1 else { return all }
        var byName: [[UInt8]: [UInt8]] = [:]
        for attribute in all { byName[attribute.name] = attribute.value }
        return byName.map { ExtendedAttribute($0.key, $0.value) }.sorted { $0.name.lexicographicallyPrecedes($1.name) }
    }
}
