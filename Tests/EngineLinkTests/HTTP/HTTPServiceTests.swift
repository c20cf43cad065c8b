import BackupModel
import Foundation
import Testing

@testable import EngineLink

@Suite struct HTTPServiceTests {
    @Test("every route that looks answers over a real socket")
    func reading() async throws {
        try await serving { client, _ in
            for path in [
                "/v1/state", "/v1/jobs", "/v1/jobs/nightly", "/v1/jobs/nightly/runs", "/v1/runs/000000000000feed/log",
                "/v1/requests?state=all", "/v1/requests/12", "/v1/requests/3", "/v1/alerts", "/v1/sets", "/v1/mirrors",
                "/v1/events?since=0", "/v1/schedule?days=3", "/v1/audit", "/v1/openapi.json",
            ] {
                let reply = await client.get(path)
                #expect(reply.status == 200, "\(path): \(reply)")
                #expect(reply.object != nil, "\(path): \(reply)")
                #expect(reply.header("access-control-allow-origin") == nil)
            }
            let metrics = await client.get("/metrics")
            #expect(metrics.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
            let asked = await client.get("/metrics", headers: ["Accept: application/openmetrics-text"])
            #expect(asked.body.hasSuffix("# EOF\n"))
            let head = await client.get("/metrics", method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }

    @Test(arguments: [
        ("/v1/jobs/nobody", "JOB_UNKNOWN"), ("/v1/jobs/nobody/runs", "JOB_UNKNOWN"),
        ("/v1/runs/0000000000000009/log", "RUN_UNKNOWN"), ("/v1/requests/77", "REQUEST_UNKNOWN"),
        ("/v1/mirrors/nobody", "MIRROR_UNKNOWN"), ("/v1/mirrors/nobody/failures", "MIRROR_UNKNOWN"),
        ("/v2", "NO_SUCH_ROUTE"),
    ])
    func missing(path: String, code: String) async throws {
        try await serving { client, _ in
            let reply = await client.get(path)
            #expect(reply.status == 404)
            #expect(reply.errorCode == code)
        }
    }

    @Test("I9 an order sent twice under one key is done once, and who sent it is told")
    func orders() async throws {
        try await serving { client, engine in
            let key = "Idempotency-Key: twice"
            let first = await client.post("/v1/jobs/nightly/run", headers: [key])
            let second = await client.post("/v1/jobs/nightly/run", headers: [key])
            #expect(first.status == 200 && first.body == second.body)
            #expect(first.object?["id"] as? String == "twice")
            #expect(engine.orders.count == 1)
            let random = await client.post("/v1/drain", #"{"basis":7}"#)
            #expect(random.object?["id"] as? String == "random-1")
            #expect(engine.orders.last?.basis == 7)
            #expect(engine.orders.last?.by == Person(user: "token", uid: .max, via: "api"))
            #expect(await client.post("/v1/jobs/nightly/pause").status == 409)
            #expect(await client.post("/v1/jobs/nobody/run").status == 404)
            let past = await client.post("/v1/maintenance", #"{"until":"2001-01-01T00:00:00Z"}"#)
            #expect(past.status == 409)
        }
    }

    @Test func withoutTokenNothingIsDone() async throws {
        try await serving { client, engine in
            let reply = await client.post("/v1/drain", token: nil)
            #expect(reply.status == 401 && reply.header("www-authenticate") == "Bearer")
            #expect(await client.post("/v1/drain", token: "wrong").status == 401)
            #expect(engine.orders.isEmpty)
        }
        try await serving(token: nil) { client, engine in
            let reply = await client.post("/v1/drain", token: "")
            #expect(reply.status == 403 && reply.errorCode == "INTENTS_OFF")
            #expect(engine.orders.isEmpty)
        }
    }

    @Test(
        "what is malformed is refused with the right status",
        arguments: [
            ("GET /metrics HTTP/1.1\r\n\r\n", 400), ("GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
            ("GET /metrics HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400), ("GET /metrics HTTP/1.0\r\n\r\n", 200),
            ("GET /metrics HTTP/1.0\r\nHost: evil.example\r\n\r\n", 403), ("nonsense\r\n\r\n", 400),
            ("\u{16}\u{3}\u{1}\u{2}", 400), ("GET /metrics HTTP/2.0\r\nHost: localhost\r\n\r\n", 400),
            ("BREW /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
            ("POST /v1/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
            ("POST /v1/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 65537\r\n\r\n", 413),
            (
                "POST /v1/drain HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
                400
            ),
            ("POST /v1/drain HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
            ("GET /" + String(repeating: "a", count: 20_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
            ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "a", count: 17_000), 431),
            (
                "GET /metrics HTTP/1.1\r\nHost: localhost\r\n" + String(repeating: "a: b\r\n", count: 5000) + "\r\n",
                431
            ),
            (String(repeating: "a", count: 40_000), 400),
        ])
    func malformed(text: String, expected: Int) async throws {
        try await serving { client, _ in
            let reply = await client.exchange(Array(text.utf8))
            #expect(reply.status == expected, "\(reply)")
            if expected != 200 { #expect(reply.errorCode != nil, "\(reply)") }
            #expect(await client.get("/metrics").status == 200)
        }
    }

    @Test func chunkedBodiesAreCountedToo() async throws {
        try await serving { client, engine in
            let head =
                "POST /v1/drain HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer secret\r\n"
                + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            let good = await client.exchange(Array((head + "e\r\n{\"is_on\":false\r\n1\r\n}\r\n0\r\n\r\n").utf8))
            #expect(good.status == 200, "\(good)")
            #expect(engine.orders.map(\.intent) == [.drain(isOn: false)])
            let chunk = "8000\r\n" + String(repeating: " ", count: 0x8000) + "\r\n"
            let large = await client.exchange(Array((head + chunk + chunk + chunk + "0\r\n\r\n").utf8))
            #expect(large.status == 413)
        }
    }

    @Test func connectionsAreKeptAndExpectationsMet() async throws {
        try await serving { client, _ in
            let get = "GET /v1/alerts HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let isWhole: @Sendable (String) -> Bool = { $0.hasSuffix("}\n") }
            let replies = await client.conversation([.init(get, until: isWhole), .init(get, until: isWhole)])
            #expect(replies.count == 2)
            for reply in replies { #expect(reply.hasPrefix("HTTP/1.1 200") && reply.contains("keep-alive")) }
            let post =
                "POST /v1/drain HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer secret\r\nExpect: 100-continue\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n"
            let turns = await client.conversation([
                .init(post) { $0.hasSuffix("\r\n\r\n") }, .init("{}", until: isWhole),
            ])
            #expect(turns.first?.hasPrefix("HTTP/1.1 100") == true)
            #expect(turns.last?.hasPrefix("HTTP/1.1 200") == true)
        }
    }

    @Test("pipelined requests get one answer and a close")
    func pipelining() async throws {
        try await serving { client, _ in
            let get = "GET /v1/alerts HTTP/1.1\r\nHost: localhost\r\n\r\n"
            let reply = await client.exchange(Array(String(repeating: get, count: 50).utf8))
            #expect(reply.text.components(separatedBy: "HTTP/1.1 200").count == 2)
        }
    }
}
