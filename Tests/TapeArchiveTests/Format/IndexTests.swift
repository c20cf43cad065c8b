import Foundation
import Testing

@testable import TapeArchive

@Suite struct IndexTests {
    private static func rows(_ samples: [Sample], _ places: [MemberPlace]) -> [IndexRow] {
        zip(samples, places).map { IndexRow(.entry(IndexedEntry($0.0.entry, at: $0.1, hash: "00ff"))) }
            + [IndexRow(.deleted([0xFF, 10, 34])), IndexRow(.deleted(Array("gone".utf8)))]
    }

    private static func bare(_ entry: ArchiveEntry) -> ArchiveEntry {
        var entry = entry
        entry.sparse = nil
        entry.attributes = []
        return entry
    }

    @Test("G11 F25 every row comes back from its line, whatever the name")
    func lines() throws {
        let samples = Specimen.all + TarEquivalenceTests.hell(200)
        let places = try stream(of: samples).places
        let rows = Self.rows(samples, places)
        var lines = IndexLines()
        var found: [IndexRow] = []
        let text = rows.flatMap(\.line)
        for start in stride(from: 0, to: text.count, by: 1000) {
            found += text[start..<min(start + 1000, text.count)].withUnsafeBytes { lines.take($0) }
        }
        #expect(lines.badLines == 0 && lines.isWhole && found.count == rows.count)
        for (one, other) in zip(found, rows) {
            switch (one.subject, other.subject) {
            case (.entry(let one), .entry(let other)):
                #expect(one.entry == Self.bare(other.entry) && one.place == other.place && one.hash == other.hash)
            default: #expect(one == other)
            }
        }
    }

    @Test(
        "verdicts are kept in the index",
        arguments: [MemberVerdict.asDeclared, .grew, .shrank(missing: 7)])
    func verdicts(verdict: MemberVerdict) {
        let place = MemberPlace(member: 3, start: 512, dataStart: 1024, dataBytes: 5)
        let row = IndexRow(
            .entry(IndexedEntry(ArchiveEntry(.file, [97], size: 5), at: place, hash: "", verdict: verdict)))
        #expect(IndexRow(line: row.line) == row)
    }

    @Test("the index file is a tar of facts and listing, from which each member's block is found")
    func file() throws {
        let (bytes, places) = try stream(of: Specimen.all)
        let all = try parts(of: bytes, blockSize: 1024, blocksOnTape: [7, 9])
        var index = IndexFacts(set: "ab12", archive: "cd34", started: "a", finished: "b", blockSize: 1024)
        var offset: Int64 = 0
        for (number, part) in all.enumerated() {
            guard case .head(let head) = FoundHead.read(part[...]) else { continue }
            #expect(head.facts.offset == offset)
            let length = min(Int64(part.count - head.length), Int64(bytes.count) - offset)
            index.parts.append(
                StoredPart(
                    part: number + 1, label: "ARC\(number)", nonce: "n", file: 1, blocks: Int64(part.count / 1024),
                    headBytes: head.length, offset: offset, length: length))
            offset += length
        }
        #expect(offset == Int64(bytes.count))
        for place in places {
            let row = try #require(index.place(of: place.start))
            let part = try #require(index.parts.firstIndex { $0.label == row.volume })
            let frame = PartFrame(
                start: index.parts[part].offset, headBytes: index.parts[part].headBytes, blockSize: 1024)
            let at = frame.position(of: place.start)
            #expect(at.block == row.block)
            let byte = Int(at.block) * 1024 + at.byte
            #expect(TarHeader(all[part][byte..<byte + 512]) != nil)
        }
        let listing = Self.rows(Specimen.all, places).flatMap(\.line)
        index.listing = try IndexFacts.Listing(bytes: Int64(listing.count), sha256: Digest.sha256(listing))
        var writer = ArchiveWriter(into: ByteArray())
        try index.begin(&writer)
        try listing.withUnsafeBytes { try writer.write($0) }
        try writer.finish()
        try writer.close()
        let members = try #require(SmallTar.read(writer.sink.bytes[...]))
        #expect(members.map(\.name) == ["HOLDFAST-INDEX.json", "HOLDFAST-INDEX.jsonl"])
        #expect(IndexFacts.read(members[0].bytes) == index && members[1].bytes == listing)
    }
}
