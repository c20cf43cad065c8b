import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BlobCopier

@Suite(.timeLimit(.minutes(5))) struct RunTests {
    @Test func everyBlobIsCopiedAndProved() async throws {
        let mirror = try MirrorFixture(blobs: 40)
        let copier = try await mirror.enrolled()
        let summary = try await copier.run()
        #expect(summary.result == .ok)
        #expect(summary.done.count == mirror.blobs.count)
        #expect(try await mirror.wrongs() == [])
        #expect(try await mirror.tally()[.verified].count == mirror.blobs.count)
        #expect(mirror.temporaries == [])
        #expect(await eventually { mirror.plan.openPaths == [] })
        #expect(copier.gauges.phase == .finished(.ok))
    }

    @Test func aSecondRunHasNothingToDoAndIsOk() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        _ = try await copier.run()
        let again = try await copier.run()
        #expect(again.result == .ok && again.done.count == 0 && again.before.count == 10)
    }

    @Test func aRunFindsNewBlobsByItself() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        _ = try await copier.run()
        let bytes = Array("new".utf8)
        let id = try MirrorFixture.id(of: bytes)
        try mirror.plant(bytes, as: id)
        let again = try await copier.run()
        #expect(again.result == .ok && again.done.count == 1)
        #expect(FileManager.default.contents(atPath: mirror.targetPath(id)) == Data(bytes))
    }

    @Test(arguments: [ReadBack.none, .later])
    func withoutReadBackCopiesArePlaced(policy: ReadBack) async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        let summary = try await copier.run(RunOverrides(readBack: policy))
        #expect(summary.result == .ok)
        #expect(try await mirror.tally()[.placed].count == 10)
        let proof = try await copier.verify()
        #expect(proof.result == .ok && proof.done.count == 10)
        #expect(try await mirror.tally()[.verified].count == 10)
    }

    @Test func modificationTimesAreKeptAndModesAreFixed() async throws {
        let mirror = try MirrorFixture(blobs: 3)
        let id = try #require(mirror.ids.first)
        let then = Date(timeIntervalSince1970: 1_234_567_890)
        try FileManager.default.setAttributes([.modificationDate: then], ofItemAtPath: mirror.sourcePath(id))
        _ = try await mirror.enrolled().run()
        let found = try FileManager.default.attributesOfItem(atPath: mirror.targetPath(id))
        #expect(found[.modificationDate] as? Date == then)
        #expect(found[.posixPermissions] as? Int == 0o644)
    }

    @Test func aLimitEndsTheRunEarlyAndOk() async throws {
        let mirror = try MirrorFixture(blobs: 30)
        let copier = try await mirror.enrolled()
        let summary = try await copier.run(RunOverrides(limit: 7))
        #expect(summary.result == .ok && summary.done.count == 7 && summary.remaining.count == 23)
        #expect(try await copier.run().done.count == 23)
    }

    @Test func aLargeBlobStreams() async throws {
        let mirror = try MirrorFixture(blobs: 2, sizes: [9 << 20, 3 << 20])
        let summary = try await mirror.enrolled().run()
        #expect(summary.result == .ok && summary.done.bytes == 12 << 20)
        #expect(try await mirror.wrongs() == [])
    }

    @Test func theEmptyBlobMayBearItsSHA256Name() async throws {
        let mirror = try MirrorFixture(blobs: 1)
        try mirror.plant([], as: .emptySHA256)
        let summary = try await mirror.enrolled().run()
        #expect(summary.result == .ok)
        #expect(try await mirror.state(.emptySHA256) == .verified)
    }

    @Test func aDryRunWritesNothing() async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let copier = try await mirror.enrolled()
        let before = mirror.files("")
        let report = try await copier.dryRun()
        #expect(report.wanted.count == 20 && report.new.count == 20 && report.seconds == nil)
        #expect(try await mirror.tally().total.count == 0)
        #expect(mirror.files("") == before)
        _ = try await copier.run()
        let after = try await copier.dryRun()
        #expect(after.wanted.count == 0 && after.safe.count == 20 && after.seconds == 0)
    }

    @Test func statusTellsPresenceAndRuns() async throws {
        let mirror = try MirrorFixture(blobs: 5)
        let copier = try await mirror.enrolled()
        _ = try await copier.run()
        let status = try await copier.status()
        #expect(status.isPresent && status.refusal == nil && status.tally.safe.count == 5)
        #expect(status.runs.first?.result == .ok && status.map.count == 256)
    }

    @Test func aRunWithoutAVolumeSaysHowToEnrol() async throws {
        let mirror = try MirrorFixture(blobs: 1)
        let failure = await #expect(throws: Failure.self) { try await mirror.copier().run() }
        #expect(failure?.code == "VOLUME_NOT_ENROLLED")
    }
}

extension RunTests {
    @Test("B28 a cancelled task is a stop: nothing is lost", arguments: [0, 20])
    func cancelled(milliseconds: Int) async throws {
        let mirror = try MirrorFixture(blobs: 60)
        let copier = try await mirror.enrolled()
        let running = Task { try await copier.run() }
        try await Task.sleep(for: .milliseconds(milliseconds))
        running.cancel()
        let summary = try await running.value
        #expect(summary.result == .interrupted || summary.done.count == 60)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
        #expect(try await copier.run().result == .ok)
    }

    @Test("only changed folders are listed between full walks, and a full walk comes when it is due")
    func changedFoldersOnly() async throws {
        let mirror = try MirrorFixture(blobs: 40)
        let copier = try await mirror.enrolled()
        // Folders that changed just now may change again within the same tick of their clock.
        for path in try FileManager.default.subpathsOfDirectory(atPath: mirror.source) {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -60)], ofItemAtPath: mirror.source + "/" + path)
        }
        #expect(try await copier.scan().isFull)
        let again = try await copier.scan()
        #expect(!again.isFull && again.blobs == 40 && again.added.count == 0)
        let due = mirror.copier { $0.fullWalkDays = 0 }
        #expect(try await due.scan().isFull)
    }
}
