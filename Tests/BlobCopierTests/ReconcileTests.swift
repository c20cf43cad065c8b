import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BlobCopier

/// What a killed run leaves, made by hand, and what the next start makes of it.
@Suite(.timeLimit(.minutes(5))) struct ReconcileTests {
    static let dead = RunID(bits: 0xdead)

    /// A mirror in which a dead run had claimed every blob.
    private func abandoned(_ count: Int = 6) async throws -> (MirrorFixture, Copier) {
        let mirror = try MirrorFixture(blobs: count)
        let copier = try await mirror.enrolled()
        _ = try await copier.scan()
        let claimed = try await mirror.index.claim(
            run: Self.dead, volume: mirror.volume, after: nil, limit: 1000, bytes: .max)
        #expect(claimed.count == count)
        return (mirror, copier)
    }

    private func temporary(_ mirror: MirrorFixture, _ id: BlobID, run: RunID = dead) -> String {
        let path = mirror.targetPath(id) as NSString
        return path.deletingLastPathComponent + "/.tmp-\(run)-\(id)"
    }

    private func expectWhole(_ mirror: MirrorFixture, _ summary: RunSummary) async throws {
        #expect(summary.result == .ok)
        #expect(try await mirror.wrongs() == [])
        #expect(try await mirror.tally().safe.count == mirror.blobs.count)
        #expect(mirror.temporaries == [])
    }

    @Test("K1 rows of a dead run without files are copied")
    func claimedOnly() async throws {
        let (mirror, copier) = try await abandoned()
        try await expectWhole(mirror, try await copier.run())
        #expect(mirror.log.count("RECONCILED") == 1)
    }

    @Test("K2 K3 K4 A22 A26 temporaries of a dead run are removed, never continued", arguments: [0, 10, Int.max])
    func leftTemporaries(bytes: Int) async throws {
        let (mirror, copier) = try await abandoned()
        for id in mirror.ids {
            // Wrong bytes: had they been appended to or adopted, the blob would be wrong.
            let count = min(bytes, mirror.blobs[id]?.count ?? 0)
            try Data(repeating: 0, count: count).write(to: URL(fileURLWithPath: temporary(mirror, id)))
        }
        try await expectWhole(mirror, try await copier.run())
    }

    @Test("A22 temporaries of others and foreign files are left alone")
    func foreignFiles() async throws {
        let (mirror, copier) = try await abandoned()
        let id = try #require(mirror.ids.first)
        let others = temporary(mirror, id, run: RunID(bits: 0xa11e))
        let foreign = (mirror.targetPath(id) as NSString).deletingLastPathComponent + "/notes.txt"
        try Data([1]).write(to: URL(fileURLWithPath: others))
        try Data([2]).write(to: URL(fileURLWithPath: foreign))
        let summary = try await copier.run()
        #expect(summary.result == .ok)
        #expect(mirror.exists(others) && mirror.exists(foreign))
    }

    @Test("K6 K7 B2 B20 a file under its name is hashed and adopted, not copied again")
    func orphans() async throws {
        let (mirror, copier) = try await abandoned()
        for id in mirror.ids { try mirror.plant(mirror.blobs[id] ?? [], onTarget: id) }
        mirror.plan.add(FaultRule(.fail(EIO), [.open], side: .source, times: nil) { $0.bytes.count > 60 })
        try await expectWhole(mirror, try await copier.run())
    }

    @Test("K6 A21 a name without its data goes to quarantine and is copied again")
    func emptyName() async throws {
        let (mirror, copier) = try await abandoned()
        let id = try #require(mirror.ids.first { (mirror.blobs[$0]?.count ?? 0) > 0 })
        try mirror.plant([], onTarget: id)
        try await expectWhole(mirror, try await copier.run())
        #expect(mirror.files(".holdfast/quarantine") == ["\(id).1.bad"])
    }

    @Test("K10 a placed blob whose proof was cut off is proved by verify")
    func placedOnly() async throws {
        let mirror = try MirrorFixture(blobs: 6)
        let copier = try await mirror.enrolled()
        _ = try await copier.run(RunOverrides(readBack: ReadBack.none))
        #expect(try await copier.verify().done.count == 6)
        #expect(try await mirror.tally()[.verified].count == 6)
    }

    @Test("A21 B19 after a run that died, placed blobs that are short or gone are copied again")
    func sizesAfterCrash() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        _ = try await copier.run(RunOverrides(readBack: ReadBack.none))
        let full = mirror.ids.filter { (mirror.blobs[$0]?.count ?? 0) > 1 }
        try mirror.remove(mirror.targetPath(full[0]))
        try mirror.plant(Array((mirror.blobs[full[1]] ?? []).dropLast()), onTarget: full[1])
        let died = RunSummary(run: Self.dead, kind: .run, startedAt: WallTime(milliseconds: .max / 2000))
        try await mirror.index.begin(died, volume: mirror.volume)
        let summary = try await copier.run()
        #expect(summary.done.count == 2)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.files(".holdfast/quarantine").count == 1)
        #expect(try await mirror.tally().safe.count == 10)
    }

    @Test("I2 an index that was lost is built again from the volume, by hash and without reading the source")
    func lostIndex() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        _ = try await mirror.enrolled().run()
        let fresh = try MirrorFixture(blobs: 10, target: mirror.target)
        let copier = try await fresh.enrolled()
        #expect(fresh.log.count("VOLUME_ENROLLED") == 1)
        fresh.plan.add(FaultRule(.fail(EIO), [.read], side: .source, times: nil))
        let summary = try await copier.run()
        #expect(summary.result == .ok && summary.done.count == 10)
        #expect(try await fresh.wrongs() == [])
        #expect(fresh.files(".holdfast/quarantine") == [])
    }

    @Test("I6 a stop at any moment loses nothing and needs nobody", arguments: [0.0, 0.01, 0.03, 0.06, 0.1])
    func stopAnywhere(seconds: Double) async throws {
        let mirror = try MirrorFixture(blobs: 60)
        let copier = try await mirror.enrolled()
        async let running = copier.run()
        try await Task.sleep(for: .seconds(seconds))
        copier.stop()
        let summary = try await running
        #expect([.interrupted, .ok].contains(summary.result))
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
        #expect(await eventually { mirror.plan.openPaths == [] })
        #expect(try await mirror.tally()[.copying].count == 0)
        #expect(try await copier.run().result == .ok)
        #expect(try await mirror.tally().safe.count == 60)
    }
}
