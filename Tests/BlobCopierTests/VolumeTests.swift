import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BlobCopier

@Suite(.timeLimit(.minutes(5))) struct VolumeTests {
    @Test func enrolmentIsIdempotent() async throws {
        let mirror = try MirrorFixture(blobs: 2)
        let copier = mirror.copier()
        let first = try await copier.enrol(fanOut: MirrorFixture.fanOut, reserveBytes: 4096)
        #expect(!first.wasKnown && !first.adopted && first.folders == 256)
        _ = try await copier.run()
        let again = try await copier.enrol(fanOut: MirrorFixture.fanOut, reserveBytes: 4096)
        #expect(again.wasKnown && again.identity == first.identity)
        #expect(try await copier.run().result == .ok)
        #expect(await eventually { mirror.plan.openPaths == [] })
    }

    @Test("A13 another mirror's volume at the right path is refused, both named")
    func wrongVolume() async throws {
        let mirror = try MirrorFixture(blobs: 3)
        let copier = try await mirror.enrolled()
        let other = try MirrorFixture(blobs: 3)
        _ = try await other.enrolled()
        try mirror.remove(mirror.target)
        try FileManager.default.moveItem(atPath: other.target, toPath: mirror.target)
        let before = mirror.files("")
        let failure = await #expect(throws: Failure.self) { try await copier.run() }
        #expect(failure?.code == "VOLUME_WRONG" && failure?.side == .destination)
        #expect(mirror.files("") == before)
    }

    @Test("A14 a volume rolled back to an older state is refused until it is enrolled anew")
    func rolledBack() async throws {
        let mirror = try MirrorFixture(blobs: 6)
        let copier = try await mirror.enrolled()
        let copy = mirror.folder + "/clone"
        try FileManager.default.copyItem(atPath: mirror.target, toPath: copy)
        #expect(try await copier.run().result == .ok)
        try mirror.remove(mirror.target)
        try FileManager.default.moveItem(atPath: copy, toPath: mirror.target)
        let failure = await #expect(throws: Failure.self) { try await copier.run() }
        #expect(failure?.code == "VOLUME_CLONE_OR_ROLLBACK")
        #expect(mirror.files("by-hash") == [])
        let report = try await copier.enrol(fanOut: MirrorFixture.fanOut, reserveBytes: 4096)
        #expect(report.adopted && report.warnings.contains { $0.contains("verify") })
        #expect(try await copier.verify().result == .okWithWarnings)
        #expect(try await copier.run().result == .ok)
        #expect(try await mirror.wrongs() == [])
        #expect(try await mirror.tally().safe.count == 6)
    }

    @Test("A29 a target inside the source is refused")
    func insideSource() async throws {
        let mirror = try MirrorFixture(blobs: 1)
        let copier = mirror.copier { $0.target = $0.source + "/backup" }
        try FileManager.default.createDirectory(
            atPath: mirror.source + "/backup", withIntermediateDirectories: true)
        let failure = await #expect(throws: Failure.self) { try await copier.enrol(fanOut: MirrorFixture.fanOut) }
        #expect(failure?.code == "TARGET_INSIDE_SOURCE")
        #expect(try FileManager.default.contentsOfDirectory(atPath: mirror.source + "/backup") == [])
    }

    @Test("B21 a second instance on one volume is refused, naming the holder")
    func secondInstance() async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let first = try await mirror.enrolled()
        let second = mirror.copier()
        mirror.plan.add(FaultRule(.hang, [.write], side: .destination, path: TargetFaultTests.temporary))
        async let running = first.run()
        #expect(await eventually { mirror.plan.hangingCalls == 1 })
        let failure = await #expect(throws: Failure.self) { try await second.run() }
        #expect(failure?.code == "BUSY" && failure?.message.contains("pid \(getpid())") == true)
        let same = await #expect(throws: Failure.self) { try await first.verify() }
        #expect(same?.code == "BUSY")
        mirror.plan.release()
        #expect(try await running.result == .ok)
        #expect(try await second.run().result == .ok)
    }

    @Test("B23 a lock file that is left over, empty or with another's pid, is no lock")
    func staleLockFile() async throws {
        let mirror = try MirrorFixture(blobs: 3)
        let copier = try await mirror.enrolled()
        try Data("pid 1\n".utf8).write(to: URL(fileURLWithPath: mirror.target + "/.holdfast/lock"))
        #expect(try await copier.run().result == .ok)
    }

    @Test("B24 a lock file deleted while it is held stops the run before the next commit")
    func deletedLock() async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let copier = try await mirror.enrolled()
        mirror.plan.add(FaultRule(.hang, [.write], side: .destination, path: TargetFaultTests.temporary))
        async let running = copier.run()
        #expect(await eventually { mirror.plan.hangingCalls == 1 })
        try mirror.remove(mirror.target + "/.holdfast/lock")
        mirror.plan.release()
        let summary = try await running
        #expect(summary.result == .failed && summary.failure?.code == "LOCK_LOST")
        #expect(try await mirror.wrongs() == [])
        #expect(try await copier.run().result == .ok)
        #expect(mirror.temporaries == [])
    }

    @Test("A12 a volume moved away during the run is lost, not written to elsewhere")
    func movedAway() async throws {
        let mirror = try MirrorFixture(blobs: 40)
        let copier = try await mirror.enrolled()
        mirror.plan.add(FaultRule(.hang, [.write], side: .destination, from: 20, path: TargetFaultTests.temporary))
        async let running = copier.run()
        #expect(await eventually { mirror.plan.hangingCalls == 1 })
        let aside = mirror.folder + "/aside"
        try FileManager.default.moveItem(atPath: mirror.target, toPath: aside)
        try FileManager.default.createDirectory(atPath: mirror.target, withIntermediateDirectories: true)
        mirror.plan.release()
        #expect(await eventually { mirror.log.count("DESTINATION_LOST") == 1 })
        #expect(mirror.files("") == [])
        try mirror.remove(mirror.target)
        try FileManager.default.moveItem(atPath: aside, toPath: mirror.target)
        #expect(try await running.result == .ok)
        #expect(mirror.log.count("DESTINATION_LOST") == 1)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
    }

    @Test("A30 times of files never decide: a copy with another time is a copy")
    func timesDoNotMatter() async throws {
        let mirror = try MirrorFixture(blobs: 4)
        let copier = try await mirror.enrolled()
        _ = try await copier.run()
        for id in mirror.ids {
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 7)], ofItemAtPath: mirror.targetPath(id))
        }
        let again = try await copier.run()
        #expect(again.done.count == 0 && again.result == .ok)
        #expect(try await copier.verify().result == .ok)
    }

    @Test("A25 one writer per blob: two claims never give the same one")
    func oneWriter() async throws {
        let mirror = try MirrorFixture(blobs: 40)
        _ = try await mirror.enrolled().scan()
        let volume = try await mirror.volume
        var seen: [BlobID] = []
        for number in 0..<8 {
            let page = try await mirror.index.claim(
                run: RunID(bits: UInt64(number)), volume: volume, after: nil, limit: 7, bytes: .max)
            seen += page.map(\.id)
        }
        #expect(seen.count == 40 && Set(seen).count == 40)
    }

    @Test("steering: pause holds, resume goes on, workers and batch change while it runs")
    func steering() async throws {
        let mirror = try MirrorFixture(blobs: 80, sizes: [20_000])
        let copier = try await mirror.enrolled()
        mirror.plan.add(FaultRule(.delay(seconds: 0.01), [.write], side: .destination, times: nil))
        async let running = copier.run()
        #expect(await eventually { copier.gauges.read().bytesCopied > 0 })
        copier.pause()
        #expect(await eventually { copier.gauges.phase == .paused })
        #expect(await eventually { copier.gauges.read().workers.allSatisfy { $0.blob == nil || $0.done > 0 } })
        let held = copier.gauges.read().bytesCopied
        try await Task.sleep(for: .milliseconds(150))
        #expect(copier.gauges.read().bytesCopied <= held + 3 * 20_000)
        copier.limit(CopyLimits(workers: 6, batch: 4, rate: nil, readBack: .direct))
        copier.resume()
        #expect(await eventually { copier.gauges.read().workers.count == 6 })
        let summary = try await running
        #expect(summary.result == .ok && summary.done.count == 80)
        #expect(copier.gauges.read().workers.count == 0)
    }

    @Test func aRateLimitIsKept() async throws {
        let mirror = try MirrorFixture(blobs: 10, sizes: [100_000])
        let copier = try await mirror.enrolled { $0.rateLimit = 1_000_000 }
        let time = try await ContinuousClock().measure { _ = try await copier.run() }
        #expect(time > .milliseconds(650))
    }
}
