/// A tar file of a few small members, whole in memory: labels, end marks, the heads of raw parts.
package enum SmallTar {
    /// A label holds the program's decoder and a text; more than this is none of ours.
    package static let largest = 4 << 20

    package struct Member: Hashable, Sendable {
        package var name: String
        package var bytes: [UInt8]

        package init(_ name: String, _ bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// Head, members and end, filled up to whole blocks of the facts' size.
    package static func make(_ facts: PartFacts, device: String, _ members: [Member]) throws -> [UInt8] {
        var writer = ArchiveWriter(into: ByteArray())
        for member in members {
            try writer.begin(ArchiveEntry(.file, Array(member.name.utf8), size: Int64(member.bytes.count)))
            try member.bytes.withUnsafeBytes { try writer.write($0) }
            try writer.finish()
        }
        try writer.close()
        let head = try PartHead(facts, at: .member, device: device)
        let frame = PartFrame(start: 0, headBytes: head.bytes.count, blockSize: facts.blockSize)
        let fill = frame.blocks(toStreamEnd: writer.offset).fill
        return head.bytes + writer.sink.bytes + [UInt8](repeating: 0, count: fill)
    }

    /// The members of such a file, or nil if it is not whole and sound. Its bytes may be anything.
    package static func read(_ bytes: ArraySlice<UInt8>) -> [Member]? {
        guard bytes.count <= 4 * largest else { return nil }
        var reader = TarReader(Collector())
        do { try bytes.withUnsafeBytes { try reader.feed($0) } } catch { return nil }
        return reader.isAtEnd && !reader.sink.isBad ? reader.sink.members : nil
    }

    private struct Collector: ArchiveSink {
        var members: [Member] = []
        var isBad = false

        mutating func begin(_ entry: ArchiveEntry, at place: MemberPlace) {
            if entry.kind != .file || entry.sparse != nil || members.count >= 64 { isBad = true }
            members.append(Member(String(decoding: entry.name, as: UTF8.self), []))
        }

        mutating func data(_ bytes: UnsafeRawBufferPointer, at offset: Int64) {
            if !isBad { members[members.count - 1].bytes.append(contentsOf: bytes) }
        }

        mutating func end(isWhole: Bool) {}

        mutating func trouble(_ trouble: ArchiveTrouble) { isBad = true }
    }
}

/// Collects bytes in memory.
package struct ByteArray: ByteSink {
    package var bytes: [UInt8] = []

    package init() {}

    package mutating func put(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }
}
