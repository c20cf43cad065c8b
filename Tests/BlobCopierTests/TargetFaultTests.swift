import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BlobCopier

@Suite(.timeLimit(.minutes(5))) struct TargetFaultTests {
    static func temporary(_ path: PathBytes) -> Bool {
        path.bytes.count > 60 && path.bytes.starts(with: Array(".tmp-".utf8))
    }

    @Test("A6 a full volume stops the run at the first error, own temporaries removed, booked on the destination")
    func full() async throws {
        let mirror = try MirrorFixture(blobs: 30)
        let copier = try await mirror.enrolled()
        mirror.plan.add(
            FaultRule(.fail(ENOSPC), [.write], side: .destination, from: 10, times: nil, path: Self.temporary))
        let summary = try await copier.run()
        #expect(summary.result == .failed && summary.failure?.code == "DESTINATION_FULL")
        #expect(summary.failure?.side == .destination && summary.failure?.message.contains("needs") == true)
        #expect(mirror.temporaries == [] && mirror.log.count("DESTINATION_FULL") == 1)
        #expect(try await mirror.wrongs() == [])
        #expect(try await mirror.tally().failed.count == 0)
        mirror.plan.clear()
        #expect(try await copier.run().result == .ok)
    }

    @Test("A6 keep_free is kept: the run stops before the volume is full")
    func keepsFree() async throws {
        let mirror = try MirrorFixture(blobs: 5)
        let summary = try await mirror.enrolled { $0.keepFree = .max / 4 }.run()
        #expect(summary.result == .failed && summary.failure?.code == "DESTINATION_FULL")
        #expect(mirror.log.count("SPACE_SHORT") == 1 && summary.done.count == 0)
        #expect(try await mirror.tally()[.pending].count == 5)
    }

    @Test("A6 a size budget is kept")
    func keepsBudget() async throws {
        let mirror = try MirrorFixture(blobs: 20, sizes: [1000])
        let summary = try await mirror.enrolled { $0.sizeBudget = 9000 }.run()
        #expect(summary.result == .failed && summary.failure?.code == "DESTINATION_OVER_BUDGET")
        #expect(summary.done.bytes <= 9000)
    }

    @Test(
        "A9 a name or size that the volume refuses fails that blob once, without retries",
        arguments: [
            EFBIG, ENAMETOOLONG, EILSEQ, EINVAL,
        ])
    func refused(errno: Int32) async throws {
        let mirror = try MirrorFixture(blobs: 9)
        let bad = try #require(mirror.ids.first { !(mirror.blobs[$0]?.isEmpty ?? true) })
        let copier = try await mirror.enrolled()
        mirror.plan.add(
            FaultRule(.fail(errno), [.write], side: .destination, times: nil) { $0.bytes.hasSuffix(bad.hex) })
        let summary = try await copier.run()
        #expect(summary.result == .okWithWarnings && summary.done.count == 8 && summary.retries == 0)
        #expect(try await mirror.state(bad) == .blocked)
        #expect(mirror.temporaries == [])
    }

    @Test(
        "A10 a lost volume is one event; the run goes on by itself when it is back",
        arguments: [
            EIO, ENODEV, ENXIO, ESTALE, ENOTCONN,
        ])
    func lost(errno: Int32) async throws {
        let mirror = try MirrorFixture(blobs: 40)
        let copier = try await mirror.enrolled()
        let plan = mirror.plan
        plan.add(FaultRule(.fail(errno), [], side: .destination, from: 200, times: nil))
        mirror.log.react { event in
            if event.code == "DESTINATION_LOST" {
                Task {
                    try? await Task.sleep(for: .milliseconds(100))
                    plan.clear()
                }
            }
        }
        let summary = try await copier.run()
        #expect(summary.result == .ok)
        #expect(mirror.log.count("DESTINATION_LOST") == 1 && mirror.log.count("DESTINATION_RETURNED") == 1)
        #expect(mirror.log.count("BLOB_FAILED") == 0)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
        #expect(await eventually { mirror.plan.openPaths == [] })
    }

    @Test("A10 while the volume is away the run waits, and a stop ends it as interrupted")
    func lostAndStopped() async throws {
        let mirror = try MirrorFixture(blobs: 40)
        let copier = try await mirror.enrolled()
        mirror.plan.add(FaultRule(.fail(ENODEV), [], side: .destination, from: 150, times: nil))
        async let running = copier.run()
        #expect(await eventually { if case .waiting = copier.gauges.phase { true } else { false } })
        #expect(!copier.gauges.read().volume.isPresent)
        copier.stop()
        #expect(try await running.result == .interrupted)
        mirror.plan.clear()
        #expect(try await copier.run().result == .ok)
        #expect(mirror.temporaries == [])
    }

    @Test("A22 a temporary in a folder that no longer opens is not forgotten: the next run removes it")
    func lostFolder() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled { $0.batch = 100 }
        let id = try #require(mirror.ids.first)
        let folder = MirrorFixture.fanOut.path(of: MirrorFixture.fanOut.bucket(of: id))
        mirror.plan.add(
            FaultRule(.fail(EIO), [.open], side: .destination, from: 2, times: nil) { $0.description == folder })
        #expect(try await copier.run().result == .okWithWarnings)
        #expect(mirror.log.count("TEMPORARY_LEFT") > 0)
        #expect(mirror.temporaries.count == 1)
        mirror.plan.clear()
        #expect(try await copier.run().result == .ok)
        #expect(mirror.temporaries == [])
        #expect(try await mirror.wrongs() == [])
    }

    @Test("A15 a volume that turned read-only fails the run at once")
    func readOnly() async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let copier = try await mirror.enrolled()
        mirror.plan.add(
            FaultRule(.fail(EROFS), [.open], side: .destination, from: 4, times: nil, path: Self.temporary))
        let summary = try await copier.run()
        #expect(summary.result == .failed && summary.failure?.code == "DESTINATION_READONLY")
        #expect(mirror.log.count("DESTINATION_READONLY") == 1)
        #expect(try await mirror.wrongs() == [])
    }

    @Test("A16 a failed syncfs is never tried again: what it covered is copied anew", arguments: [1, 2, 3, 4])
    func failedBarrier(number: Int) async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let copier = try await mirror.enrolled()
        mirror.plan.add(FaultRule(.fail(EIO), [.syncFileSystem], side: .destination, from: number))
        let summary = try await copier.run()
        #expect(summary.result == .ok)
        #expect(mirror.log.count("BARRIER_FAILED") == 1)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
    }

    @Test("A16 a syncfs that always fails ends the run as failed, nothing marked", arguments: [8, 100])
    func stuckBarrier(batch: Int) async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let copier = try await mirror.enrolled { $0.batch = batch }
        mirror.plan.add(FaultRule(.fail(EIO), [.syncFileSystem], side: .destination, times: nil))
        let summary = try await copier.run()
        #expect(summary.result == .failed && summary.failure?.side == .destination)
        #expect(try await mirror.tally().safe.count == 0)
        #expect(mirror.temporaries == [])
    }

    @Test("A17 a failing close is a failing write", arguments: [EIO, EDQUOT, ENOSPC])
    func failingClose(errno: Int32) async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        mirror.plan.add(FaultRule(.fail(errno), [.close], side: .destination, from: 3, path: Self.temporary))
        let summary = try await copier.run()
        #expect(summary.result == (errno == EIO ? .ok : .failed))
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
        #expect(await eventually { mirror.plan.openPaths == [] })
    }

    @Test("A18 short writes and reads are finished")
    func shortCalls() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        mirror.plan.add(FaultRule(.short(700), [.read, .write], times: nil) { $0.bytes.count > 60 })
        let summary = try await mirror.enrolled().run(RunOverrides(readBack: ReadBack.none))
        #expect(summary.result == .ok)
        #expect(try await mirror.wrongs() == [])
    }

    @Test("A19 a name that is taken by equal bytes is adopted")
    func takenByEqual() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        for id in mirror.ids { try mirror.plant(mirror.blobs[id] ?? [], onTarget: id) }
        let summary = try await copier.run()
        #expect(summary.result == .ok && summary.done.count == 10)
        #expect(mirror.temporaries == [] && mirror.files(".holdfast/quarantine") == [])
    }

    @Test(
        "A19 a name that is taken by other bytes: they go to quarantine, nothing is overwritten",
        arguments: [
            true, false,
        ])
    func takenByOther(isFirstRun: Bool) async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        if !isFirstRun { _ = try await copier.run(RunOverrides(limit: 2)) }
        let id = try #require(mirror.ids.last)
        try mirror.plant(Array("somebody else".utf8), onTarget: id)
        let summary = try await copier.run()
        #expect(summary.result == .ok)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.files(".holdfast/quarantine") == ["\(id).1.bad"])
        #expect(mirror.log.count("TARGET_CORRUPT") == 1)
    }

    @Test("A20 a file of the right size and rotten content is no copy")
    func rightSizeWrongBytes() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        let id = try #require(mirror.ids.first { (mirror.blobs[$0]?.count ?? 0) > 0 })
        var bytes = try #require(mirror.blobs[id])
        bytes[0] = ~bytes[0]
        try mirror.plant(bytes, onTarget: id)
        #expect(try await copier.run().result == .ok)
        #expect(try await mirror.wrongs() == [])
    }

    @Test("A8 an index that cannot be written stops the run; no state advances")
    func indexFails() async throws {
        let mirror = try MirrorFixture(blobs: 30)
        _ = try await mirror.enrolled()
        let index = FailingIndex(mirror.index, failing: 2)
        let summary = try await mirror.copier(index: index).run()
        #expect(summary.result == .failed && summary.failure?.side == .catalog)
        #expect(mirror.log.all.contains { $0.failure?.side == .catalog })
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
        #expect(try await mirror.copier().run().result == .ok)
    }

    @Test("A23 bytes that come back wrong are kept apart and copied again")
    func lyingVolume() async throws {
        let mirror = try MirrorFixture(blobs: 10)
        let copier = try await mirror.enrolled()
        let id = try #require(mirror.ids.first { (mirror.blobs[$0]?.count ?? 0) > 0 })
        mirror.plan.add(
            FaultRule(.flip, [.read], side: .destination, times: 1) { $0.bytes.hasSuffix(id.hex) })
        let summary = try await copier.run()
        #expect(mirror.files(".holdfast/quarantine") == ["\(id).1.bad"])
        #expect(try await mirror.wrongs() == [])
        #expect(try await mirror.state(id) == .verified)
        #expect(summary.result == .okWithWarnings)
    }

    @Test("A23 without O_DIRECT the cache is dropped instead, said once", arguments: [EINVAL, EOPNOTSUPP])
    func noDirectReads(errno: Int32) async throws {
        let mirror = try MirrorFixture(blobs: 20)
        let copier = try await mirror.enrolled()
        mirror.plan.add(
            FaultRule(.fail(errno), [.open], side: .destination, from: 1, times: 1) {
                $0.bytes.count > 64 && !$0.bytes.contains(UInt8(ascii: "t"))
            })
        let summary = try await copier.run()
        #expect(summary.result == .ok && mirror.log.count("READBACK_BUFFERED") == 1)
        #expect(try await mirror.tally()[.verified].count == 20)
    }

    @Test("A24 a call that hangs is shown as stalled once, the others go on")
    func hangingCall() async throws {
        let mirror = try MirrorFixture(blobs: 20)
        var pace = MirrorFixture.pace
        pace.stall = 0.1
        pace.batch = 0.05
        let copier = try await mirror.enrolled(pace: pace)
        mirror.plan.add(FaultRule(.hang, [.write], side: .destination, path: Self.temporary))
        async let running = copier.run()
        #expect(await eventually { mirror.log.count("WORKER_STALLED") == 1 })
        #expect(try await eventually { try await mirror.tally().safe.count == 19 })
        #expect(copier.gauges.read().workers.contains { $0.activity == .copying && $0.blob != nil })
        // The call that hangs counts while it hangs.
        let early = copier.gauges.read().shares.targetWrite
        #expect(await eventually { copier.gauges.read().shares.targetWrite - early > 50_000_000 })
        #expect(mirror.log.all.first { $0.code == "WORKER_STALLED" }?.failure?.side == .destination)
        #expect(mirror.log.count("WORKER_RESUMED") == 0)
        mirror.plan.release()
        #expect(try await running.result == .ok)
        #expect(mirror.log.count("WORKER_STALLED") == 1 && mirror.log.count("WORKER_RESUMED") == 1)
    }

    @Test("B29 a stop ends a run whose worker hangs, and the next start settles it")
    func stopWithHangingCall() async throws {
        let mirror = try MirrorFixture(blobs: 20)
        var pace = MirrorFixture.pace
        pace.stop = 0.2
        let copier = try await mirror.enrolled(pace: pace)
        mirror.plan.add(FaultRule(.hang, [.write], side: .destination, path: Self.temporary))
        async let running = copier.run()
        #expect(await eventually { mirror.plan.hangingCalls == 1 })
        copier.stop()
        #expect(try await running.result == .interrupted)
        mirror.plan.release()
        #expect(await eventually { mirror.plan.openPaths == [] })
        #expect(try await copier.run().result == .ok)
        #expect(mirror.temporaries == [])
        #expect(try await mirror.wrongs() == [])
    }

    @Test(
        "transient errors are tried again with pauses, and the class is kept when they last",
        arguments: [
            EAGAIN, ENOMEM, EMFILE, ETIMEDOUT,
        ])
    func transient(errno: Int32) async throws {
        let mirror = try MirrorFixture(blobs: 9)
        let copier = try await mirror.enrolled()
        mirror.plan.add(FaultRule(.fail(errno), [.open], side: .destination, from: 2, times: 2, path: Self.temporary))
        let once = try await copier.run()
        #expect(once.result == .ok && once.retries == 2)
        let bytes = Array("more".utf8)
        let id = try MirrorFixture.id(of: bytes)
        try mirror.plant(bytes, as: id)
        mirror.plan.add(FaultRule(.fail(errno), [.open], side: .destination, times: nil, path: Self.temporary))
        let always = try await copier.run()
        #expect(always.result == .okWithWarnings && always.retries == 2)
        #expect(try await mirror.state(id) == .pending)
        mirror.plan.clear()
        #expect(try await copier.run().result == .ok)
    }
}
