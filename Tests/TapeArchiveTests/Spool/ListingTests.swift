import Foundation
import Testing
import WorkerKit

@testable import TapeArchive

@Suite struct ListingTests {
    private static func entry(_ number: Int) -> IndexedEntry {
        let name = Array("folder/\(number)".utf8) + (number % 3 == 0 ? [0xFF, 34, 10] : [])
        let place = MemberPlace(
            member: Int64(number), start: Int64(number) * 1024, dataStart: Int64(number) * 1024 + 512, dataBytes: 100)
        let identity = FileIdentity(
            changed: FileStamp(seconds: Int64(number) - 50, nanoseconds: 7), device: 0, inode: .max - UInt64(number))
        return IndexedEntry(
            ArchiveEntry(.file, name, size: 100), at: place, hash: "00ff", identity: number % 2 == 0 ? identity : nil)
    }

    private static func facts(entries: Int) -> IndexFacts {
        var facts = IndexFacts(set: "ab", archive: "cd", started: "a", finished: "b", blockSize: 4096)
        let half = Int64(entries / 2) * 1024
        facts.parts = [
            StoredPart(part: 1, label: "ONE", nonce: "1", file: 3, blocks: 9, headBytes: 1536, offset: 0, length: half),
            StoredPart(
                part: 2, label: "TWO", nonce: "2", file: 1, blocks: 9, headBytes: 2048, offset: half,
                length: .max / 4),
        ]
        return facts
    }

    @Test("rows go through the disk in order, and get their places on the tapes", arguments: [0, 1, 5, 20_000])
    func roundTrip(count: Int) throws {
        let facts = Self.facts(entries: count)
        var draft = try ListingDraft(in: "/var/tmp")
        var wanted: [IndexRow] = []
        for number in 0..<count {
            var entry = Self.entry(number)
            try draft.append(IndexRow(.entry(entry)))
            entry.tape = facts.place(of: entry.place.start)
            wanted.append(IndexRow(.entry(entry)))
        }
        try draft.append(IndexRow(.deleted([0xFE])))
        wanted.append(IndexRow(.deleted([0xFE])))
        let listing = try draft.located(by: facts)
        #expect(listing.entries == Int64(count) && listing.deletions == 1)
        let lines = wanted.flatMap(\.line)
        #expect(try listing.facts.sha256 == Digest.sha256(lines) && listing.facts.bytes == Int64(lines.count))
        var (reader, found): (ArchiveListing.Reader, [IndexRow]) = (listing.reader(), [])
        while true {
            let batch = try reader.next(777)
            if batch.isEmpty { break }
            found += batch
        }
        #expect(found == wanted)
        if count == 5 { #expect(wanted.map { Self.volume($0) } == ["ONE", "ONE", "TWO", "TWO", "TWO", nil]) }
    }

    @Test func `a spool leaves no name behind`() throws {
        let folder = try FormatFolder()
        let spool = try Spool(in: PathBytes(folder.path))
        try [1, 2, 3].withUnsafeBytes { try spool.append($0) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        #expect(spool.bytes == Int64(3 * MemoryLayout<Int>.size))
    }

    private static func volume(_ row: IndexRow) -> String? {
        if case .entry(let entry) = row.subject { entry.tape?.volume } else { nil }
    }
}
