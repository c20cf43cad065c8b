import BackupModel
import Foundation
import GRDB
import Testing

@testable import BackupCatalog

private let lesserLevels: [(String?, Int?)] = [("wal", 1), ("wal", 0), ("delete", 2), (nil, 2), ("wal", nil)]

private let placesOfStateFolders: [(String, String?)] = [
    ("/state", nil), ("/mnt/nas/state", "nfs4"), ("/mnt/nas", "nfs4"), ("/mnt/nasty", nil),
    ("/mnt/a b/c", "fuse.sshfs"), ("/win", "cifs"), ("/over", nil), ("/over/x", nil),
]

@Suite struct SQLiteFileTests {
    @Test("B4 every opening has WAL and FULL")
    func fullSynchronous() throws {
        let index = try IndexFixture()
        let (journal, level) = try index.store.file.write { db in
            (try String.fetchOne(db, sql: "PRAGMA journal_mode"), try Int.fetchOne(db, sql: "PRAGMA synchronous"))
        }
        #expect(journal == "wal" && level == 2)
    }

    @Test("B4 less than FULL is refused", arguments: lesserLevels)
    func lessIsRefused(journal: String?, synchronous: Int?) {
        let failure = #expect(throws: Failure.self) {
            try SQLiteFile.assertDurable(journal: journal, synchronous: synchronous)
        }
        #expect(failure?.code == "CATALOG_NOT_DURABLE")
    }

    @Test("B5 one writing connection in one process")
    func oneWriter() throws {
        let index = try IndexFixture()
        let failure = #expect(throws: Failure.self) { try BlobIndexStore(path: index.path) }
        #expect(failure?.code == "CATALOG_IN_USE")
        index.store.close()
        #expect(try BlobIndexStore(path: index.path).volumes().count == 1)
    }

    @Test("B6 a second program's transaction: a bounded wait, a visible error, and on it goes")
    func busy() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let store = try BlobIndexStore(path: path, busySeconds: 0.2)
        let other = try DatabaseQueue(path: path)
        let volume = IndexFixture.volume("v")
        try other.inDatabase { db in
            try db.execute(sql: "BEGIN IMMEDIATE")
            let failure = #expect(throws: Failure.self) { try store.enrol(volume) }
            #expect(failure?.code == "CATALOG_BUSY" && failure?.isTransient == true)
            // Looking never waits for a writer.
            #expect(throws: Never.self) { try store.volumes() }
            try db.execute(sql: "ROLLBACK")
        }
        #expect(throws: Never.self) { try store.enrol(volume) }
    }

    @Test("B7 a damaged file is refused with words and kept as it is", arguments: Damage.allCases)
    func damaged(damage: Damage) throws {
        let index = try IndexFixture()
        try index.scan(records(2000))
        index.store.close()
        try damage.apply(to: index.path)
        let before = FileManager.default.contents(atPath: index.path)
        let failure = #expect(throws: Failure.self) {
            let store = try BlobIndexStore(path: index.path)
            // Bits flipped far inside are found when that page is read.
            _ = try store.remaining(volume: index.volume, after: nil, limit: 9999)
            _ = try store.claim(run: runA, volume: index.volume, after: nil, limit: 9999, bytes: .max)
        }
        #expect(failure?.code == "CATALOG_CORRUPT" && failure?.hint != "")
        #expect(FileManager.default.contents(atPath: index.path) == before)
    }

    @Test("B7 after damage was seen nothing is written, and what can be read is read")
    func readOnlyAfterDamage() throws {
        let index = try IndexFixture()
        try index.scan(records(2000))
        index.store.close()
        try Damage.pageInTheMiddle.apply(to: index.path)
        let store = try BlobIndexStore(path: index.path)
        #expect(throws: Failure.self) { try store.remaining(volume: index.volume, after: nil, limit: 9999) }
        #expect(store.stoppedBy?.code == "CATALOG_CORRUPT")
        let failure = #expect(throws: Failure.self) {
            try store.confirm(VolumeGeneration(number: 9, nonce: "x"), volume: index.volume)
        }
        #expect(failure?.code == "CATALOG_CORRUPT")
        #expect(try store.volume(index.volume)?.confirmed.number == 1)
    }

    @Test("B8 a deleted or replaced file stops all writing and is not made anew", arguments: Removal.allCases)
    func replaced(removal: Removal) throws {
        let index = try IndexFixture()
        try index.scan(records(10))
        try removal.apply(to: index.path)
        for _ in 0..<2 {
            let failure = #expect(throws: Failure.self) {
                try index.store.claim(run: runA, volume: index.volume, after: nil, limit: 1, bytes: 1)
            }
            #expect(failure?.code == "CATALOG_REPLACED")
        }
        #expect(index.store.stoppedBy != nil)
        #expect(FileManager.default.fileExists(atPath: index.path) == (removal != .deleted))
    }

    @Test("B8 a missing file with its journal left, or none to look at, is not made anew")
    func missing() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        #expect(throws: Failure.self) { try BlobIndexStore(path: path, access: .reading) }
        #expect(!FileManager.default.fileExists(atPath: path))
        _ = FileManager.default.createFile(atPath: path + "-wal", contents: Data([1]))
        let failure = #expect(throws: Failure.self) { try BlobIndexStore(path: path) }
        #expect(failure?.code == "CATALOG_MISSING")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("K1 a process killed while it made the file leaves nothing in the way")
    func halfMadeFile() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        _ = FileManager.default.createFile(atPath: path + ".new", contents: Data("SQLite format 3".utf8))
        _ = FileManager.default.createFile(atPath: path + ".new-wal", contents: Data([7]))
        let store = try BlobIndexStore(path: path)
        #expect(try store.volumes().isEmpty)
        #expect(!FileManager.default.fileExists(atPath: path + ".new"))
    }

    @Test(
        "B10 network and user-space file systems are refused",
        arguments: placesOfStateFolders)
    func places(path: String, refused: String?) throws {
        let mounts = """
            1 0 8:1 / / rw - ext4 /dev/sda1 rw
            2 1 0:40 / /mnt/nas rw,relatime shared:7 master:1 - nfs4 nas:/x rw
            3 1 0:41 / /mnt/a\\040b rw - fuse.sshfs h: rw
            4 1 0:42 / /win rw - cifs //h/s rw
            5 1 0:43 / /over rw - nfs nas:/y rw
            6 5 8:2 / /over rw - xfs /dev/sdb rw
            """
        let type = try #require(StateFolder.fileSystem(of: path, mounts: mounts))
        #expect(StateFolder.isRefused(type) == (refused != nil))
        if let refused { #expect(type == refused) }
    }

    @Test("B18 a newer schema is refused, by writers and by readers")
    func newerSchema() throws {
        let index = try IndexFixture()
        try index.store.file.write { try $0.execute(sql: "INSERT INTO schema VALUES(99, 0)") }
        index.store.close()
        for access in [CatalogAccess.writing, .reading] {
            let failure = #expect(throws: Failure.self) { try BlobIndexStore(path: index.path, access: access) }
            #expect(failure?.code == "CATALOG_TOO_NEW")
        }
    }

    @Test("B18 a migration that fails changes nothing; one that succeeds leaves a copy of the old file")
    func migrations() throws {
        let folder = try TemporaryFolder()
        let path = folder.file("a.sqlite")
        let one = Migration(number: 1, sql: "CREATE TABLE a(x); INSERT INTO a VALUES(5)")
        let kind = { (steps: [Migration]) in FileKind(applicationID: 7, migrations: steps) }
        try SQLiteFile(path, kind: kind([one]), access: .writing).close()
        let bad = Migration(number: 2, sql: "CREATE TABLE b(x); INSERT INTO nowhere VALUES(1)")
        #expect(throws: Failure.self) { try SQLiteFile(path, kind: kind([one, bad]), access: .writing) }
        let good = Migration(number: 2, sql: "CREATE TABLE b(x); DROP TABLE a")
        let file = try SQLiteFile(path, kind: kind([one, good]), access: .writing)
        #expect(try file.read { try Int.fetchOne($0, sql: "SELECT max(version) FROM schema") } == 2)
        let old = try DatabaseQueue(path: path + ".before-2")
        #expect(try old.read { try Int.fetchOne($0, sql: "SELECT x FROM a") } == 5)
        file.close()
        let failure = #expect(throws: Failure.self) { try SQLiteFile(path, kind: .catalog, access: .writing) }
        #expect(failure?.code == "CATALOG_FOREIGN")
    }

    @Test("A8 a full disk changes nothing, and when there is room again it goes on")
    func full() throws {
        let index = try IndexFixture()
        try index.scan(records(500))
        let tally = try index.store.tally(volume: index.volume)
        try index.store.file.setPageLimit(1)
        let failure = #expect(throws: Failure.self) { try index.scan(records(5000)) }
        #expect(failure?.code == "CATALOG_FULL" && failure?.isTransient == true)
        #expect(try index.store.tally(volume: index.volume) == tally)
        #expect(try index.counted() == tally)
        try index.store.file.setPageLimit(1 << 30)
        try index.scan(records(5000))
        #expect(try index.store.tally(volume: index.volume).total.count == 5000)
    }

    @Test func aLookerSeesWhatWasCommittedAndMayNotWrite() throws {
        let index = try IndexFixture()
        let looker = try BlobIndexStore(path: index.path, access: .reading)
        try index.scan(records(3))
        #expect(try looker.tally(volume: index.volume).total.count == 3)
        let failure = #expect(throws: Failure.self) { try looker.requeue(nil, volume: index.volume) }
        #expect(failure?.code == "CATALOG_READ_ONLY")
    }

    @Test("the page of waiting blobs and the oldest proofs come from their indexes, without sorting")
    func plans() throws {
        let index = try IndexFixture()
        try index.scan(records(10))
        let texts = [BlobIndexStore.waitingSQL, BlobIndexStore.olderSQL, BlobIndexStore.neverSQL]
        let plans = try index.store.file.read { db in
            try texts.map { text in
                let plan = try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + text, arguments: [1, 0, 5])
                return plan.map { $0["detail"] ?? "" }.joined(separator: "; ")
            }
        }
        for plan in plans { #expect(plan.hasPrefix("SEARCH") && !plan.contains("TEMP B-TREE"), "\(plan)") }
    }
}

/// Ways in which a file gets damaged.
enum Damage: CaseIterable {
    case header, empty, halfGone, pageInTheMiddle

    func apply(to path: String) throws {
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        defer { try? file.close() }
        let size = try file.seekToEnd()
        switch self {
        case .header:
            try file.seek(toOffset: 0)
            try file.write(contentsOf: Data("not a database!!".utf8))
        case .empty: try file.truncate(atOffset: 0)
        case .halfGone: try file.truncate(atOffset: size / 8192 * 4096)
        case .pageInTheMiddle:
            // The flag byte at the head of every page of the blobs, not of the schema and the small tables.
            for page in stride(from: 24 * 4096, to: size, by: 4096) {
                try file.seek(toOffset: page)
                try file.write(contentsOf: Data([0xff]))
            }
        }
    }
}

enum Removal: CaseIterable {
    case deleted, replacedByACopy, journalDeleted

    func apply(to path: String) throws {
        let manager = FileManager.default
        switch self {
        case .deleted: try manager.removeItem(atPath: path)
        case .replacedByACopy:
            try manager.copyItem(atPath: path, toPath: path + ".copy")
            try manager.removeItem(atPath: path)
            try manager.moveItem(atPath: path + ".copy", toPath: path)
        case .journalDeleted: try manager.removeItem(atPath: path + "-wal")
        }
    }
}

extension SQLiteFile {
    /// SQLite's own way to be full: it refuses to grow over so many pages.
    fileprivate func setPageLimit(_ pages: Int) throws {
        try write { _ = try Int.fetchOne($0, sql: "PRAGMA max_page_count = \(pages)") }
    }
}
