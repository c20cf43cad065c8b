import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import TapeArchive

@Suite struct ArchiveRunTests {
    /// A tree with one of everything, on disk.
    static func specimen() throws -> SourceTree {
        let tree = try SourceTree()
        plant(Specimen.all, in: tree.path)
        return tree
    }

    /// What came back from the tape is what is on the disk.
    static func expectSame(_ tree: SourceTree, _ samples: [Sample]) async throws {
        let there = try await Collected.all(tree.plan())
        #expect(samples.map(\.entry.name) == there.items.map(\.entry.name))
        for (one, other) in zip(samples, there.items) {
            #expect(one.entry == other.entry && one.data == other.data, "\(printable(one.entry.name))")
        }
    }

    @Test(
        "a tree comes back from tape by our reader and by GNU tar alone", .enabled(if: isInstalled("rsync")),
        arguments: [TapeStrategy.direct, .staged])
    func tree(strategy: TapeStrategy) async throws {
        let (room, tree) = (try ArchiveRoom(), try Self.specimen())
        let end = try await room.run([tree.path], bounds: SpoolBounds(part: 64 << 10, parts: 3, keepFree: 0)) {
            $0.strategy = strategy
        }
        #expect(end.result == .ok, "\(end) \(room.now.lines)")
        #expect(end.volumes == [TapeRoom.barcode(0)])
        try await Self.expectSame(tree, try await room.check(end.archive))
        try await room.expectTarRestores(tree, end.archive)
        let record = try #require(try room.tapes.archive(end.archive))
        #expect(record.strategy == strategy && record.job == "films" && record.driveSerial != "")
        #expect(end.done.count == Specimen.all.count { $0.entry.kind == .file })
        #expect(try FileManager.default.contentsOfDirectory(atPath: room.stateFolder + "/spool") == [])
    }

    @Test(
        "G11 names from hell, 500 of them, through tape and back", .enabled(if: isInstalled("rsync")),
        arguments: [[4000], [60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 60, 4000]])
    func hell(volumes: [Int]) async throws {
        let (room, tree) = (try ArchiveRoom(room: volumes), try SourceTree())
        plant(TarEquivalenceTests.hell(500), in: tree.path)
        let end = try await room.run([tree.path])
        #expect(end.result == .ok && end.volumes.count > volumes.count / 4, "\(end)")
        try await Self.expectSame(tree, try await room.check(end.archive))
        try await room.expectTarRestores(tree, end.archive)
    }

    @Test("F1 F26 an archive over many tapes, each volume full and known as such")
    func spans() async throws {
        let room = try ArchiveRoom(room: [20, 20, 20, 20, 20, 20, 20, 4000])
        let tree = try SourceTree()
        var dice = Dice(state: 4)
        for number in 0..<20 { try tree.file("f\(number)", dice.bytes(20_000)) }
        let end = try await room.run([tree.path])
        #expect(end.result == .ok, "\(end)")
        let (_, parts, index) = try room.parts(of: end.archive)
        #expect(parts.count > 4 && !index.isEmpty)
        for part in parts.dropLast() {
            #expect(try room.tapes.volume(nonce: part.nonce)?.volume.state == .full)
        }
        let last = try #require(try room.tapes.volume(nonce: index[index.count - 1].nonce))
        #expect(last.volume.state == .appendable && last.volume.used > 0)
        try await Self.expectSame(tree, try await room.check(end.archive))
        // The catalog says where each file is: by its extents.
        let contents = try room.tapes.contents(of: last.id, at: SystemTime.live.wall())
        #expect(contents.archives == 1 && contents.unexpired == 1)
    }

    @Test("an image is one file, and comes back by its bytes")
    func image() async throws {
        let (room, tree) = (try ArchiveRoom(), try SourceTree())
        var dice = Dice(state: 5)
        try tree.file("disk.img", dice.bytes(300_000))
        let end = try await room.run([tree.path + "/disk.img"]) { $0.strategy = .image }
        #expect(end.result == .ok && end.done == Amount(count: 1, bytes: 300_000), "\(end)")
        let samples = try await room.check(end.archive)
        #expect(samples.map(\.data) == [[UInt8](try Data(contentsOf: URL(fileURLWithPath: tree.path + "/disk.img")))])
        let wrong = try await room.run([tree.path, tree.path]) { $0.strategy = .image }
        #expect(wrong.failure?.code == "IMAGE_NOT_ONE")
    }

    @Test("an incremental holds what changed and names what is gone; its chain is what is on disk")
    func incremental() async throws {
        let (room, tree) = (try ArchiveRoom(), try SourceTree())
        for number in 0..<8 { try tree.file("d/f\(number)", [UInt8(number)]) }
        try tree.file("e/linked", [1, 2, 3])
        try FileManager.default.linkItem(atPath: tree.path + "/e/linked", toPath: tree.path + "/e/other")
        try await pastTick(tree)
        let first = try await room.run([tree.path]) { $0.isIncremental = true }
        #expect(first.result == .ok && room.lines("base") == ["a whole archive: there is no base"])
        try tree.file("d/f3", [9, 9])
        try tree.file("d/new", [7])
        try FileManager.default.removeItem(atPath: tree.path + "/d/f5")
        let second = try await room.run([tree.path]) { $0.isIncremental = true }
        #expect(second.result == .ok, "\(second)")
        let names = try await room.check(second.archive).map { Collected.below(tree, $0.entry.name) }
        #expect(names == ["d", "d/f3", "d/new"])
        let (record, _, index) = try room.parts(of: second.archive)
        let base = try #require(try room.tapes.archive(first.archive))
        #expect(record.deletions == 1 && record.base == base.id)
        let read = try await TapeReader(finder: room).index(index)
        #expect(read.facts.base == first.archive && read.facts.deletions == 1)
        let chain = try BackupCatalog.FormerListing(room.tapes, asOf: record.id)
        var walk = FormerWalk(chain)
        var found: [[UInt8]] = []
        while let next = try walk.next() { found.append(next.path) }
        let now = try await Collected.all(tree.plan())
        #expect(found.map { Collected.below(tree, $0) } == now.names(below: tree))
    }

    /// Changes older than a tick of a coarse clock before the base began: nothing else could be told apart.
    private func pastTick(_ tree: SourceTree) async throws {
        try await Task.sleep(for: .seconds(Int(ChangeRule.tick) + 1))
    }

    @Test("L1 a buffer of more than may be is refused with the figure that is allowed")
    func buffer() async throws {
        let (room, tree) = (try ArchiveRoom(), try Self.specimen())
        let end = try await room.run(
            [tree.path], house: { $0.room = { MemoryRoom(available: 24 << 30) } },
            drive: { $0.buffer = .bytes(20 << 30) })
        #expect(end.result == .failed && end.failure?.code == "BUFFER_REFUSED")
        let words = try #require(end.failure?.message)
        #expect(
            words.contains("\((24 << 30) / 100 * 60 / 4096 * 4096)") || words.contains("bytes) is allowed"), "\(words)")
        #expect(try room.tapes.archives(of: nil, limit: 9).isEmpty)
    }

    @Test("what was to be sealed is never written in clear")
    func sealed() async throws {
        let (room, tree) = (try ArchiveRoom(), try Self.specimen())
        let end = try await room.run([tree.path]) { $0.encryption = .file("/nowhere") }
        #expect(end.failure?.code == "ENCRYPTION_UNAVAILABLE")
    }
}
