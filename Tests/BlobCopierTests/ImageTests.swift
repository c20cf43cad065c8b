import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BlobCopier

/// A real file system in a file.
final class Image: Sendable {
    let folder: String
    let image: String
    let mountPoint: String

    static var isPossible: Bool {
        geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/sbin/mkfs.ext4")
            && FileManager.default.fileExists(atPath: "/dev/loop-control")
    }

    init(megabytes: Int) async throws {
        folder = FileManager.default.temporaryDirectory.path + "/copier-image-" + UUID().uuidString.lowercased()
        image = folder + "/image"
        mountPoint = folder + "/mnt"
        try FileManager.default.createDirectory(atPath: mountPoint, withIntermediateDirectories: true)
        try await Image.call(["truncate", "-s", "\(megabytes)M", image])
        try await Image.call(["mkfs.ext4", "-F", "-q", image])
        try await mount()
    }

    deinit {
        for _ in 0..<3 { _ = try? ChildCommand(["umount", "-l", mountPoint]).runHere() }
        try? FileManager.default.removeItem(atPath: folder)
    }

    func mount() async throws {
        try await Image.call(["mount", "-o", "loop,errors=remount-ro", image, mountPoint])
    }

    /// Makes the kernel find damage, as a dying drive does: the file system turns read-only.
    func breakFileSystem() throws {
        let mounts = try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8).split(separator: "\n")
        let line = try #require(mounts.first { $0.contains(" \(mountPoint) ") })
        let device = try #require(line.split(separator: " ").first?.split(separator: "/").last)
        try "1".write(toFile: "/sys/fs/ext4/\(device)/trigger_fs_error", atomically: false, encoding: .utf8)
    }

    static func call(_ arguments: [String]) async throws {
        let result = try await ChildCommand(arguments).run()
        guard result.isSuccess else {
            throw Failure(code: "TEST", side: .engine, message: "\(arguments): \(printable(result.errors.bytes))")
        }
    }
}

@Suite(.serialized, .timeLimit(.minutes(2)), .enabled(if: Image.isPossible)) struct ImageTests {
    @Test("A6 A7 a disk that is really full: stops with what is missing, copies stay, no temporary is left")
    func reallyFull() async throws {
        let image = try await Image(megabytes: 24)
        let mirror = try MirrorFixture(blobs: 60, target: image.mountPoint, sizes: [900_000])
        let copier = try await mirror.enrolled()
        // Past our own look at the free space, so that the kernel says it.
        let summary = try await copier.run()
        #expect(summary.result == .failed && summary.failure?.code == "DESTINATION_FULL")
        #expect(summary.done.count > 3 && summary.done.count < 30)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
        #expect(mirror.exists(image.mountPoint + "/.holdfast/reserve"))
    }

    @Test("A10 A12 unmounted while it runs: one event, nothing written beneath the mount point, goes on when mounted")
    func unmounted() async throws {
        let image = try await Image(megabytes: 64)
        let mirror = try MirrorFixture(blobs: 60, target: image.mountPoint, sizes: [40_000])
        let copier = try await mirror.enrolled()
        mirror.plan.add(FaultRule(.hang, [.write], side: .destination, from: 30, path: TargetFaultTests.temporary))
        async let running = copier.run()
        #expect(await eventually { mirror.plan.hangingCalls == 1 })
        try await Image.call(["umount", "-l", image.mountPoint])
        mirror.plan.release()
        #expect(await eventually { mirror.log.count("DESTINATION_LOST") == 1 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: image.mountPoint) == [])
        #expect(await eventually { if case .waiting = copier.gauges.phase { true } else { false } })
        try await image.mount()
        #expect(try await running.result == .ok)
        #expect(mirror.log.count("DESTINATION_LOST") == 1)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
    }

    @Test("A11 a drive enrolled as a mount and not mounted is refused before the first write")
    func notMounted() async throws {
        let image = try await Image(megabytes: 32)
        let mirror = try MirrorFixture(blobs: 4, target: image.mountPoint)
        let copier = try await mirror.enrolled()
        try await Image.call(["umount", image.mountPoint])
        let failure = await #expect(throws: Failure.self) { try await copier.run() }
        #expect(failure?.code == "VOLUME_NOT_MOUNTED" && failure?.side == .destination)
        #expect(try FileManager.default.contentsOfDirectory(atPath: image.mountPoint) == [])
        try await image.mount()
        #expect(try await copier.run().result == .ok)
    }

    @Test("A15 turned read-only by the kernel while it runs: fails at once, says where to look")
    func turnedReadOnly() async throws {
        let image = try await Image(megabytes: 64)
        let mirror = try MirrorFixture(blobs: 60, target: image.mountPoint, sizes: [40_000])
        let copier = try await mirror.enrolled()
        mirror.plan.add(
            FaultRule(.hang, [.open], side: .destination, from: 30, times: nil, path: TargetFaultTests.temporary))
        let running = Task { try await copier.run() }
        #expect(await eventually { mirror.plan.hangingCalls >= 3 })
        try image.breakFileSystem()
        mirror.plan.clear()
        let summary = try await running.value
        #expect(summary.result == .failed && summary.failure?.code == "DESTINATION_READONLY")
        #expect(summary.failure?.hint.contains("dmesg") == true)
        try await Image.call(["umount", image.mountPoint])
        _ = try await ChildCommand(["e2fsck", "-fy", image.image]).run()
        try await image.mount()
        #expect(try await copier.run().result == .ok)
        #expect(try await mirror.wrongs() == [])
        #expect(mirror.temporaries == [])
    }
}
