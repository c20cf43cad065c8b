import BackupModel
import Foundation
import Testing
import WorkerKit

/// A real file system in a file, mounted by a loop device until the test ends.
final class ImageVolume: Sendable {
    let image: String
    let mountPoint: String

    /// Kinds whose programs this machine has.
    static let kinds = ["ext4", "xfs", "btrfs"].filter { kind in
        ["/usr/sbin", "/sbin"].contains { FileManager.default.isExecutableFile(atPath: "\($0)/mkfs.\(kind)") }
    }
    /// Why a test with it is left out: mounting needs root.
    static var isPossible: Bool { geteuid() == 0 && kinds.contains("ext4") }

    init(_ kind: String = "ext4", in scratch: Scratch, options: [String] = []) async throws {
        let name = UUID().uuidString
        image = scratch.path + "/" + name + ".img"
        mountPoint = scratch.path + "/" + name
        try FileManager.default.createDirectory(atPath: mountPoint, withIntermediateDirectories: false)
        // XFS takes nothing below 300 MB; the file is sparse.
        try await run(["truncate", "-s", kind == "xfs" ? "320M" : "128M", image])
        try await run(["mkfs.\(kind)", kind == "ext4" ? "-F" : "-f", "-q", image])
        try await mount(options)
    }

    /// Another image with the same bytes, not mounted yet.
    init(copyOf other: ImageVolume, in scratch: Scratch) async throws {
        image = scratch.path + "/" + UUID().uuidString + ".img"
        mountPoint = other.mountPoint
        try await run(["sync", "-f", other.mountPoint])
        try await run(["cp", "--sparse=always", other.image, image])
    }

    deinit {
        let target = mountPoint
        _ = try? ChildCommand(["umount", "-l", target]).runHere()
    }

    func mount(_ options: [String] = []) async throws {
        try await run(["mount", "-o", (["loop"] + options).joined(separator: ","), image, mountPoint])
    }

    func unmount(_ arguments: [String] = []) async throws { try await run(["umount"] + arguments + [mountPoint]) }
}

@discardableResult
func run(_ arguments: [String]) async throws -> String {
    let result = try await ChildCommand(arguments).run()
    guard result.isSuccess else {
        throw Failure(code: "TEST_COMMAND", side: .engine, message: "\(arguments): \(printable(result.errors.bytes))")
    }
    return String(decoding: result.output.bytes, as: UTF8.self)
}

extension FanOut {
    /// Sixteen folders, for tests.
    static let small = FanOut([1]) ?? .standard
}

/// A target folder enrolled for tests, and what the index would know about it.
struct EnrolledVolume {
    var path: PathBytes
    var indexed: IndexedVolume
    static let request = VolumeEnrolment.Request(fanOut: .small, hash: .blake3, reserveBytes: 2 << 20)
    let clock = ManualTime()
    let worker = WorkerIdentity(
        host: "host-a", hostName: "alpha", instance: "0123456789abcdef", pid: 42, command: "holdfast mirror run cold")

    init(_ path: String, files: any FileCalls = LinuxFiles(side: .destination)) throws {
        self.path = PathBytes(path)
        let enrolment = try VolumeEnrolment(
            path: self.path, files: files, Self.request, as: worker,
            time: SystemTime.live)
        indexed = enrolment.indexed
        try enrolment.finish()
    }

    func take(
        as worker: WorkerIdentity? = nil, files: any FileCalls = LinuxFiles(side: .destination)
    ) throws(Failure) -> VolumeGuard {
        var watch = LeaseWatch()
        return try VolumeGuard(
            path: path, files: files, expecting: indexed, as: worker ?? self.worker, watch: &watch, time: clock.time)
    }

    /// The code of the refusal, or nil when it was taken (and given up again).
    func refusal() -> String? {
        do throws(Failure) {
            try take().release()
            return nil
        } catch { return error.code }
    }
}
