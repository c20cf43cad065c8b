import BackupModel
import Foundation
import Glibc
import Testing

@testable import EngineLink

@Suite(.serialized, .timeLimit(.minutes(3))) struct MeasureTests {
    /// Attaches, watches, says so and stops itself.
    private static let stopped = """
        import os, signal, socket, struct, sys
        s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
        def say(b): s.sendall(struct.pack(">I", len(b)) + b)
        say(b'{"hello":{"_0":{"lowest":2,"highest":2,"program":"s","via":"s"}}}'); s.recv(4096)
        say(b'{"watch":{"isOn":true}}'); s.recv(10)
        print("ready", flush=True)
        os.kill(os.getpid(), signal.SIGSTOP)
        """

    @Test("I-6 64 consoles, one of them stopped: orders and their effect stay quick", .enabled(if: Python.isThere))
    func sixtyFour() async throws {
        let bench = try LinkBench(padding: 60_000)
        defer { bench.remove() }
        try await bench.serve {
            let child = Process()
            child.executableURL = URL(fileURLWithPath: Python.path)
            child.arguments = ["python3", "-c", Self.stopped, bench.socket]
            let pipe = Pipe()
            child.standardOutput = pipe
            try child.run()
            defer {
                kill(child.processIdentifier, SIGKILL)
                child.waitUntilExit()
            }
            _ = try await blocking { pipe.fileHandleForReading.readData(ofLength: 5) }
            let clients = (0..<63).map { _ in bench.client() }
            let readers = clients.dropFirst().map { client in
                Task { for await _ in await client.states() {} }
            }
            for client in clients { _ = await client.firstStanding() }
            let before = residentBytes()
            let (results, effects) = await orders(clients[0], count: isLong ? 1000 : 100)
            let growth = (residentBytes() - before) >> 10
            print(
                "link: 64 consoles, one stopped: order to result \(quantiles(results)), to effect \(quantiles(effects))"
            )
            print("link: 64 consoles, one stopped: memory +\(growth) KiB")
            // How quick is measured in benchmarks; here only that nobody waits for the one who is stopped.
            #expect(results[results.count * 99 / 100] < .seconds(10))
            for reader in readers { reader.cancel() }
            for client in clients { await client.close() }
        }
    }

    @Test("from nothing to the first state")
    func attach() async throws {
        let bench = try LinkBench(padding: 60_000)
        defer { bench.remove() }
        try await bench.serve {
            var times: [Duration] = []
            for _ in 0..<50 {
                let begin = ContinuousClock.now
                let client = bench.client()
                #expect(await client.states().first { _ in true } != nil)
                times.append(ContinuousClock.now - begin)
                await client.close()
            }
            times.sort()
            print("link: attach to first state of 60 KiB: \(quantiles(times))")
            #expect(times[times.count / 2] < .milliseconds(100))
        }
    }

    /// Each order makes a new state; its effect is that this client has seen it.
    private func orders(_ client: LinkClient, count: Int) async -> (results: [Duration], effects: [Duration]) {
        var results: [Duration] = []
        var effects: [Duration] = []
        var states = await client.states().makeAsyncIterator()
        guard var seen = await states.next()?.sequence else { return ([], []) }
        for _ in 0..<count {
            let begin = ContinuousClock.now
            _ = await client.send(.acceptClock)
            results.append(ContinuousClock.now - begin)
            let wanted = seen + 1
            while seen < wanted, let state = await states.next() { seen = state.sequence }
            effects.append(ContinuousClock.now - begin)
        }
        return (results.sorted(), effects.sorted())
    }

    private func quantiles(_ times: [Duration]) -> String {
        func at(_ share: Int) -> String {
            let time = times[min(times.count - 1, times.count * share / 100)]
            return
                "\(Double(time.components.attoseconds / 1_000_000_000_000_000) + Double(time.components.seconds) * 1000)"
        }
        return "p50 \(at(50)) ms, p99 \(at(99)) ms, worst \(at(100)) ms"
    }
}
