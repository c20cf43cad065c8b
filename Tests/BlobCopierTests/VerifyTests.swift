import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BlobCopier

@Suite(.timeLimit(.minutes(5))) struct VerifyTests {
    private func copied(_ count: Int = 10) async throws -> (MirrorFixture, Copier) {
        let mirror = try MirrorFixture(blobs: count, sizes: [900, 17, 5000])
        let copier = try await mirror.enrolled()
        _ = try await copier.run()
        return (mirror, copier)
    }

    @Test(
        "L10 damage is quarantined with its bytes kept, and the next run copies the blob again",
        arguments: [
            "flip", "short", "zeroed", "longer",
        ])
    func damage(kind: String) async throws {
        let (mirror, copier) = try await copied()
        let id = try #require(mirror.ids.first)
        var bytes = try #require(mirror.blobs[id])
        switch kind {
        case "flip": bytes[bytes.count / 2] ^= 1
        case "short": bytes.removeLast()
        case "zeroed": bytes = Array(repeating: 0, count: bytes.count)
        default: bytes.append(0)
        }
        try mirror.plant(bytes, onTarget: id)
        let proof = try await copier.verify()
        #expect(proof.result == .okWithWarnings && proof.done.count == 9)
        #expect(try await mirror.state(id) == .lost)
        let kept = FileManager.default.contents(atPath: mirror.target + "/.holdfast/quarantine/\(id).1.bad")
        #expect(kept == Data(bytes))
        #expect(try await copier.run().result == .ok)
        #expect(try await mirror.wrongs() == [])
        #expect(try await copier.verify().result == .ok)
    }

    @Test("L10 damage that the source cannot mend stays corrupt")
    func damageWithoutSource() async throws {
        let (mirror, copier) = try await copied(30)
        let id = try #require(mirror.ids.first)
        try mirror.plant([1], onTarget: id)
        try mirror.remove(mirror.sourcePath(id))
        #expect(try await copier.verify().result == .okWithWarnings)
        #expect(try await mirror.state(id) == .corrupt)
    }

    @Test("L11 an input error is unreadable, not corrupt; nothing is renamed")
    func inputError() async throws {
        let (mirror, copier) = try await copied()
        let id = try #require(mirror.ids.first)
        mirror.plan.add(
            FaultRule(.fail(EIO), [.read], side: .destination, times: nil) { $0.bytes.hasSuffix(id.hex) })
        #expect(try await copier.verify().result == .okWithWarnings)
        #expect(try await mirror.state(id) == .unreadable)
        #expect(mirror.exists(mirror.targetPath(id)) && mirror.files(".holdfast/quarantine") == [])
    }

    @Test("L12 wrong once and right then is an unstable read, not damage")
    func unstableRead() async throws {
        let (mirror, copier) = try await copied()
        let id = try #require(mirror.ids.first)
        mirror.plan.add(
            FaultRule(.flip, [.read], side: .destination, times: 1) { $0.bytes.hasSuffix(id.hex) })
        #expect(try await copier.verify().result == .ok)
        #expect(mirror.log.count("UNSTABLE_READ") == 1)
        #expect(try await mirror.state(id) == .verified && mirror.files(".holdfast/quarantine") == [])
    }

    @Test("B19 a copy that is gone is lost and copied again by the next run")
    func goneCopy() async throws {
        let (mirror, copier) = try await copied()
        let id = try #require(mirror.ids.first)
        try mirror.remove(mirror.targetPath(id))
        #expect(try await copier.verify().result == .okWithWarnings)
        #expect(try await mirror.state(id) == .lost)
        #expect(try await copier.run().result == .ok)
        #expect(try await mirror.wrongs() == [])
    }

    @Test("L13 slices go on where the last one ended, oldest proof first")
    func slices() async throws {
        let (mirror, copier) = try await copied()
        let first = try await copier.verify(limit: 4)
        #expect(first.done.count == 4 && first.result == .ok)
        try await Task.sleep(for: .milliseconds(5))
        let oldest = try await mirror.index.unproved(
            volume: mirror.volume, before: WallTime(milliseconds: .max), limit: 6)
        mirror.plan.clear()
        let second = try await copier.verify(limit: 6)
        #expect(second.done.count == 6)
        let after = try await mirror.index.unproved(
            volume: mirror.volume, before: WallTime(milliseconds: .max), limit: 4)
        #expect(Set(after.map(\.id)).isDisjoint(with: oldest.map(\.id)))
    }

    @Test("a scheduled verify reads all once, then what is due; one by hand reads all")
    func due() async throws {
        let (mirror, copier) = try await copied()
        #expect(try await copier.verify(onlyDue: true).done.count == mirror.ids.count)
        // A share of nothing rounds up to one blob.
        #expect(try await copier.verify(onlyDue: true).done.count == 1)
        #expect(try await copier.verify().done.count == mirror.ids.count)
    }

    @Test("L18 what is whole raises no alarm")
    func noFalseAlarms() async throws {
        let (mirror, copier) = try await copied(40)
        mirror.log.clear()
        let proof = try await copier.verify()
        #expect(proof.result == .ok && proof.done.count == 40)
        #expect(mirror.log.all.allSatisfy { $0.severity <= .info })
    }
}
