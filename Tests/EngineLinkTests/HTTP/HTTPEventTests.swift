import BackupModel
import Foundation
import Testing

@testable import EngineLink

@Suite struct HTTPEventTests {
    @Test func longPollWakesWithTheEvent() async throws {
        try await serving { client, engine in
            async let waiting = client.get("/v1/events?since=41&wait=9")
            try await Task.sleep(for: .milliseconds(100))
            engine.happen("now")
            let reply = await waiting
            #expect((reply.object?["events"] as? [[String: Any]])?.first?["message"] as? String == "now")
            #expect(reply.object?["next_since"] as? Int == 42)
        }
    }

    @Test func longPollEndsWithoutOne() async throws {
        try await serving { client, _ in
            let reply = await client.get("/v1/events?since=41&wait=0.2")
            #expect((reply.object?["events"] as? [Any])?.isEmpty == true)
            #expect(reply.object?["next_since"] as? Int == 41)
        }
    }

    @Test("a stream goes on after Last-Event-ID and sends what happens")
    func stream() async throws {
        try await serving { client, engine in
            let socket = try #require(await onThread { client.connected(10) })
            defer { close(socket) }
            let request = "GET /v1/events/stream HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: 40\r\n\r\n"
            let before = await onThread { () -> String in
                sendAll(socket, Array(request.utf8))
                return readAll(socket) { $0.contains("id: 41\n") }
            }
            engine.happen("one")
            engine.happen("two")
            let text = before + (await onThread { readAll(socket) { $0.contains("id: 43\n") } })
            #expect(text.contains("Content-Type: text/event-stream"))
            let ids = text.matches(of: /id: (\d+)\n/).map { String($0.1) }
            #expect(ids == ["41", "42", "43"])
            #expect(text.contains("event: event\ndata: {\"number\":42,"))
        }
    }

    @Test func streamsAreBoundedAndGivenBack() async throws {
        var limits = HTTPLimits()
        limits.waiting = 2
        try await serving(limits: limits) { client, engine in
            let open = await onThread { () -> [Int32] in
                (0..<2).compactMap { _ in
                    guard let socket = client.connected(10) else { return nil }
                    sendAll(socket, Array("GET /v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
                    _ = readAll(socket) { $0.contains(": events after") }
                    return socket
                }
            }
            #expect(open.count == 2)
            let refused = await client.get("/v1/events/stream")
            #expect(refused.status == 503 && refused.errorCode == "TOO_MANY_STREAMS")
            for socket in open { close(socket) }
            var status = 503
            for _ in 0..<100 where status == 503 {
                status = await client.get("/v1/events?since=41&wait=0.05").status
            }
            #expect(status == 200)
        }
    }

    @Test func badLastEventIDIsRefused() async throws {
        try await serving { client, _ in
            #expect(await client.get("/v1/events/stream", headers: ["Last-Event-ID: x"]).status == 400)
        }
    }
}
