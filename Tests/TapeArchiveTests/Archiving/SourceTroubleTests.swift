import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import TapeArchive

/// Calls on real files; `body` runs once, before the second read of a file of that name.
private func meddling(_ name: String, _ body: @escaping @Sendable () -> Void) -> FaultyFiles {
    let reads = Atomic(0)
    let rule = FaultRule(.delay(seconds: 0), [.read]) { path in
        if path.bytes.elementsEqual(name.utf8), reads.add(1, ordering: .relaxed).newValue == 2 { body() }
        return false
    }
    return FaultyFiles(LinuxFiles(side: .source), FaultPlan([rule]))
}

@Suite struct SourceTroubleTests {
    static let large = 3 << 20

    @Test(
        "files that change, shrink and grow while they are read are padded or cut, marked, and make a warning each",
        arguments: [("shrink", "became shorter"), ("grow", "grew"), ("touch", "changed while")])
    func changing(kind: String, words: String) async throws {
        let (room, tree) = (try ArchiveRoom(), try SourceTree())
        var dice = Dice(state: 3)
        let bytes = dice.bytes(Self.large)
        try tree.file("a", bytes)
        try tree.file("b", [1, 2, 3])
        let path = tree.path + "/a"
        let files = meddling("a") {
            switch kind {
            case "shrink": truncate(path, off_t(Self.large / 2))
            case "grow": truncate(path, off_t(Self.large + 7))
            default: utimes(path, [timeval(tv_sec: 5, tv_usec: 0), timeval(tv_sec: 5, tv_usec: 0)])
            }
        }
        let end = try await room.run([tree.path], house: { $0.files = files })
        #expect(end.result == .okWithWarnings && end.warnings == 1, "\(end)")
        #expect(room.lines("SOURCE_CHANGED").count == 1 && room.lines("SOURCE_CHANGED")[0].contains(words))
        let samples = try await room.check(end.archive)
        let file = try #require(samples.first { $0.entry.name.last == 97 })
        #expect(file.data.count == Self.large)
        let half = kind == "shrink" ? Self.large / 2 : Self.large
        #expect(file.data == bytes[..<half] + [UInt8](repeating: 0, count: Self.large - half))
        var walk = FormerWalk(
            try BackupCatalog.FormerListing(room.tapes, asOf: try #require(try room.tapes.archive(end.archive)).id))
        var flaw: EntryRecord.Flaw?
        while let next = try walk.next() { if next.path.last == 97 { flaw = next.flaw } }
        #expect(flaw == (kind == "shrink" ? .shrank : kind == "grow" ? .grew : EntryRecord.Flaw.none))
    }

    @Test("a source that is missing, and one that is empty, is a failure that says so; nothing goes to tape")
    func missing() async throws {
        let (room, tree) = (try ArchiveRoom(), try SourceTree())
        let empty = try await room.run([tree.path])
        #expect(empty.result == .failed && empty.failure?.code == "SOURCE_EMPTY", "\(empty)")
        let missing = try await room.run([tree.path + "/nowhere"])
        #expect(missing.result == .failed && missing.failure?.side == .source, "\(missing)")
        #expect(try room.volume(0).volume.tapeFiles == 1)
        // The next archive goes to the same place.
        try tree.file("x")
        let good = try await room.run([tree.path])
        #expect(good.result == .ok)
        try await room.check(good.archive)
    }

    @Test("G16 a file that cannot be read is left out with its warning, the others are there")
    func unreadable() async throws {
        let (room, tree) = (try ArchiveRoom(), try SourceTree())
        for number in 0..<5 { try tree.file("f\(number)") }
        let plan = FaultPlan([FaultRule(.fail(EACCES), [.open]) { $0 == "f2" }])
        let files = FaultyFiles(LinuxFiles(side: .source), plan)
        let end = try await room.run([tree.path], house: { $0.files = files })
        #expect(end.result == .okWithWarnings && end.warnings == 1, "\(end)")
        #expect(try await room.check(end.archive).count == 5)
    }
}
