import BackupModel
import Foundation
import Testing

@testable import WorkerKit

@Suite("Child processes", .timeLimit(.minutes(1)))
struct ChildProcessTests {
    @Test("Arguments pass as they are and both streams come back apart")
    func streams() async throws {
        let hostile = "a b; $(id) \"'\\ \u{1b}"
        let result = try await ChildCommand(["sh", "-c", "printf %s \"$1\"; printf oops >&2; exit 3", "-", hostile])
            .run()
        #expect(result.end == .exited(3) && !result.isSuccess)
        #expect(result.output.bytes == Array(hostile.utf8) && result.errors.bytes == Array("oops".utf8))
    }

    @Test("More than 1 MiB is drained, the last is kept")
    func flood() async throws {
        let script = "head -c 5000000 /dev/zero; head -c 3000000 /dev/zero >&2; printf end"
        let result = try await ChildCommand(["sh", "-c", script]).run()
        #expect(result.isSuccess)
        #expect(
            result.output.bytes.count == ChildStream.limit && result.output.bytes.suffix(3) == Array("end".utf8)[...])
        #expect(result.output.dropped == 5_000_003 - ChildStream.limit)
        #expect(result.errors.bytes.count == ChildStream.limit)
    }

    @Test("Only the environment given is inherited")
    func environment() async throws {
        let result = try await ChildCommand(["env"], environment: ["A": "1"], run: "r1").run()
        let names = String(decoding: result.output.bytes, as: UTF8.self).split(separator: "\n").map {
            String($0.prefix { $0 != "=" })
        }
        #expect(names.sorted() == ["A", "HOLDFAST_RUN", "LANG", "PATH"])
    }

    @Test("A program that is not there is a clear failure")
    func missing() async {
        await #expect {
            try await ChildCommand(["holdfast-no-such-program"]).run()
        } throws: { ($0 as? Failure)?.code == "PROGRAM_MISSING" }
    }

    @Test("After its time the child is asked to end, then its group is killed", arguments: [false, true])
    func timeout(isDeaf: Bool) async throws {
        let script = (isDeaf ? "trap '' TERM; " : "") + "sleep 1000 & wait; sleep 1000"
        var command = ChildCommand(["sh", "-c", script], timeout: 0.2)
        command.patience = 0.3
        let result = try await command.run()
        #expect(result.timedOut && !result.isSuccess)
        #expect(result.end == .signalled(isDeaf ? SIGKILL : SIGTERM))
    }

    @Test("A grandchild that holds the pipes does not hold us")
    func grandchild() async throws {
        let result = try await ChildCommand(["sh", "-c", "sleep 1000 & echo done"]).run()
        #expect(result.isSuccess && result.output.bytes == Array("done\n".utf8))
    }

    @Test("B26 children of a dead run are found by its id and killed, others stay")
    func leftovers() async throws {
        let dead = UUID().uuidString
        let alive = UUID().uuidString
        async let first = ChildCommand(["sleep", "1000"], run: dead).run()
        var other = ChildCommand(["sleep", "1"], run: alive)
        other.timeout = 20
        async let second = other.run()
        while Leftovers.reap({ $0 == dead }).isEmpty { await Task.yield() }
        #expect(try await first.end == .signalled(SIGKILL))
        #expect(try await second.isSuccess)
    }

    @Test("B26 a child dies with us", .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/setpriv")))
    func deathSignal() async throws {
        let scratch = try Scratch()
        let mark = scratch.path + "/pid"
        await #expect(processExitsWith: .signal(SIGKILL)) { [mark = mark as String] in
            async let _ = ChildCommand([
                "sh", "-c", "echo $$ > \"$1.tmp\"; mv \"$1.tmp\" \"$1\"; sleep 1000", "-", mark,
            ]).run()
            while access(mark, F_OK) != 0 { await Task.yield() }
            kill(getpid(), SIGKILL)
        }
        let text = String(decoding: try #require(scratch.read("pid")), as: UTF8.self)
        let pid = try #require(Int32(text.dropLast()))
        while kill(pid, 0) == 0, !isZombie(pid) { await Task.yield() }
    }

    private func isZombie(_ pid: Int32) -> Bool {
        let status = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        return status.contains(") Z ")
    }
}
