import BackupModel
import Foundation
import Testing

@testable import AlertDelivery

private let plain = "http:" + "//"
private let tls = "https:" + "//"

@Suite(.serialized, .timeLimit(.minutes(2))) struct WebDeliveryTests {
    private func server(_ answers: [[String: any Sendable]], isTLS: Bool = false) async throws -> Server {
        let plan: [String: any Sendable] = ["answers": answers]
        return try await Server("web", isTLS ? plan.merging(try #require(Certificate.shared).plan) { $1 } : plan)
    }

    private func channel(
        _ url: String, _ template: WebhookTemplate = .json, secret: Secret? = canary, caFile: String? = nil,
        timeout: Double = 20
    ) -> ResolvedChannel {
        var hook = WebhookSettings(url: url, template: template)
        hook.timeout = timeout
        hook.caFile = caFile
        return ResolvedChannel(ChannelSettings(name: "ops", kind: .webhook(hook)), secret: secret, host: "store")
    }

    private func headers(_ fact: Server.Fact) -> [String: String] {
        if case .values(let values)? = fact.headers { values } else { [:] }
    }

    @Test("one POST of JSON with the token in its header and the message's id")
    func json() async throws {
        let server = try await server([["status": 204]])
        let over = channel("\(plain)127.0.0.1:\(server.port)/hook?a=b")
        #expect(await deliver(.sample("quote \" and\nline"), over: over) == .delivered)
        try await server.wait { $0.requests.count == 1 }
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.path == "/hook?a=b")
        #expect(headers(request)["authorization"] == "Bearer \(canary.revealed)")
        #expect(headers(request)["idempotency-key"] == "alert.7.1760000000000.0.ops")
        let body = try JSONSerialization.jsonObject(with: Data((request.body ?? "").utf8)) as? [String: Any]
        #expect(body?["subject"] as? String == "quote \" and\nline")
        #expect(body?["severity"] as? String == "error" && body?["host"] as? String == "store")
        #expect(body?["id"] as? String == "alert.7.1760000000000.0.ops")
        #expect(!(request.body ?? "").contains(canary.revealed))
    }

    @Test("L8 each service gets what it takes, and no markup out of names")
    func templates() async throws {
        let server = try await server([["status": 200]])
        let base = "\(plain)127.0.0.1:\(server.port)"
        let message = Message.sample("<!channel> & Grüße\r\nX-Evil: 1", body: "text\n")
        for template in [WebhookTemplate.slack, .ntfy, .gotify] {
            #expect(await deliver(message, over: channel(base + "/\(template.rawValue)", template)) == .delivered)
        }
        try await server.wait { $0.requests.count == 3 }
        let requests = server.requests
        #expect(requests[0].body?.contains("&lt;!channel&gt; &amp; Grüße") == true)
        #expect(requests[1].body == "text\n\ncode: DESTINATION_LOST\n")
        #expect(headers(requests[1])["priority"] == "5" && headers(requests[1])["x-evil"] == nil)
        #expect(headers(requests[1])["title"]?.hasPrefix("=?UTF-8?B?") == true)
        #expect(headers(requests[2])["x-gotify-key"] == canary.revealed)
        #expect(headers(requests[2])["authorization"] == nil)
    }

    @Test("a token in the address goes there encoded, and not into a header")
    func tokenInAddress() async throws {
        let server = try await server([["status": 200]])
        let over = channel("\(plain)127.0.0.1:\(server.port)/services/{token}", .slack)
        #expect(await deliver(.sample(), over: over) == .delivered)
        try await server.wait { $0.requests.count == 1 }
        let request = try #require(server.requests.first)
        #expect(request.path == "/services/canary%2D4f1c%2Fbird%2Bsong" && headers(request)["authorization"] == nil)
    }

    @Test(
        "L5 answers decide: later, never, or not without a change",
        arguments: [
            (500, [:], "again", nil), (503, ["Retry-After": "120"], "again", 120),
            (429, ["Retry-After": "7"], "again", 7),
            (429, ["Retry-After": "999999999"], "again", 86_400), (429, ["Retry-After": "-1"], "again", nil),
            (400, [:], "refused", nil), (413, [:], "refused", nil), (401, [:], "again", 900), (404, [:], "again", 900),
            (301, ["Location": "\(plain)127.0.0.1:PORT/loop"], "again", 900),
            (307, ["Location": "\(plain)127.0.0.1:PORT/"], "again", 900),
        ] as [(Int, [String: String], String, Double?)])
    func answers(status: Int, headers: [String: String], end: String, after: Double?) async throws {
        let body = "\u{1b}]0;title\u{7} your token is \(canary.revealed)"
        let server = try await server([["status": status, "headers": headers, "body": body]])
        let result = await deliver(.sample(), over: channel("\(plain)127.0.0.1:\(server.port)/hook"))
        #expect(word(result) == end)
        if case .again(_, let asked) = result { #expect(asked == after) }
        let reason = try #require(result.reason)
        #expect(reason.contains("\(status)") && !reason.contains(canary.revealed) && !reason.contains("\u{1b}"))
        try await server.wait { !$0.requests.isEmpty }
        #expect(server.requests.count == 1, "a redirection was followed")
    }

    @Test("L5 a server that hangs is left in time; one that is slow after its yes has said yes")
    func hangs() async throws {
        let mute = try await server([["hang": "before"]])
        #expect(
            word(await deliver(.sample(), over: channel("\(plain)127.0.0.1:\(mute.port)/", timeout: 0.4))) == "again")
        let slow = try await server([["status": 200, "hang": "body"]])
        #expect(await deliver(.sample(), over: channel("\(plain)127.0.0.1:\(slow.port)/")) == .delivered)
        let slowFailure = try await server([["status": 500, "hang": "body"]])
        #expect(word(await deliver(.sample(), over: channel("\(plain)127.0.0.1:\(slowFailure.port)/"))) == "again")
    }

    @Test("TLS: a certificate that is vouched for, and one that is not")
    func certificates() async throws {
        let server = try await server([["status": 200]], isTLS: true)
        let trusted = try #require(Certificate.shared).cert
        for host in ["localhost", "127.0.0.1"] {
            let over = channel("\(tls)\(host):\(server.port)/", caFile: trusted)
            #expect(await deliver(.sample(), over: over) == .delivered)
        }
        #expect(word(await deliver(.sample(), over: channel("\(tls)localhost:\(server.port)/"))) == "again")
        try await server.wait { $0.requests.count >= 2 }
        #expect(server.requests.count == 2)
    }

    @Test(
        "addresses that are no address, or hold a secret, are not asked",
        arguments: [
            "ftp://127.0.0.1/", "127.0.0.1", "\(plain)", "\(plain)user:pass@127.0.0.1/", "", "\(plain)a b/",
        ])
    func addresses(url: String) async throws {
        let result = await deliver(.sample(), over: channel(url))
        #expect(word(result) == "again")
        #expect(result.reason?.contains("pass") == false)
    }

    @Test("a place for a token without a token is not asked")
    func noToken() async throws {
        let result = await deliver(.sample(), over: channel("\(plain)127.0.0.1/{token}", secret: nil))
        #expect(word(result) == "again")
    }

    @Test("L9 the sign of life is one GET")
    func pinged() async throws {
        let server = try await server([["status": 200], ["status": 500]])
        let settings = PingSettings(target: .url("\(plain)127.0.0.1:\(server.port)/ping/{token}"))
        #expect(await ping(settings, token: canary) == .delivered)
        try await server.wait { !$0.requests.isEmpty }
        #expect(server.requests.map(\.method) == ["GET"])
        #expect(word(await ping(settings, token: canary)) == "again")
    }
}
