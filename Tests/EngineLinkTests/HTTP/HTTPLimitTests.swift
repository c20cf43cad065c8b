import BackupModel
import Foundation
import Testing

@testable import EngineLink

@Suite struct HTTPLimitTests {
    @Test("a request that drips is ended with 408, one that never comes with nothing")
    func slowLoris() async throws {
        var limits = HTTPLimits()
        (limits.arrival, limits.idle) = (0.3, 0.3)
        try await serving(limits: limits) { client, _ in
            let begun = ContinuousClock.now
            #expect(await client.exchange(Array("GET /met".utf8)).status == 408)
            #expect(await client.exchange([]).text == "")
            let body = "POST /v1/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n{"
            #expect(await client.exchange(Array(body.utf8)).status == 408)
            #expect(ContinuousClock.now - begun < .seconds(8))
        }
    }

    @Test("one connection more than allowed is told so; a place that is left is given again")
    func connections() async throws {
        try await serving { client, _ in
            let open = await onThread { (0..<64).compactMap { _ in client.connected(10) } }
            #expect(open.count == 64)
            // The last of them is in once it has an answer.
            let served = await onThread { () -> String in
                guard let last = open.last else { return "" }
                sendAll(last, Array("GET /v1/alerts HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                return readAll(last) { $0.hasSuffix("}\n") }
            }
            #expect(served.hasPrefix("HTTP/1.1 200"))
            let refused = await client.get("/v1/alerts")
            #expect(refused.status == 503 && refused.errorCode == "TOO_MANY_CONNECTIONS", "\(refused)")
            for socket in open { close(socket) }
            var status = 503
            for _ in 0..<100 where status != 200 { status = await client.get("/v1/alerts").status }
            #expect(status == 200)
        }
    }

    @Test("a reader that stops reading a stream is closed, and others are served meanwhile")
    func stoppedReader() async throws {
        var limits = HTTPLimits()
        limits.writing = 0.3
        limits.waiting = 1
        try await serving(limits: limits) { client, engine in
            let socket = try #require(await onThread { client.connected(10) })
            await onThread {
                sendAll(socket, Array("GET /v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
            }
            let long = String(repeating: "x", count: 60_000)
            var isFree = false
            for _ in 0..<400 where !isFree {
                engine.happen(long)
                engine.change { $0.recentEvents = $0.recentEvents.suffix(2) }
                isFree = await client.get("/v1/events?since=9999&wait=0.05").status == 200
            }
            #expect(isFree, "its place was never given back")
            close(socket)
        }
    }

    @Test("answers come while many send garbage, and nothing is kept of it")
    func garbage() async throws {
        try await serving { client, engine in
            var random = SystemRandomNumberGenerator()
            let samples = (0..<300).map { _ in mutated(using: &random) }
            await withTaskGroup(of: Int.self) { group in
                for bytes in samples { group.addTask { await client.exchange(bytes, seconds: 0.2).status } }
                for await status in group { #expect(status == 0 || status < 500 || status == 503, "\(status)") }
            }
            #expect(await client.get("/v1/state").status == 200)
            #expect(engine.orders.isEmpty)
        }
    }

    /// A good request with a few bytes changed, cut or doubled.
    private func mutated(using random: inout some RandomNumberGenerator) -> [UInt8] {
        var bytes = Array(
            "POST /v1/jobs/nightly/run HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nAccept: */*\r\n\r\n{}".utf8)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let at = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes.remove(at: at)
            default: bytes.insert(contentsOf: bytes[at...], at: at)
            }
        }
        return bytes
    }

    @Test func onlyThisMachineIsListenedOn() async throws {
        for address in [HTTPAddress.tcp(host: "0.0.0.0", port: 0), .tcp(host: "::", port: 0), .unix(path: "x")] {
            let service = HTTPService(
                HTTPFakeEngine(), settings: HTTPSettings(address: address), now: { .noon }, randomID: { "" })
            await #expect(throws: Failure.self) { try await service.start() }
        }
    }

    @Test("a socket left by a dead engine is taken over, one in use is not")
    func unixSocket() async throws {
        let path = NSTemporaryDirectory() + "http-\(UInt64.random(in: 0...UInt64.max)).sock"
        func service() -> HTTPService {
            HTTPService(
                HTTPFakeEngine(), settings: HTTPSettings(address: .unix(path: path)), now: { .noon },
                randomID: { "" })
        }
        let first = service()
        #expect(try await first.start() == .unix(path: path))
        let client = HTTPRawClient(target: .path(path))
        let reply = await client.get("/v1/state", headers: ["X: y"])
        #expect(reply.status == 200)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        await #expect(throws: Failure.self) { try await service().start() }
        #expect(await client.get("/v1/state").status == 200)
        await first.stop()
        #expect(!FileManager.default.fileExists(atPath: path))
        let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(left, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(bound == 0)
        close(left)
        let second = service()
        #expect(try await second.start() == .unix(path: path))
        await second.stop()
    }

    @Test func anEngineThatIsGoneIsToldSo() async throws {
        let engine = HTTPFakeEngine()
        try await serving(engine: engine) { client, _ in
            #expect(await client.get("/v1/jobs").status == 200)
            engine.end()
            var status = 200
            for _ in 0..<100 where status == 200 { status = await client.get("/v1/jobs").status }
            #expect(status == 503)
        }
    }
}
