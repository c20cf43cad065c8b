import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import TapeArchive

@Suite struct RunFaultTests {
    static func tree(files: Int = 12, bytes: Int = 40_000) throws -> SourceTree {
        let tree = try SourceTree()
        var dice = Dice(state: 11)
        for number in 0..<files { try tree.file("f\(number)", dice.bytes(bytes)) }
        return tree
    }

    @Test("F3 a hard error: the volume is not written to any more, the archive goes on elsewhere, the history has it")
    func hardError() async throws {
        let (room, tree) = (try ArchiveRoom(room: [4000, 4000]), try Self.tree())
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .write, from: 8))
        let end = try await room.run([tree.path])
        room.shelf.faults.clear()
        #expect(end.result == .ok && end.volumes.last == TapeRoom.barcode(1), "\(end)")
        let bad = try room.volume(0)
        #expect(bad.volume.state == .error && !bad.volume.reason.isEmpty)
        let errors = try room.tapes.errors(of: .volume(bad.id), limit: 9)
        #expect(errors.map(\.kind) == ["volume_error"] && errors[0].job == "films" && errors[0].drive != "")
        try await ArchiveRunTests.expectSame(tree, try await room.check(end.archive))
    }

    @Test("F3 what is no longer in the buffer is begun anew, as another archive, and not for ever")
    func again() async throws {
        let (room, tree) = (try ArchiveRoom(room: [4000, 4000, 4000, 4000]), try Self.tree(files: 40))
        // A buffer of four blocks keeps almost nothing.
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .write, from: 60))
        let end = try await room.run([tree.path], drive: { $0.buffer = .bytes(16 << 10) })
        room.shelf.faults.clear()
        #expect(end.result == .ok && room.lines("again").count == 1, "\(end) \(room.now.lines)")
        let all = try room.tapes.archives(of: "films", limit: 9)
        #expect(all.map(\.state) == [.complete, .void] || all.map(\.state) == [.void, .complete])
        try await ArchiveRunTests.expectSame(tree, try await room.check(end.archive))
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .write, from: 60, times: nil))
        let hopeless = try await room.run([tree.path], drive: { $0.buffer = .bytes(16 << 10) })
        room.shelf.faults.clear()
        #expect([.failed, .interrupted].contains(hopeless.result) && hopeless.failure != nil, "\(hopeless)")
    }

    @Test("retries of the drive are counted per volume, job and drive, and kept")
    func retries() async throws {
        let (room, tree) = (try ArchiveRoom(), try Self.tree())
        room.shelf.faults.add(TapeFaultRule(.softError, on: .write, from: 2, times: 3, amount: 4))
        let end = try await room.run([tree.path])
        #expect(end.result == .ok)
        let id = try room.volume(0).id
        let errors = try room.tapes.errors(of: .volume(id), limit: 9)
        #expect(errors.contains { $0.kind == "write_retry" && $0.detail.contains("12 blocks") }, "\(errors)")
        let spells = try room.tapes.spells(of: .job("films"), limit: 9)
        #expect(spells.count == 1 && spells[0].health.softWriteErrors == 12 && spells[0].volume == id, "\(spells)")
        #expect(try room.volume(0).volume.softErrors == 12)
    }

    @Test("F14 F22 a run that is cancelled ends its tape file: the volume stays appendable, the archive is void")
    func cancel() async throws {
        let (room, tree) = (try ArchiveRoom(), try Self.tree(files: 30))
        // The drive is held from the start, so that the run cannot be through before it is cancelled.
        room.control.pause(true)
        let held = Task { try await room.run([tree.path], drive: { $0.buffer = .bytes(64 << 10) }) }
        while !room.now.lines.contains(where: { $0.code == "part" }) { try await Task.sleep(for: .milliseconds(2)) }
        room.control.cancel()
        let end = try await held.value
        #expect(end.result == .interrupted)
        #expect(end.failure?.code == "ARCHIVE_INTERRUPTED", "\(end)")
        let known = try room.volume(0)
        #expect(known.volume.state != .error && known.volume.endBlock != nil)
        let drive = try room.load(0)
        _ = try VolumeMount.forAppend(
            drive, nonce: known.volume.nonce, name: "",
            end: TapeEnd(files: known.volume.tapeFiles, block: known.volume.endBlock ?? 0),
            blockSize: room.blockSize)
        #expect(try room.tapes.archives(of: "films", limit: 9).map(\.state) == [.void])
    }

    @Test("a paused run writes nothing and goes on where it stood")
    func pause() async throws {
        let (room, tree) = (try ArchiveRoom(), try Self.tree(files: 30))
        room.control.pause(true)
        let held = Task { try await room.run([tree.path], drive: { $0.buffer = .bytes(64 << 10) }) }
        while !room.now.lines.contains(where: { $0.code == "part" }) { try await Task.sleep(for: .milliseconds(2)) }
        try await Task.sleep(for: .milliseconds(300))
        #expect(try room.tapes.archives(of: "films", limit: 9).map(\.state) == [.writing])
        room.control.pause(false)
        let end = try await held.value
        #expect(end.result == .ok, "\(end)")
        try await ArchiveRunTests.expectSame(tree, try await room.check(end.archive))
    }

    @Test("F35 nobody gives a tape: the run is interrupted, and nothing is complete")
    func nobody() async throws {
        let (room, tree) = (try ArchiveRoom(room: [6, 6]), try Self.tree())
        let end = try await room.run([tree.path])
        #expect(end.result == .interrupted && end.failure != nil, "\(end)")
        #expect(try room.tapes.archives(of: nil, state: .complete, limit: 9).isEmpty)
    }

    @Test("a staged archive takes no more disk than its share, and is drained in bursts")
    func staged() async throws {
        let (room, tree) = (try ArchiveRoom(), try Self.tree(files: 60, bytes: 50_000))
        let end = try await room.run([tree.path], bounds: SpoolBounds(part: 128 << 10, parts: 4, keepFree: 0)) {
            $0.strategy = .staged
        }
        #expect(end.result == .ok, "\(end) \(room.now.lines)")
        try await ArchiveRunTests.expectSame(tree, try await room.check(end.archive))
        let full = try await room.run([tree.path], bounds: SpoolBounds(part: 128 << 10, parts: 4, keepFree: .max / 2)) {
            $0.strategy = .staged
        }
        #expect(full.result == .failed && full.failure?.code == "DESTINATION_FULL", "\(full)")
    }

    /// GiB: capacity, free, and the least that must come out.
    static let sizes: [(Int64, Int64, Int64)] = [(1024, 1024, 250), (100, 20, 7), (20, 1, 0)]

    @Test(
        "the share of a spool leaves a twentieth of the disk free",
        arguments: sizes)
    func bounds(capacity: Int64, free: Int64, most: Int64) throws {
        let gigabyte: Int64 = 1 << 30
        let space = VolumeSpace(free: free * gigabyte, capacity: capacity * gigabyte, freeInodes: 9, isReadOnly: false)
        guard most > 0 else {
            #expect(throws: Failure.self) { try SpoolBounds.decide(space, folder: "/x") }
            return
        }
        let bounds = try SpoolBounds.decide(space, folder: "/x")
        let share = Int64(bounds.part) * Int64(bounds.parts)
        let allowed = min(256 * gigabyte, (space.free - space.capacity / 20) / 2)
        #expect(share <= allowed && share >= most * gigabyte && bounds.parts >= 2)
        #expect(bounds.part <= 1 << 30)
    }
}
