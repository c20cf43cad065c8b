import BackupModel
import Foundation
import Glibc
import NIOCore
import Testing

@testable import EngineLink

@Suite(.serialized, .timeLimit(.minutes(5))) struct AbuseTests {
    /// Connects as `nobody`; prints what it was told, and whether anything it said was heard.
    private static let stranger = """
        import os, socket, struct, sys
        os.setgroups([int(g) for g in sys.argv[2].split(",") if g]); os.setgid(65534); os.setuid(65534)
        s = socket.socket(socket.AF_UNIX)
        try: s.connect(sys.argv[1])
        except OSError as e: print("errno", e.errno); sys.exit()
        s.settimeout(10)
        body = b'{"hello":{"_0":{"lowest":2,"highest":2,"program":"s","via":"s"}}}'
        try: s.sendall(struct.pack(">I", len(body)) + body)
        except OSError: pass
        data = b""
        try:
            while len(data) < 4 or len(data) < 4 + struct.unpack(">I", data[:4])[0]:
                more = s.recv(65536)
                if not more: break
                data += more
        except OSError as e: print("lost", e.errno)
        print(data[4:].decode())
        """

    @Test(
        "I-1 another user is kept out by the modes, and by the kernel's word where they are loosened",
        .enabled(if: geteuid() == 0 && Python.isThere, "only root can become somebody else"))
    func wrongUser() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            func check(
                _ path: String, _ groups: String, _ word: String, _ place: SourceLocation = #_sourceLocation
            )
                async throws
            {
                let told = try await blocking { try Python.run(Self.stranger, [path, groups]).output }
                #expect(told.contains(word), sourceLocation: place)
            }
            try await check(bench.socket, "", "errno 13")
            try await check(bench.viewSocket, "", "errno 13")
            // In the group: may look, may not operate.
            try await check(bench.viewSocket, "0", "welcome")
            try await check(bench.socket, "0", "errno 13")
            for path in [bench.folder, bench.socket, bench.viewSocket] { chmod(path, 0o777) }
            try await check(bench.socket, "", "NOT_PERMITTED")
            try await check(bench.socket, "0", "NOT_PERMITTED")
            try await check(bench.viewSocket, "", "NOT_PERMITTED")
            #expect(bench.incidents.codes.contains("NOT_PERMITTED"))
            #expect(await bench.engine.orders.isEmpty)
        }
    }

    @Test(
        "I-3 I-4 rubbish gets one refusal and the end, before and after the hello",
        arguments: WireTests.rubbish)
    func rubbish(name: String, bytes: [UInt8]) async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            try await blocking {
                for isAttached in [false, true] {
                    let caller = try RawCaller(bench.socket)
                    defer { caller.close() }
                    if isAttached { _ = try caller.attach() }
                    caller.frame(bytes)
                    #expect(try caller.refusalThenEnd() == "BAD_FRAME")
                }
            }
        }
    }

    @Test("I-3 lengths that lie", arguments: [0, 0xffff_ffff, 0x8000_0000, 1 << 20 + 1] as [UInt32])
    func lengths(length: UInt32) async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            try await blocking {
                let caller = try RawCaller(bench.socket)
                defer { caller.close() }
                _ = try caller.attach()
                caller.write(withUnsafeBytes(of: length.bigEndian, Array.init))
                #expect(try caller.refusalThenEnd() == "BAD_FRAME")
            }
        }
    }

    @Test(
        "I-3 I-4 thousands of malformed frames change nothing, and an operator beside them is answered")
    func fuzz() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let client = bench.client()
            _ = await client.firstStanding()
            let before = residentBytes()
            let count = isLong ? 10_000 : 1_000
            async let storm: Void = blocking { try Fuzzer(seed: 7).run(count, against: bench.socket) }
            let worst = await answerTimes(client, count: 200).last ?? .zero
            try await storm
            let growth = (residentBytes() - before) >> 10
            print(
                "link: \(count) malformed frames, memory +\(growth) KiB, slowest answer beside them \(worst)"
            )
            #expect(await bench.engine.orders.isEmpty)
            #expect(growth < 10 << 10)
            await client.close()
        }
    }

    @Test("I-6 a console that never reads is cut, keeps at most one state, and slows nobody")
    func neverReads() async throws {
        let bench = try LinkBench(padding: 200_000)
        defer { bench.remove() }
        try await bench.serve({
            $0.limits.stuckAfter = .milliseconds(600)
            $0.limits.statePause = .milliseconds(5)
        }) {
            let stopped = try await blocking {
                let caller = try RawCaller(bench.socket)
                _ = try caller.attach()
                try caller.say(.watch(isOn: true))
                return caller
            }
            defer { stopped.close() }
            let client = bench.client()
            _ = await client.firstStanding()
            let states = await client.states()
            let before = residentBytes()
            try await eventually("the stopped one is cut") {
                await bench.engine.publish()
                return bench.incidents.codes.contains("CONSOLE_CUT")
            }
            await bench.engine.publish()
            #expect(await states.first { _ in true } != nil)
            let growth = (residentBytes() - before) >> 10
            print("link: beside a console that reads nothing, memory +\(growth) KiB")
            #expect(growth < 10 << 10)
            await client.close()
        }
    }

    @Test("I-6 answers are never dropped: one who asks and does not read is answered as it reads")
    func asksAndReadsLate() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve({ $0.limits.keepBytes = 1 << 20 }) {
            let heard = try await blocking {
                let caller = try RawCaller(bench.socket)
                defer { caller.close() }
                _ = try caller.attach()
                let query = Query.log(before: nil, limit: 200, atLeast: .info)
                for number in 0..<60 { try caller.say(.query(id: "q\(number)", query: query)) }
                var heard: [String] = []
                while heard.count < 60, case .answer(let id, _)? = try caller.hear() { heard.append(id) }
                return heard
            }
            #expect(heard == (0..<60).map { "q\($0)" })
            #expect(!bench.incidents.codes.contains("CONSOLE_CUT"))
        }
    }

    @Test("I-7 who says nothing is sent away in time")
    func silent() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve({ $0.limits.helloWithin = .milliseconds(200) }) {
            try await blocking {
                for bytes in [[], [0], [0, 0, 0, 9, 0x7b]] as [[UInt8]] {
                    let caller = try RawCaller(bench.socket)
                    defer { caller.close() }
                    caller.write(bytes)
                    #expect(try caller.refusalThenEnd() == "NO_HELLO")
                }
            }
        }
    }

    @Test("I-7 hundreds of slow and dead callers do not keep the operator out")
    func slowLoris() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let descriptors = openDescriptors()
            let before = residentBytes()
            let count = isLong ? 1_000 : 300
            async let crowd: [RawCaller] = blocking { try Self.crowd(of: count, at: bench.socket) }
            var slowest = Duration.zero
            for _ in 0..<20 {
                let begin = ContinuousClock.now
                let client = bench.client()
                let states = await client.states()
                #expect(await states.first { _ in true } != nil)
                slowest = max(slowest, ContinuousClock.now - begin)
                await client.close()
            }
            let callers = try await crowd
            let growth = (residentBytes() - before) >> 10
            print(
                "link: \(count) slow or dead callers, memory +\(growth) KiB, slowest attach to state \(slowest)"
            )
            #expect(growth < 10 << 10)
            for caller in callers { caller.close() }
            try await eventually("all are gone") { openDescriptors() <= descriptors + 4 }
        }
    }

    @Test("I-7 64 consoles keep no command out, commands keep no console out, and neither is without bound")
    func commandsHavePlaces() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let callers = try await blocking {
                func code(_ path: String, isBrief: Bool?) throws -> (String, RawCaller) {
                    let caller = try RawCaller(path)
                    switch try caller.attach(isBrief: isBrief) {
                    case .welcome?: return ("", caller)
                    case .refused(let failure)?: return (failure.code, caller)
                    default: throw RawCaller.Lost(errno: 1)
                    }
                }
                var callers: [RawCaller] = []
                var codes: [String: Int] = [:]
                for (path, isBrief, count) in [
                    (bench.socket, nil, 65), (bench.viewSocket, true, 17), (bench.socket, true, 17),
                ] as [(String, Bool?, Int)] {
                    for _ in 0..<count {
                        let (code, caller) = try code(path, isBrief: isBrief)
                        codes[code, default: 0] += 1
                        if code.isEmpty { callers.append(caller) } else { caller.close() }
                    }
                }
                #expect(codes == ["": 64 + 16 + 16, "TOO_MANY_CONSOLES": 1, "TOO_MANY_COMMANDS": 2])
                return callers
            }
            #expect(await bench.engine.consoles.isEmpty)
            let client = bench.client()
            guard case .away(_, let reason) = await client.firstStanding() else {
                Issue.record("attached beside 64")
                return
            }
            #expect(reason.code == "TOO_MANY_CONSOLES")
            await client.close()
            for caller in callers { caller.close() }
        }
    }

    @Test("a command that watches is no console in the list")
    func commandsAreNoConsoles() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let command = bench.client { $0.isBrief = true }
            let console = bench.client()
            for await _ in await command.states() { break }
            let states = await console.states()
            try await eventually("the console is in the list") { await bench.engine.consoles.count == 1 }
            await command.close()
            await console.close()
            _ = states
        }
    }

    @Test("I-7 the 65th console is refused in words and may come when one has left")
    func manyConsoles() async throws {
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let first = try await blocking {
                let callers = try (0..<64).map { _ in
                    let caller = try RawCaller(bench.socket)
                    guard case .welcome? = try caller.attach() else { throw RawCaller.Lost(errno: 1) }
                    return caller
                }
                let late = try RawCaller(bench.socket)
                defer { late.close() }
                guard case .refused(let failure)? = try late.attach() else {
                    throw RawCaller.Lost(errno: 2)
                }
                #expect(failure.code == "TOO_MANY_CONSOLES")
                for caller in callers.dropFirst() { caller.close() }
                return callers[0]
            }
            try await eventually("a place is free") {
                try await blocking {
                    let caller = try RawCaller(bench.socket)
                    defer { caller.close() }
                    guard case .welcome? = try caller.attach() else { return false }
                    return true
                }
            }
            first.close()
        }
    }

    @Test(
        "I-10 passed descriptors never arrive", .enabled(if: Python.isThere))
    func passedDescriptors() async throws {
        let script = """
            import array, socket, sys
            s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
            fds = array.array("i", [0, 1, 2] * 20)
            try:
                for _ in range(50): s.sendmsg([b"\\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
            except OSError: pass
            s.settimeout(10)
            try:
                while s.recv(65536): pass
            except OSError: pass
            """
        let bench = try LinkBench()
        defer { bench.remove() }
        try await bench.serve {
            let before = openDescriptors()
            _ = try await blocking { try Python.run(script, [bench.socket]) }
            try await eventually("no descriptor stays") { openDescriptors() <= before }
        }
    }

    /// Half of them say part of a frame and wait, a quarter attach and die, a quarter connect and die.
    private static func crowd(of count: Int, at path: String) throws -> [RawCaller] {
        var open: [RawCaller] = []
        for number in 0..<count {
            guard let caller = try? RawCaller(path) else { continue }
            switch number % 4 {
            case 0, 1:
                caller.write([0, 0, 1, 0, 0x7b])
                open.append(caller)
            case 2:
                try caller.say(
                    .hello(Hello(lowest: 2, highest: 2, program: "d", stateFolder: nil, via: "d")))
                try caller.say(.watch(isOn: true))
                caller.close()
            default: caller.close()
            }
        }
        return open
    }
}

/// Times of one order after another, sorted.
func answerTimes(_ client: LinkClient, count: Int) async -> [Duration] {
    var times: [Duration] = []
    for number in 0..<count {
        let begin = ContinuousClock.now
        _ = await client.ask(.eventsSince(number: Int64(number), limit: 1))
        times.append(ContinuousClock.now - begin)
    }
    return times.sorted()
}

/// Frames that are wrong in all the ways it knows, the same ones for a seed.
struct Fuzzer {
    private var seed: UInt64
    init(seed: UInt64) { self.seed = seed }

    private mutating func random(_ below: Int) -> Int {
        seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int((seed >> 33) % UInt64(below))
    }

    func run(_ count: Int, against path: String) throws {
        var fuzzer = self
        for _ in 0..<count {
            guard let caller = try? RawCaller(path) else { continue }
            defer { caller.close() }
            if fuzzer.random(2) == 0 { guard case .welcome? = try caller.attach() else { continue } }
            caller.write(fuzzer.bytes())
            if fuzzer.random(4) == 0 {
                Glibc.shutdown(caller.fd, Int32(SHUT_WR))
                _ = try? caller.refusalThenEnd()
            }
        }
    }

    /// Never an order that could be done: its intent is broken.
    private mutating func bytes() -> [UInt8] {
        var json = Array(#"{"order":{"id":"x","intent":{"runJob":{"name":"a"}},"basis":1}}"#.utf8)
        let at = random(json.count)
        switch random(6) {
        case 0: json = (0..<random(300)).map { _ in UInt8(random(256)) }
        case 1: json.removeSubrange(at...)
        case 2: json.insert(contentsOf: Array(repeating: 0x5b, count: 1 + random(3000)), at: 0)
        case 3: return [UInt8(random(256)), UInt8(random(256)), 0, 0] + json
        case 4: return Array(json.prefix(random(12)))
        default: json.replaceSubrange(24..<32, with: (0..<8).map { _ in UInt8(random(256)) })
        }
        return withUnsafeBytes(of: UInt32(json.count).bigEndian, Array.init) + json
    }
}
