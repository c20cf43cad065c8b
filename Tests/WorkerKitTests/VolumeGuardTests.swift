import BackupModel
import Foundation
import Testing
import WorkerKit

@Suite("Volume guard on real file systems")
struct VolumeGuardTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    @Test("A plain folder is enrolled, taken, written, given up and taken again")
    func lifecycle() throws {
        let target = try EnrolledVolume(scratch.path)
        #expect(target.indexed.identity.root == .folder)
        #expect(scratch.names(".holdfast") == ["lock", "reserve", "volume.json"])
        let volume = try target.take()
        try volume.check()
        try volume.renew()
        #expect(volume.marker.lease?.sequence == 2)
        try volume.stamp(VolumeGeneration(number: 2, nonce: "00000000000000cc"))
        try volume.renew()
        volume.release()
        // The index confirmed generation 1 only.
        #expect(target.refusal() == "VOLUME_CLONE_OR_ROLLBACK")
        var informed = target
        informed.indexed.intended = VolumeGeneration(number: 2, nonce: "00000000000000cc")
        #expect(informed.refusal() == nil)
        #expect(try informed.take().marker.lease?.command == "holdfast mirror run cold")
        #expect(scratch.names(".holdfast") == ["lock", "reserve", "volume.json"])
    }

    @Test("An enrolled volume is not enrolled again, but adopted when asked to")
    func adoption() throws {
        let target = try EnrolledVolume(scratch.path)
        do throws(Failure) {
            _ = try VolumeEnrolment(
                path: target.path, files: LinuxFiles(side: .destination), EnrolledVolume.request, as: target.worker,
                time: .live)
            Issue.record("enrolled twice")
        } catch { #expect(error.code == "VOLUME_ENROLLED") }
        let adopted = try VolumeEnrolment(
            path: target.path, files: LinuxFiles(side: .destination),
            VolumeEnrolment.Request(fanOut: .small, hash: .blake3, adoptsEnrolled: true, reserveBytes: 2 << 20),
            as: target.worker,
            time: .live)
        try adopted.finish()
        #expect(adopted.indexed.identity == target.indexed.identity)
        #expect(adopted.indexed.confirmed.number == 2)
        #expect(target.refusal() == "VOLUME_CLONE_OR_ROLLBACK")
    }

    @Test("B21 B22 a second instance and a second host are refused and told who holds the volume")
    func secondInstance() throws {
        let target = try EnrolledVolume(scratch.path)
        let first = try target.take()
        do throws(Failure) {
            _ = try target.take()
            Issue.record("taken twice")
        } catch {
            #expect(error.code == "BUSY" && error.message.contains("pid 42"))
            #expect(error.message.contains("command holdfast mirror run cold"))
        }
        // A dead run of this host leaves its lease, and that is no obstacle.
        first.close()
        #expect(try target.take().marker.lease?.host == "host-a")
        try target.take().close()
        var elsewhere = target.worker
        elsewhere.host = "host-b"
        elsewhere.instance = "fedcba9876543210"
        do throws(Failure) {
            _ = try target.take(as: elsewhere)
            Issue.record("taken from another host")
        } catch {
            #expect(error.code == "BUSY" && error.message.contains("alpha, pid 42"))
        }
        var watch = LeaseWatch()
        for wait in [0.0, 100, 100] {
            target.clock.advance(seconds: wait)
            let taken = try? VolumeGuard(
                path: target.path, files: LinuxFiles(side: .destination), expecting: target.indexed, as: elsewhere,
                watch: &watch, time: target.clock.time)
            #expect((taken != nil) == (target.clock.time.monotonic() >= 180_000_000_000))
        }
    }

    @Test("An enrolment that fails at any call leaves no marker, no probe and no open descriptor")
    func enrolmentSweep() throws {
        let calls = FaultPlan()
        _ = try EnrolledVolume(scratch.path, files: FaultyFiles(LinuxFiles(side: .destination), calls))
        #expect(calls.calls > 40 && calls.openPaths.isEmpty)
        for number in 1...calls.calls {
            let folder = try Scratch()
            let plan = FaultPlan(failing: number, errno: ENOSPC)
            let enrolled = try? EnrolledVolume(
                folder.path, files: FaultyFiles(LinuxFiles(side: .destination), plan))
            #expect(plan.openPaths.isEmpty, "call \(number)")
            // One that failed with a marker in place failed at that marker's last fsync; else it is begun again.
            let names = folder.names(".holdfast")
            #expect(enrolled == nil || names.contains("volume.json"), "call \(number)")
            if enrolled == nil, !names.contains("volume.json") { _ = try EnrolledVolume(folder.path) }
            #expect(folder.names(".holdfast") == ["lock", "reserve", "volume.json"], "call \(number)")
        }
    }

    @Test("The marker is the old or the new one, whichever call fails", arguments: 1...9)
    func markerSweep(number: Int) throws {
        let target = try EnrolledVolume(scratch.path)
        let before = try #require(scratch.read(".holdfast/volume.json"))
        let plan = FaultPlan()
        let volume = try PinnedVolume(target.path, files: FaultyFiles(LinuxFiles(side: .destination), plan))
        var marker = VolumeMarker(
            identity: target.indexed.identity, generation: VolumeGeneration(number: 2, nonce: "00000000000000dd"),
            capabilities: target.indexed.capabilities)
        marker.lease = nil
        plan.add(FaultRule(.fail(EIO), from: number))
        let failed = (try? volume.write(marker)) == nil
        #expect(failed == (number != 9))
        let after = try #require(scratch.read(".holdfast/volume.json"))
        guard case .found(let found) = MarkerState(after) else {
            Issue.record("the marker is torn")
            return
        }
        #expect(found == marker || after == before)
        plan.clear()
        try volume.write(marker)
        #expect(try volume.marker() == .found(marker))
        #expect(plan.openPaths == [target.path])
        volume.close()
    }

    @Test("A7 the reserve is written once and given back", .enabled(if: ImageVolume.isPossible, "needs root"))
    func reserve() async throws {
        let image = try await ImageVolume(in: scratch)
        let target = try EnrolledVolume(image.mountPoint)
        let volume = try target.take()
        let files = volume.volume.files
        let full = try files.space(of: volume.root).free
        try volume.volume.releaseReserve()
        #expect(try files.space(of: volume.root).free >= full + (1 << 20))
        try volume.volume.releaseReserve()
        try volume.volume.makeReserve(bytes: 2 << 20)
        #expect(try files.space(of: volume.root).free <= full + 65536)
        volume.release()
    }
}

@Suite("Volumes that change under us", .enabled(if: ImageVolume.isPossible, "needs root"))
struct ChangingVolumeTests {
    let scratch: Scratch
    init() throws { scratch = try Scratch() }

    @Test("A11 a drive that is not mounted is refused before the first write")
    func notMounted() async throws {
        let image = try await ImageVolume(in: scratch)
        let target = try EnrolledVolume(image.mountPoint)
        #expect(target.indexed.identity.root == .mountRoot && target.indexed.identity.fileSystem == "ext4")
        #expect(target.indexed.identity.fileSystemID.contains(":"))
        #expect(target.refusal() == nil)
        try await image.unmount()
        #expect(target.refusal() == "VOLUME_NOT_MOUNTED")
        #expect(try FileManager.default.contentsOfDirectory(atPath: image.mountPoint).isEmpty)
        try await image.mount()
        #expect(target.refusal() == nil)
    }

    @Test(
        "A12 A28 a lazily unmounted volume is lost, and no byte lands on the file system below",
        arguments: [false, true])
    func lazilyUnmounted(covered: Bool) async throws {
        let image = try await ImageVolume(in: scratch)
        let target = try EnrolledVolume(image.mountPoint)
        let volume = try target.take()
        try volume.check()
        let other = covered ? try await ImageVolume(in: scratch) : nil
        if let other {
            try await run(["mount", "--bind", other.mountPoint, image.mountPoint])
        } else {
            try await image.unmount(["-l"])
        }
        for attempt in [volume.check, volume.renew] {
            do throws(Failure) {
                try attempt()
                Issue.record("still taken for the volume")
            } catch { #expect(error.code == "DESTINATION_LOST" && error.side == .destination) }
        }
        let files = volume.volume.files
        try files.close(files.open("stray", beneath: volume.root, .create(mode: 0o600)))
        #expect(!FileManager.default.fileExists(atPath: image.mountPoint + "/stray"))
        volume.close()
        if covered { try await image.unmount() }
    }

    @Test("A13 another enrolled drive at the same path is refused")
    func wrongDrive() async throws {
        let image = try await ImageVolume(in: scratch)
        let target = try EnrolledVolume(image.mountPoint)
        let other = try await ImageVolume(in: scratch)
        _ = try EnrolledVolume(other.mountPoint)
        try await image.unmount()
        try await run(["mount", "--move", other.mountPoint, image.mountPoint])
        #expect(target.refusal() == "VOLUME_WRONG")
    }

    @Test("A14 a clone of the drive is refused once the original was written")
    func clone() async throws {
        let image = try await ImageVolume(in: scratch)
        var target = try EnrolledVolume(image.mountPoint)
        let clone = try await ImageVolume(copyOf: image, in: scratch)
        let volume = try target.take()
        let next = VolumeGeneration(number: 2, nonce: "00000000000000ee")
        try volume.stamp(next)
        volume.release()
        target.indexed.confirmed = next
        #expect(target.refusal() == nil)
        try await image.unmount()
        try await clone.mount()
        #expect(target.refusal() == "VOLUME_CLONE_OR_ROLLBACK")
    }

    @Test("A14 the files of the volume on another file system are refused")
    func copiedFiles() async throws {
        let image = try await ImageVolume(in: scratch)
        let target = try EnrolledVolume(image.mountPoint)
        let other = try await ImageVolume(in: scratch)
        try await run(["cp", "-a", image.mountPoint + "/.holdfast", other.mountPoint + "/"])
        try await image.unmount()
        try await run(["mount", "--move", other.mountPoint, image.mountPoint])
        #expect(target.refusal() == "VOLUME_CLONED")
    }

    @Test("A15 a volume that turns read-only by an error of its own is told, and refused afterwards")
    func readOnly() async throws {
        let image = try await ImageVolume(in: scratch, options: ["errors=remount-ro"])
        let target = try EnrolledVolume(image.mountPoint)
        let volume = try target.take()
        let device = try #require(volume.volume.mount()).source.description.split(separator: "/").last ?? ""
        try "test".write(
            toFile: "/sys/fs/ext4/\(device)/trigger_fs_error", atomically: false, encoding: .utf8)
        do throws(Failure) {
            try volume.renew()
            Issue.record("not noticed")
        } catch { #expect(error.code == "DESTINATION_READONLY" && error.side == .destination) }
        #expect(target.refusal() != nil)
        volume.close()
        #expect(target.refusal() == "DESTINATION_READONLY")
        try await image.unmount()
        try await image.mount()
        #expect(target.refusal() == nil)
        try await run(["mount", "-o", "remount,ro", image.mountPoint])
        #expect(target.refusal() == "DESTINATION_READONLY")
    }

    @Test("A9 the probe finds out what a file system can do and leaves nothing", arguments: ImageVolume.kinds)
    func probe(kind: String) async throws {
        let options = kind == "btrfs" ? ["compress=zstd:3"] : []
        let image = try await ImageVolume(kind, in: scratch, options: options)
        let found = try EnrolledVolume(image.mountPoint).indexed.capabilities
        #expect(found.maxNameBytes == 255 && found.isCaseSensitive && found.hardLinks)
        #expect(found.renamesWithoutReplacing && found.unnamedTemporaries && found.directReads && found.fsyncWorks)
        #expect(found.extendedAttributes)
        #expect(found.compression == (kind == "btrfs" ? "zstd:3" : nil))
        #expect(found.deduplication == (kind == "ext4" ? nil : "offline"))
        if kind == "ext4" { #expect(try #require(found.maxFileSize) >= 1 << 32) }
        let left = try FileManager.default.contentsOfDirectory(atPath: image.mountPoint + "/.holdfast")
        #expect(left.sorted() == ["lock", "reserve", "volume.json"])
    }
}
