import BackupModel
import Foundation
import Testing
import WorkerKit

@Suite("Instance lock")
struct InstanceLockTests {
    let scratch: Scratch
    let files = LinuxFiles(side: .engine)
    let folder: Descriptor
    let holder = InstanceLock.Holder(
        pid: 4711, since: WallTime(milliseconds: 1_760_000_000_000), command: "holdfast mirror run \u{1b}[2J")

    init() throws {
        scratch = try Scratch()
        folder = try files.openRoot(PathBytes(scratch.path))
    }

    private func take() throws(Failure) -> InstanceLock {
        try InstanceLock("engine.lock", in: folder, files: files, holder: holder)
    }

    @Test("B21 the second is refused and told who holds it, in safe words")
    func second() throws {
        let first = try take()
        do throws(Failure) {
            _ = try take()
            Issue.record("taken twice")
        } catch {
            #expect(error.code == "BUSY" && error.isTransient)
            #expect(
                error.message == "another instance holds engine.lock (pid 4711 since 2025-10-09T08:53:20Z "
                    + "command holdfast mirror run \\e[2J)")
        }
        first.release()
        try take().checkHeld()
    }

    @Test(
        "B23 what a dead instance left in the file does not matter",
        arguments: ["", "pid 1\n", "pid \(getpid())\n", "\u{0}garbage", String(repeating: "x", count: 100_000)])
    func stale(content: String) throws {
        try scratch.write(Array(content.utf8), to: "engine.lock")
        try take().checkHeld()
        #expect(scratch.read("engine.lock")?.starts(with: Array("pid 4711\n".utf8)) == true)
    }

    @Test("B23 a lock that died with its process is free")
    func killed() async throws {
        let path = scratch.path + "/engine.lock"
        let held = try await ChildCommand(["flock", "-n", path, "sh", "-c", "kill -9 $$"]).run()
        #expect(held.end != .exited(0))
        try take().checkHeld()
    }

    @Test("B24 a lock file deleted or replaced under us is noticed", arguments: [false, true])
    func deleted(replaced: Bool) throws {
        let lock = try take()
        try lock.checkHeld()
        try files.unlink("engine.lock", in: folder)
        if replaced { try scratch.write([], to: "engine.lock") }
        do throws(Failure) {
            try lock.checkHeld()
            Issue.record("not noticed")
        } catch { #expect(error.code == "LOCK_LOST") }
    }

    @Test("B25 a child has three descriptors, and none is a lock")
    func children() async throws {
        let lock = try take()
        // A descriptor of others that is not close-on-exec must not pass either.
        let leaky = Glibc.open("/dev/zero", O_RDONLY)
        defer { Glibc.close(leaky) }
        let result = try await ChildCommand(["sh", "-c", "cd /proc/$$/fd && for f in *; do readlink $f; done"]).run()
        let open = String(decoding: result.output.bytes, as: UTF8.self).split(separator: "\n")
        #expect(open.count == 3 && open[0] == "/dev/null")
        #expect(open.dropFirst().allSatisfy { $0.hasPrefix("pipe:") })
        try lock.checkHeld()
    }
}
