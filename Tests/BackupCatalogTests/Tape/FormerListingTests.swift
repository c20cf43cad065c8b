import BackupCatalog
import BackupModel
import Foundation
import GRDB
import Testing

@Suite struct FormerListingTests {
    @Test("an entry comes back with every field, names and times beyond the usual too")
    func fields() throws {
        let fixture = try TapeFixture()
        let times = [
            EntryTime(seconds: -1, nanoseconds: 999_999_999), EntryTime(seconds: 0), EntryTime(seconds: 4_000_000_000),
            EntryTime(seconds: .max, nanoseconds: 1), EntryTime(seconds: .min), EntryTime(seconds: -9_223_372_037),
        ]
        var written: [EntryRecord] = []
        for (index, time) in times.enumerated() {
            var record = EntryRecord(.file, [UInt8(0x61 + index), 0xff, 0x0a, 0x5c], size: Int64(index) << 40)
            (record.modified, record.changed, record.inode) = (
                time, times[times.count - 1 - index], .max - UInt64(index)
            )
            (record.mode, record.owner, record.group) = (0o7777, .max, UInt32(index))
            (record.hash, record.link) = (index == 2 ? nil : blob(UInt64(index)), [0xfe, UInt8(index)])
            (record.start, record.headBytes, record.storedBytes) = (Int64(index) << 50, 1536, Int64(index))
            record.flaw = EntryRecord.Flaw(rawValue: index % 3) ?? .none
            written.append(record)
        }
        let id = try fixture.write(fixture.archive("a1"), written)
        #expect(try walked(fixture.tapes, asOf: id) == written)
    }

    @Test("what is written in the order of the walk comes back in it, whatever the page", arguments: [1, 2, 3, 1000])
    func walkOrder(page: Int) throws {
        let fixture = try TapeFixture()
        let tree = [
            entry("a", .directory), entry("a/b", .directory), entry("a/b/c", .directory), entry("a/b/c/deep"),
            entry("a/b/z"), entry("a/f1"), entry("a/f2"), entry("a.txt"), entry("d", .directory), entry("d/only"),
            entry("empty", .directory), entry("top"),
        ]
        let id = try fixture.write(fixture.archive("a1"), tree)
        #expect(try walked(fixture.tapes, asOf: id, page: page) == tree)
    }

    @Test("a chain is merged: what is new, changed and deleted, directories that went away and came back")
    func chain() throws {
        let fixture = try TapeFixture()
        let whole = try fixture.write(
            fixture.archive("a1"),
            [
                entry("d", .directory), entry("d/old"), entry("d/same"), entry("e", .directory), entry("e/x"),
                entry("f", size: 1), entry("g", .directory), entry("g/h"),
            ])
        let second = try fixture.write(
            fixture.archive("a2", base: whole),
            [
                entry("d", .directory), entry("d/new"), entry("d/old", .deleted), entry("e", .deleted),
                entry("f", size: 2),
                entry("g"),
            ], file: 3)
        let third = try fixture.write(
            fixture.archive("a3", base: second),
            [entry("e", .directory), entry("e/y"), entry("f", .deleted), entry("g", .directory)], file: 5)
        // Another job with the same names does not show.
        try fixture.write(
            fixture.archive("b1"), [entry("d", .directory), entry("d/foreign"), entry("f", size: 9)], file: 7)
        #expect(try paths(walked(fixture.tapes, asOf: whole)) == ["d", "d/old", "d/same", "e", "e/x", "f", "g", "g/h"])
        let middle = try walked(fixture.tapes, asOf: second)
        #expect(paths(middle) == ["d", "d/new", "d/same", "f", "g"])
        #expect(middle.first { $0.path == Array("f".utf8) }?.size == 2)
        for page in [1, 2, 100] {
            #expect(
                try paths(walked(fixture.tapes, asOf: third, page: page)) == ["d", "d/new", "d/same", "e", "e/y", "g"])
        }
        #expect(try fixture.tapes.chain(of: third).map(\.archive) == ["a1", "a2", "a3"])
        _ = try fixture.tapes.markLost(volume: fixture.volume, from: 3, endBlock: nil, reason: "")
        #expect(throws: Failure.self) { try FormerListing(fixture.tapes, asOf: third) }
        #expect(try FormerListing(fixture.tapes, asOf: whole).chain.count == 1)
    }

    @Test("what lies in directories without an entry is found, and hidden once they are deleted")
    func implied() throws {
        let fixture = try TapeFixture()
        let whole = try fixture.write(
            fixture.archive("a1"), [entry("data/films/a"), entry("data/films/b/c"), entry("z/y")])
        let listing = try FormerListing(fixture.tapes, asOf: whole)
        let top = try listing.entries(in: .top)
        #expect(top.map(\.isImplied) == [true, true])
        #expect(try paths(walked(fixture.tapes, asOf: whole, page: 1)) == ["data/films/a", "data/films/b/c", "z/y"])
        let next = try fixture.write(
            fixture.archive("a2", base: whole), [entry("data/films/b", .deleted), entry("z", .deleted)], file: 3)
        #expect(try paths(walked(fixture.tapes, asOf: next)) == ["data/films/a"])
        let last = try fixture.write(fixture.archive("a3", base: next), [entry("z/new")], file: 5)
        #expect(try paths(walked(fixture.tapes, asOf: last)) == ["data/films/a", "z/new"])
    }

    @Test("batches of any size, and a batch that failed, leave the same rows", arguments: [1, 3, 7, 100])
    func batches(size: Int) throws {
        let fixture = try TapeFixture()
        var random = SystemRandomNumberGenerator()
        let names = (0..<60).map { number in
            let depth = Int.random(in: 0...4, using: &random)
            return (0..<depth).map { _ in "d\(Int.random(in: 0...2, using: &random))/" }.joined() + "f\(number)"
        }
        let id = try fixture.tapes.begin(fixture.archive("a1"))
        var recorder = fixture.tapes.recorder(for: id)
        for start in stride(from: 0, to: names.count, by: size) {
            try recorder.append(names[start..<min(start + size, names.count)].map { entry($0) })
        }
        let rows = try fixture.sql(
            """
            WITH RECURSIVE p(id, path) AS (SELECT 0, '' UNION ALL
                SELECT d.id, p.path || CAST(d.name AS TEXT) || '/' FROM dirs d JOIN p ON d.parent = p.id)
            SELECT p.path || CAST(f.name AS TEXT) AS path FROM files f JOIN p ON p.id = f.dir
            """)
        #expect(rows.map { $0["path"] as String }.sorted() == names.sorted())
        #expect(try fixture.sql("SELECT DISTINCT dir FROM files EXCEPT SELECT dir FROM backup_dirs").isEmpty)
    }
}
