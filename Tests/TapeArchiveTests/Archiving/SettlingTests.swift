import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import TapeArchive

/// A journal whose engine dies at a place: nothing more is remembered.
private final class DyingJournal: ArchiveJournal {
    enum Place: String, CaseIterable {
        case archiveBegins, archiveWrote, indexBegins, indexWrote, complete
    }
    struct Died: Error {}

    // As the writer sees it: on the actor itself the empty default of `begins` would be taken.
    private let journal: any ArchiveJournal
    private let place: Place

    init(_ journal: any ArchiveJournal, at place: Place) {
        self.journal = journal
        self.place = place
    }

    func begun(_ plan: ArchivePlan) async throws { try await journal.begun(plan) }
    func taker(of plan: ArchivePlan) async throws -> (any RowTaker)? { try await journal.taker(of: plan) }
    func begins(_ part: BegunPart) async throws {
        try await journal.begins(part)
        if place == (part.kind == .archive ? .archiveBegins : .indexBegins) { throw Died() }
    }
    func wrote(_ file: WrittenFile) async throws {
        if place == (file.kind == .archive ? .archiveWrote : .indexWrote) { throw Died() }
        try await journal.wrote(file)
    }
    func ended(volume nonce: String, as state: VolumeFate) async throws {
        try await journal.ended(volume: nonce, as: state)
    }
    func complete(_ archive: WrittenArchive) async throws {
        if place == .complete { throw Died() }
        try await journal.complete(archive)
    }
    func void(archive: String, words: String) async throws { throw Died() }
}

@Suite struct SettlingTests {
    /// An archive whose engine died; the tape as that left it.
    private func die(_ room: ArchiveRoom, _ samples: [Sample], at place: DyingJournal.Place) async throws {
        let ring = try BlockRing(bytes: 1 << 20, blockSize: room.blockSize)
        let flow = FlowGauges(.watermark(high: 1, low: 0), ring: ring)
        let inner = try CatalogJournal(
            room.tapes, CatalogJournal.Origin(pool: room.pool), flow: flow, time: .live, line: room.line)
        let writer = try TapeWriter(
            ring: ring, flow: flow, supply: room, journal: DyingJournal(inner, at: place))
        let plan = ArchivePlan(
            set: "ab12", archive: "ab12", job: "films", pool: room.pool.name, blockSize: room.blockSize)
        await #expect(throws: DyingJournal.Died.self) { _ = try await writer.write(plan) { SampleSource(samples) } }
        await writer.unmount()
    }

    @Test(
        "F23 an engine that died: what is whole on tape is taken over, what is not is void, and writing goes on",
        arguments: DyingJournal.Place.allCases.map(\.rawValue))
    func died(place: String) async throws {
        let room = try ArchiveRoom()
        let tree = try SourceTree()
        try tree.file("x", [4, 5, 6])
        let samples = SpanTests.samples(3).sorted { PathOrder.precedes($0.entry.name, $1.entry.name) }
        let place = try #require(DyingJournal.Place(rawValue: place))
        try await die(room, samples, at: place)
        if place == .archiveBegins || place == .indexBegins {
            // Killed in the middle of the tape file: the driver ends it.
            let drive = try room.load(0)
            try drive.toEndOfData()
            let junk = [UInt8](repeating: 7, count: room.blockSize)
            for _ in 0..<3 { _ = try junk.withUnsafeBytes { try drive.write($0) } }
            try drive.rewind()
        }
        #expect(try VolumeSettling.voidUnbegun(room.tapes).isEmpty)
        let end = try await room.run([tree.path], job: "other")
        #expect(end.result == .ok, "\(end) \(room.now.lines)")
        let record = try #require(try room.tapes.archive("ab12"))
        let isWhole = place == .indexWrote || place == .complete
        #expect(record.state == (isWhole ? .complete : .void), "\(room.now.lines)")
        #expect(record.isAdopted == isWhole)
        if isWhole {
            #expect(try await room.check("ab12") == samples)
            #expect(record.entries == Int64(samples.count))
        }
        try await ArchiveRunTests.expectSame(tree, try await room.check(end.archive))
        let verdict = try await room.verify(TapeRoom.barcode(0))
        #expect(verdict.result == .ok, "\(verdict) \(room.lines("verify"))")
        let scanned = try await TapeReader(finder: room).scan(try room.load(0))
        #expect(scanned.allSatisfy { $0.isEnded && !$0.isOutOfStep })
        #expect(scanned.count == (try room.volume(0).volume.tapeFiles))
    }

    @Test("F24 a tape that ends before the catalog: what it had is lost, what is there stays, and writing goes on")
    func lost() async throws {
        let (room, tree) = (try ArchiveRoom(), try RunFaultTests.tree())
        let first = try await room.run([tree.path], job: "one")
        let middle = try room.volume(0)
        let second = try await room.run([tree.path], job: "two")
        let drive = try room.load(0)
        try drive.locate(try #require(middle.volume.endBlock) + 3)
        try drive.erase(long: false)
        let third = try await room.run([tree.path], job: "three")
        // The end is another one than the catalog's: nothing was written.
        #expect(third.result != .ok && room.now.needs.contains { if case .refused = $0 { true } else { false } })
        try await room.settle(try room.volume(0), try room.load(0))
        #expect(try room.tapes.archive(second.archive)?.state == .lost)
        room.change { $0.offersLeft = 9 }
        let fourth = try await room.run([tree.path], job: "four")
        #expect(fourth.result == .ok, "\(fourth) \(room.now.lines)")
        try await room.check(first.archive)
        try await room.check(fourth.archive)
    }

    @Test("F23 what was begun before any tape file is void when the engine starts")
    func unbegun() throws {
        let room = try ArchiveRoom()
        let record = ArchiveRecord(
            archive: "ab13", job: "films", pool: "archive", startedAt: SystemTime.live.wall(), blockSize: 4096)
        _ = try room.tapes.begin(record)
        #expect(try VolumeSettling.voidUnbegun(room.tapes).count == 1)
        #expect(try room.tapes.archive("ab13")?.state == .void)
    }
}
