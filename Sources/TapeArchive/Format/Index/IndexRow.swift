import Foundation
package import WorkerKit

/// One line of an archive's index: a file on tape, or one that a former backup had and this one has not.
package struct IndexRow: Hashable, Sendable {
    package enum Subject: Hashable, Sendable {
        case entry(IndexedEntry)
        /// Its name; it was there at the base of this incremental.
        case deleted([UInt8])
    }

    package var subject: Subject

    package init(_ subject: Subject) { self.subject = subject }
}

/// What the index keeps of an entry.
package struct IndexedEntry: Hashable, Sendable {
    package var entry: ArchiveEntry
    package var place: MemberPlace
    /// BLAKE3 of the file's data as stored: of a sparse file the regions one after another. Empty without data.
    package var hash: String
    package var verdict: MemberVerdict
    /// Of the inode, so that an incremental can tell what changed since; nil and 0 where nobody knows.
    package var changed: FileStamp?
    package var inode: UInt64 = 0
    /// Where its first header is; filled in when the archive's parts are known.
    package var volume = ""
    package var file = 0
    /// Block of the tape file, from 0.
    package var block: Int64 = 0

    init(_ entry: ArchiveEntry, at place: MemberPlace, _ identity: FileIdentity?) {
        self.init(entry, at: place)
        changed = identity?.changed
        inode = identity?.inode ?? 0
    }

    package init(_ entry: ArchiveEntry, at place: MemberPlace, hash: String = "", verdict: MemberVerdict = .asDeclared)
    {
        self.entry = entry
        self.place = place
        self.hash = hash
        self.verdict = verdict
    }
}

extension IndexRow {
    /// One line of JSON with its line feed. Names are strings, or `{"b64":...}` where they are not UTF-8.
    package var line: [UInt8] {
        var out = LineWriter()
        switch subject {
        case .deleted(let name): out.put("deleted", bytes: name)
        case .entry(let row): Self.put(row, in: &out)
        }
        return out.end()
    }

    private static func put(_ row: IndexedEntry, in out: inout LineWriter) {
        let entry = row.entry
        out.put("name", bytes: entry.name)
        out.put("kind", bytes: Array(entry.kind.rawValue.utf8))
        if entry.kind == .file { out.put("size", entry.size) }
        out.put("mtime", pair: (entry.modified.seconds, Int64(entry.modified.nanoseconds)))
        if let changed = row.changed {
            out.put("ctime", pair: (changed.seconds, Int64(changed.nanoseconds)))
            out.put("inode", Int64(bitPattern: row.inode))
        }
        out.put("mode", Int64(entry.mode))
        out.put("uid", Int64(entry.owner))
        out.put("gid", Int64(entry.group))
        if !entry.ownerName.isEmpty { out.put("user", bytes: entry.ownerName) }
        if !entry.groupName.isEmpty { out.put("group", bytes: entry.groupName) }
        if !entry.linkTarget.isEmpty { out.put("link", bytes: entry.linkTarget) }
        if entry.kind == .characterDevice || entry.kind == .blockDevice {
            out.put("device", pair: (Int64(entry.deviceMajor), Int64(entry.deviceMinor)))
        }
        if entry.sparse != nil { out.put("sparse", Int64(row.place.mapBytes)) }
        out.put("member", row.place.member)
        out.put("offset", row.place.start)
        out.put("data", row.place.dataStart)
        out.put("length", row.place.dataBytes)
        if !row.hash.isEmpty { out.put("blake3", bytes: Array(row.hash.utf8)) }
        switch row.verdict {
        case .asDeclared: break
        case .grew: out.put("grew", 1)
        case .shrank(let missing): out.put("shrank", missing)
        }
        if !row.volume.isEmpty {
            out.put("volume", bytes: Array(row.volume.utf8))
            out.put("file", Int64(row.file))
            out.put("block", row.block)
        }
    }

    /// The row of a line, or nil for what is none. A sparse map is not kept, only that there was one.
    package init?(line: [UInt8]) {
        guard let raw = JSON.decode(RawRow.self, line) else { return nil }
        if let deleted = raw.deleted {
            self.init(.deleted(deleted.bytes))
            return
        }
        guard let entry = raw.entry, let place = raw.place else { return nil }
        var row = IndexedEntry(entry, at: place, hash: raw.blake3 ?? "")
        row.verdict = raw.shrank.map { .shrank(missing: $0) } ?? (raw.grew == nil ? .asDeclared : .grew)
        if let time = raw.ctime, time.count == 2, let part = Int32(exactly: time[1]) {
            row.changed = FileStamp(seconds: time[0], nanoseconds: part)
            row.inode = UInt64(bitPattern: raw.inode ?? 0)
        }
        row.volume = raw.volume ?? ""
        row.file = raw.file ?? 0
        row.block = raw.block ?? 0
        self.init(.entry(row))
    }
}

/// A name in JSON: text, or the bytes that are none.
private enum Name: Decodable {
    case plain([UInt8])

    private enum Key: String, CodingKey { case b64 }

    init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            self = .plain(Array(text.utf8))
            return
        }
        let text = try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .b64)
        guard let data = Data(base64Encoded: text) else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no base 64"))
        }
        self = .plain(Array(data))
    }

    var bytes: [UInt8] {
        switch self {
        case .plain(let bytes): bytes
        }
    }
}

private struct RawRow: Decodable {
    var deleted: Name?
    var name: Name?
    var kind: ArchiveEntry.Kind?
    var size: Int64?
    var mtime: [Int64]?
    var ctime: [Int64]?
    var inode: Int64?
    var mode: UInt32?
    var uid: UInt32?
    var gid: UInt32?
    var user: Name?
    var group: Name?
    var link: Name?
    var device: [UInt32]?
    var sparse: Int?
    var member: Int64?
    var offset: Int64?
    var data: Int64?
    var length: Int64?
    var blake3: String?
    var grew: Int?
    var shrank: Int64?
    var volume: String?
    var file: Int?
    var block: Int64?

    var entry: ArchiveEntry? {
        guard let name, let kind, let mtime, mtime.count == 2, let part = Int32(exactly: mtime[1]) else { return nil }
        var entry = ArchiveEntry(kind, name.bytes, size: size ?? 0, mode: mode ?? 0)
        entry.modified = EntryTime(seconds: mtime[0], nanoseconds: part)
        entry.owner = uid ?? 0
        entry.group = gid ?? 0
        entry.ownerName = user?.bytes ?? []
        entry.groupName = group?.bytes ?? []
        entry.linkTarget = link?.bytes ?? []
        entry.deviceMajor = device?.first ?? 0
        entry.deviceMinor = device?.last ?? 0
        return entry
    }

    var place: MemberPlace? {
        guard let member, let offset, let data, let length, offset >= 0, data >= offset, length >= 0 else { return nil }
        return MemberPlace(
            member: member, start: offset, dataStart: data, mapBytes: sparse ?? 0, dataBytes: length)
    }
}

/// Writes one flat JSON object; a general encoder costs more than reading a small file does.
struct LineWriter {
    private var out: [UInt8] = [UInt8(ascii: "{")]

    private mutating func key(_ key: String) {
        if out.count > 1 { out.append(UInt8(ascii: ",")) }
        out.append(UInt8(ascii: "\""))
        out += key.utf8
        out.append(UInt8(ascii: "\""))
        out.append(UInt8(ascii: ":"))
    }

    mutating func put(_ key: String, _ number: Int64) {
        self.key(key)
        out += String(number).utf8
    }

    mutating func put(_ key: String, pair: (Int64, Int64)) {
        self.key(key)
        out += "[\(pair.0),\(pair.1)]".utf8
    }

    mutating func put(_ key: String, bytes: [UInt8]) {
        self.key(key)
        guard String(validating: bytes, as: UTF8.self) != nil else {
            out += "{\"b64\":\"\(Data(bytes).base64EncodedString())\"}".utf8
            return
        }
        out.append(UInt8(ascii: "\""))
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                out.append(UInt8(ascii: "\\"))
                out.append(byte)
            case 0..<32, 127:
                out += "\\u00".utf8
                out += [Self.hex[Int(byte >> 4)], Self.hex[Int(byte & 15)]]
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
    }

    private static let hex = Array("0123456789abcdef".utf8)

    mutating func end() -> [UInt8] { out + [UInt8(ascii: "}"), 10] }
}
