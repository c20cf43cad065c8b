import BackupModel
import Foundation
import Glibc
import Testing

@testable import EngineLink

@Suite(.serialized, .timeLimit(.minutes(3))) struct ServerTests {
    @Test("hello, state, order, query: the whole conversation")
    func conversation() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let client = bench.client()
            guard case .attached(let welcome) = await client.firstStanding() else {
                Issue.record("not attached")
                return
            }
            #expect(welcome.version == 2 && !welcome.isReadOnly && welcome.host == "vault")
            let first = await client.states().first { _ in true }
            #expect(first?.sequence == 1)
            #expect(await client.send(.runJob(name: "n"), id: "one", basis: 1) == .accepted("one"))
            let order = try #require(await bench.engine.orders.first)
            #expect(order.by.uid == geteuid() && order.by.via == "pts/1" && !order.by.user.isEmpty)
            #expect(order.basis == 1)
            guard case .refused(let failure) = await client.ask(.firings(days: 1)) else {
                Issue.record("not refused")
                return
            }
            #expect(failure.subject == [0xff, 0x2f])
            await client.close()
        }
        #expect(access(bench.socket, F_OK) != 0, "the sockets go with the server")
    }

    @Test("I-1 the folder and the sockets have their modes from the first moment")
    func modes() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            for (path, mode) in [(bench.folder, 0o750), (bench.socket, 0o600), (bench.viewSocket, 0o660)] {
                var status = stat()
                #expect(stat(path, &status) == 0)
                #expect(Int(status.st_mode) & 0o7777 == mode, "\(path)")
            }
        }
    }

    @Test("I-2 a socket that nobody answers at is removed under the lock")
    func staleSocket() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try leaveStale(bench)
        try await bench.serve {
            let isAnswered = try await blocking { try RawCaller(bench.socket).attach() != nil }
            #expect(isAnswered)
        }
    }

    @Test("I-2 without the lock nothing is removed")
    func staleWithoutLock() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try leaveStale(bench)
        let lost = Failure(code: "LOCK_LOST", side: .engine, message: "")
        #expect(
            await code {
                try await bench.serve({ $0.checkLock = { () throws(Failure) in throw lost } }) {}
            }
                == "LOCK_LOST")
        #expect(access(bench.socket, F_OK) == 0)
    }

    @Test("I-2 a second engine does not take the sockets of a living one")
    func secondEngine() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            #expect(await code { try await bench.serve {} } == "ENGINE_ANSWERS")
            let isAnswered = try await blocking { try RawCaller(bench.socket).attach() != nil }
            #expect(isAnswered)
        }
    }

    @Test(
        "I-2 what stands in the way and is not ours is left alone",
        arguments: ["file", "link", "folder link"])
    func inTheWay(kind: String) async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        switch kind {
        case "file":
            mkdir(bench.folder, 0o700)
            _ = FileManager.default.createFile(atPath: bench.socket, contents: nil)
        case "link":
            mkdir(bench.folder, 0o700)
            symlink("/tmp/elsewhere.sock", bench.socket)
        default: symlink("/tmp", bench.folder)
        }
        let found = await code { try await bench.serve {} }
        #expect(found == (kind == "folder link" ? "RUNTIME_FOLDER" : "SOCKET_NAME_TAKEN"))
    }

    @Test(
        "I-2 a folder of another user is refused",
        .enabled(if: geteuid() == 0, "only root can give folders away"))
    func othersFolder() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        mkdir(bench.folder, 0o777)
        chown(bench.folder, 65534, 65534)
        #expect(await code { try await bench.serve {} } == "RUNTIME_FOLDER_NOT_OURS")
    }

    @Test("I-11 a path that no socket's address can hold is an error with its length")
    func longPath() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        let long = bench.folder + String(repeating: "x", count: 100)
        #expect(
            await code { try await bench.serve({ $0.runtimeFolder = long }) {} } == "SOCKET_PATH_TOO_LONG"
        )
        #expect(access(long, F_OK) != 0)
        guard
            case .away(_, let reason) = await bench.client(.operate, { $0.runtimeFolder = long })
                .firstStanding()
        else {
            Issue.record("not away")
            return
        }
        #expect(reason.code == "SOCKET_PATH_TOO_LONG")
    }

    @Test("I-5 older and newer consoles learn which side is to be updated")
    func skew() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve({ $0.versions = WireVersions(lowest: 2, highest: 3) }) {
            for (low, high, words) in [(1, 1, "Update the console"), (4, 9, "Restart the engine")] {
                let client = bench.client(.operate) {
                    $0.versions = WireVersions(lowest: low, highest: high)
                }
                guard case .refused(let failure) = await client.firstStanding() else {
                    Issue.record("not refused")
                    continue
                }
                #expect(failure.code == "PROTOCOL_VERSION" && failure.hint.contains(words))
                guard case .refused(let answer) = await client.send(.stopEngine) else {
                    Issue.record("taken")
                    continue
                }
                #expect(answer.code == "ENGINE_AWAY")
                await client.close()
            }
            let overlapping = bench.client(.operate) { $0.versions = WireVersions(lowest: 1, highest: 2) }
            guard case .attached(let welcome) = await overlapping.firstStanding() else {
                Issue.record("not attached")
                return
            }
            #expect(welcome.version == 2)
            await overlapping.close()
        }
    }

    @Test("I-5 a newer console's kinds, orders and queries are refused and the connection lives")
    func newerKinds() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            try await blocking {
                let caller = try RawCaller(bench.socket)
                defer { caller.close() }
                _ = try caller.attach()
                caller.frame(#"{"tape":{"eject":1}}"#)
                guard case .refused(let failure)? = try caller.hear() else {
                    throw RawCaller.Lost(errno: 1)
                }
                #expect(failure.code == "UNKNOWN_MESSAGE")
                caller.frame(#"{"order":{"id":"q7","intent":{"ejectTape":{}}}}"#)
                guard case .result("q7", .refused(let order))? = try caller.hear() else {
                    throw RawCaller.Lost(errno: 2)
                }
                #expect(order.code == "UNKNOWN_REQUEST")
                caller.frame(#"{"query":{"id":"q8","query":{"tapes":{}}}}"#)
                guard case .answer("q8", .refused)? = try caller.hear() else {
                    throw RawCaller.Lost(errno: 3)
                }
                try caller.say(.ping)
                #expect(try caller.hear() == .pong)
            }
        }
    }

    @Test("an engine with another state folder is refused")
    func otherStateFolder() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let client = bench.client(.operate) { $0.stateFolder = Array("/var/lib/y".utf8) }
            guard case .refused(let failure) = await client.firstStanding() else {
                Issue.record("not refused")
                return
            }
            #expect(failure.code == "OTHER_ENGINE" && failure.message.contains("/var/lib/x"))
            await client.close()
        }
    }

    @Test("I-9 a looker's order is refused with the reason and reported; it still sees")
    func looker() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let client = bench.client(.look)
            guard case .attached(let welcome) = await client.firstStanding() else {
                Issue.record("not attached")
                return
            }
            #expect(welcome.isReadOnly)
            guard case .refused(let failure) = await client.send(.stopEngine) else {
                Issue.record("taken")
                return
            }
            #expect(failure.code == "READ_ONLY" && failure.hint.hasPrefix("Operate as "))
            #expect(await client.states().first { _ in true }?.host == "vault")
            #expect(await bench.engine.orders.isEmpty)
            #expect(bench.incidents.codes == ["READ_ONLY"])
            await client.close()
        }
    }

    private func leaveStale(_ bench: LinkBench) throws {
        mkdir(bench.folder, 0o750)
        let script = "import socket,sys; s=socket.socket(socket.AF_UNIX); s.bind(sys.argv[1])"
        #expect(try Python.run(script, [bench.socket]).status == 0)
        #expect(access(bench.socket, F_OK) == 0)
    }

    private func code(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "no error"
        } catch let failure as Failure { return failure.code } catch { return "\(error)" }
    }
}

/// A real child, for what cannot be done from within.
enum Python {
    static let path = "/usr/bin/env"
    static var isThere: Bool { (try? run("", []).status) == 0 }

    static func run(_ script: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let child = Process()
        child.executableURL = URL(fileURLWithPath: path)
        child.arguments = ["python3", "-c", script] + arguments
        let pipe = Pipe()
        child.standardOutput = pipe
        try child.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        child.waitUntilExit()
        return (child.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
