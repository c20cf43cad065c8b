import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import TapeArchive

@Suite struct VerifyTests {
    @Test("a volume is read back whole: each archive on it, those over several tapes from all of them")
    func sound() async throws {
        let room = try ArchiveRoom(room: [40, 4000])
        let tree = try RunFaultTests.tree()
        let small = try SourceTree()
        try small.file("x")
        let first = try await room.run([small.path], job: "small")
        let second = try await room.run([tree.path])
        #expect(first.result == .ok && second.result == .ok && second.volumes.count == 2)
        let end = try await room.verify(TapeRoom.barcode(0))
        #expect(end.result == .ok && end.done == first.done + second.done, "\(end) \(room.lines("verify"))")
        #expect(end.volumes == [TapeRoom.barcode(0), TapeRoom.barcode(1)])
        for archive in [first.archive, second.archive] {
            #expect(try room.tapes.archive(archive)?.verifiedAt != nil)
        }
        let evidence = try room.catalog.evidence(of: "films", limit: 9)
        #expect(evidence.map(\.method) == [.readBack] && evidence[0].proved == second.done && evidence[0].result == .ok)
        let unknown = try await room.verify("NOPE")
        #expect(unknown.failure?.code == "VOLUME_UNKNOWN")
    }

    @Test("F22 L11 a block that cannot be read is unreadable, other bytes are corrupt, and both are told by name")
    func damaged() async throws {
        let (room, tree) = (try ArchiveRoom(), try RunFaultTests.tree())
        let end = try await room.run([tree.path])
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .read, from: 30, times: 200))
        let unreadable = try await room.verify(TapeRoom.barcode(0))
        room.shelf.faults.clear()
        #expect(unreadable.result == .failed, "\(unreadable)")
        #expect(try room.tapes.archive(end.archive)?.verifiedAt == nil)
        #expect(try room.catalog.evidence(of: "films", limit: 9).first?.result == .failed)
        let good = try await room.verify(TapeRoom.barcode(0))
        #expect(good.result == .ok, "\(good)")
    }

    @Test("L12 what is right at the second reading is the drive's fault: a warning")
    func unstable() async throws {
        let (room, tree) = (try ArchiveRoom(), try RunFaultTests.tree())
        _ = try await room.run([tree.path])
        // Behind the blocks of label and index.
        room.shelf.faults.add(TapeFaultRule(.hardError, on: .read, from: 30))
        let end = try await room.verify(TapeRoom.barcode(0))
        #expect(end.result == .okWithWarnings && end.warnings == 1, "\(end) \(room.lines("verify"))")
    }

    @Test("a catalog that says another thing than tape and index is told")
    func catalog() async throws {
        let (room, tree) = (try ArchiveRoom(), try RunFaultTests.tree())
        let end = try await room.run([tree.path])
        let record = try #require(try room.tapes.archive(end.archive))
        var recorder = room.tapes.recorder(for: record.id)
        try recorder.append([EntryRecord(.file, Array((tree.name + "/f3").utf8), size: 3)])
        let verdict = try await room.verify(TapeRoom.barcode(0))
        #expect(verdict.failure?.code == "ARCHIVE_CORRUPT", "\(verdict)")
        #expect(room.lines("verify").contains { $0.contains("f3 is another in the catalog") })
    }
}
