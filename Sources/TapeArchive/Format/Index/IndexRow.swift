import Foundation
import WorkerKit

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
    /// What the next incremental compares with; nil where the source tells nothing. Its device is not kept: numbers of
    /// devices change.
    package var identity: FileIdentity?
    /// Where its first header is; filled in when the archive's parts are known.
    package var tape: TapePlace?

    package init(
        _ entry: ArchiveEntry, at place: MemberPlace, hash: String = "", verdict: MemberVerdict = .asDeclared,
        identity: FileIdentity? = nil
    ) {
        self.entry = entry
        self.place = place
        self.hash = hash
        self.verdict = verdict
        self.identity = identity
    }
}

/// Where on the tapes something lies.
package struct TapePlace: Hashable, Sendable {
    package var volume: String
    package var file: Int
    /// Of the tape file, from 0.
    package var block: Int64

    package init(volume: String, file: Int, block: Int64) {
        self.volume = volume
        self.file = file
        self.block = block
    }

    /// As they end a row's line.
    var fields: [UInt8] {
        var out = LineWriter(isContinued: true)
        put(in: &out)
        return out.bytes
    }

    func put(in out: inout LineWriter) {
        out.put("volume", bytes: Array(volume.utf8))
        out.put("file", Int64(file))
        out.put("block", block)
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
        if let identity = row.identity {
            out.put("ctime", pair: (identity.changed.seconds, Int64(identity.changed.nanoseconds)))
            out.put("inode", identity.inode)
        }
        row.tape?.put(in: &out)
    }

    /// What ends a line; before it stands the place on the tape.
    static let lineEnd: [UInt8] = [UInt8(ascii: "}"), 10]

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
        row.identity = raw.identity
        row.tape = raw.volume.map { TapePlace(volume: $0, file: raw.file ?? 0, block: raw.block ?? 0) }
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
    var ctime: [Int64]?
    var inode: UInt64?
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

    var identity: FileIdentity? {
        guard let ctime, ctime.count == 2, let part = Int32(exactly: ctime[1]), let inode else { return nil }
        return FileIdentity(changed: FileStamp(seconds: ctime[0], nanoseconds: part), device: 0, inode: inode)
    }

    var place: MemberPlace? {
        guard let member, let offset, let data, let length, offset >= 0, data >= offset, length >= 0 else { return nil }
        return MemberPlace(
            member: member, start: offset, dataStart: data, mapBytes: sparse ?? 0, dataBytes: length)
    }
}

/// Writes one flat JSON object; a general encoder costs more than reading a small file does.
struct LineWriter {
    private(set) var bytes: [UInt8]
    private var isFirst: Bool

    /// `isContinued`: fields were written before.
    init(isContinued: Bool = false) {
        bytes = isContinued ? [] : [UInt8(ascii: "{")]
        isFirst = !isContinued
    }

    private mutating func key(_ key: String) {
        if !isFirst { bytes.append(UInt8(ascii: ",")) }
        isFirst = false
        bytes.append(UInt8(ascii: "\""))
        bytes += key.utf8
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func put(_ key: String, _ number: some FixedWidthInteger) {
        self.key(key)
        bytes += String(number).utf8
    }

    mutating func put(_ key: String, pair: (Int64, Int64)) {
        self.key(key)
        bytes += "[\(pair.0),\(pair.1)]".utf8
    }

    mutating func put(_ key: String, bytes text: [UInt8]) {
        self.key(key)
        guard String(validating: text, as: UTF8.self) != nil else {
            bytes += "{\"b64\":\"\(Data(text).base64EncodedString())\"}".utf8
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<32, 127:
                bytes += "\\u00".utf8
                bytes += [Self.hex[Int(byte >> 4)], Self.hex[Int(byte & 15)]]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static let hex = Array("0123456789abcdef".utf8)

    func end() -> [UInt8] { bytes + IndexRow.lineEnd }
}
