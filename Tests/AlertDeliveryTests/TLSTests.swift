import BackupModel
import Foundation
import NIOCore
import Testing

@testable import AlertDelivery

/// What the other side is, and what is said of it.
private struct Case: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var words: String
    var names = Certificate.usualNames
    var days = 2
    var deed: String?
    var host = "localhost"
    var isTrusted = true
}

private let cases = [
    Case(testDescription: "expired", words: "its certificate is not accepted: certificate has expired", days: -1),
    Case(
        testDescription: "for another name", words: "its certificate is not accepted: hostname mismatch",
        names: "DNS:mail.example.org"),
    Case(
        testDescription: "a name is no address", words: "its certificate is not accepted: IP address mismatch",
        names: "DNS:localhost,DNS:127.0.0.1", host: "127.0.0.1"),
    Case(
        testDescription: "for part of a name only", words: "its certificate is not accepted: hostname mismatch",
        names: "DNS:local*"),
    Case(
        testDescription: "of an authority that nobody knows",
        words: "its certificate is not accepted: unable to get local issuer certificate", isTrusted: false),
    Case(testDescription: "speaks plain text", words: "it does not speak TLS on this port", deed: "PLAIN"),
    Case(
        testDescription: "speaks TLS 1.1 only", words: "it refuses our TLS: tlsv1 alert protocol version", deed: "OLD"),
    Case(testDescription: "speaks junk in the middle", words: "TLS handshake: ", deed: "JUNK"),
    Case(
        testDescription: "closes in the middle", words: "it closed the connection during the TLS handshake",
        deed: "CLOSE"),
    Case(testDescription: "hangs in the middle", words: "TLS handshake: no answer in time", deed: "HANG"),
    Case(testDescription: "says a byte now and then", words: "TLS handshake: no answer in time", deed: "DRIP"),
]

@Suite(.serialized, .timeLimit(.minutes(3))) struct TLSTests {
    private func channel(_ server: Server, _ security: MailSecurity, ca: String?, host: String = "localhost")
        -> ResolvedChannel
    {
        var mail = MailSettings(
            host: host, port: server.port, security: security, from: "holdfast@example.org", to: ["ops@example.org"])
        mail.user = "ben"
        mail.caFile = ca
        mail.timeout = 20
        return ResolvedChannel(ChannelSettings(name: "ops", kind: .mail(mail)), secret: canary, host: "store")
    }

    private func timeout(_ channel: ResolvedChannel, _ seconds: Double) throws -> ResolvedChannel {
        var channel = channel
        guard case .mail(var mail) = channel.settings.kind else { return channel }
        mail.timeout = seconds
        channel.settings.kind = .mail(mail)
        return channel
    }

    private func server(_ security: MailSecurity, _ more: [String: any Sendable]) async throws -> Server {
        let usual: [String: any Sendable] = [
            "tls": security == .tls ? "implicit" : "starttls", "auth": "PLAIN", "password": canary.revealed,
        ]
        return try await Server("mail", usual.merging(more) { $1 })
    }

    @Test(
        "L6 a server that is not who it should be, or goes wrong in the handshake, gets nothing, and words say why",
        arguments: cases, [MailSecurity.tls, .starttls])
    private func goesWrong(_ what: Case, security: MailSecurity) async throws {
        var plan = try Certificate.issued(to: what.names, days: what.days).plan
        plan["handshake"] = what.deed
        let server = try await server(security, plan)
        let ca = what.isTrusted ? Certificate.authority?.cert : nil
        let waits = what.deed == "HANG" || what.deed == "DRIP"
        let over = try timeout(channel(server, security, ca: ca, host: what.host), waits ? 0.5 : 20)
        let begin = ContinuousClock.now
        let result = await deliver(.sample(), over: over)
        #expect(word(result) == "again" && ContinuousClock.now - begin < .seconds(10))
        let reason = try #require(result.reason)
        #expect(reason.contains(what.words) && reason.contains("\(what.host):\(server.port)"), "\(reason)")
        try await server.wait { $0.facts.contains { $0.event == "end" } }
        #expect(server.mails.isEmpty && !server.verbs.contains("AUTH"))
        #expect(server.verbs == (security == .tls ? [] : ["EHLO", "STARTTLS"]))
    }

    @Test("a server that greets in plain text where TLS was to begin is told apart", .timeLimit(.minutes(1)))
    func plainGreeting() async throws {
        let server = try await server(.tls, ["tls": "none"])
        let result = await deliver(.sample(), over: channel(server, .tls, ca: nil))
        #expect(result.reason?.contains("it does not speak TLS on this port") == true, "\(result)")
    }

    @Test(
        "the authority of the settings vouches, by name and by address; long mails arrive whole",
        arguments: ["localhost", "127.0.0.1"], [MailSecurity.tls, .starttls])
    func vouched(host: String, security: MailSecurity) async throws {
        let server = try await server(security, try Certificate.issued().plan)
        let line = String(repeating: "0123456789", count: 7) + "\n"
        let body = String(repeating: line, count: 10_000)
        let over = channel(server, security, ca: try #require(Certificate.authority).cert, host: host)
        #expect(await deliver(.sample(body: body), over: over) == .delivered)
        try await server.wait { $0.mails.count == 1 }
        #expect(server.mails.first?.body?.hasPrefix(body) == true && server.mails.first?.tls == true)
    }

    @Test("L6 a cancelled delivery ends in the middle of a handshake", arguments: [MailSecurity.tls, .starttls])
    func cancelled(security: MailSecurity) async throws {
        let plan = try Certificate.issued().plan.merging(["handshake": "HANG"]) { $1 }
        let server = try await server(security, plan)
        let over = try timeout(channel(server, security, ca: try #require(Certificate.authority).cert), 600)
        let task = Task { await deliver(.sample(), over: over) }
        try await server.wait { $0.facts.contains { $0.event == "hello" } }
        task.cancel()
        #expect(word(await task.value) == "again")
        try await server.wait { $0.facts.contains { $0.event == "end" } }
    }

    @Test(
        "certificates that cannot be read are the settings' fault, and nobody is asked",
        arguments: [
            ("/nowhere/ca.pem", "No such file"), ("/", "no certificate"), ("/dev/null", "no certificate"),
        ])
    func unreadable(file: String, words: String) async throws {
        let server = try await server(.tls, try Certificate.issued().plan)
        let result = await deliver(.sample(), over: channel(server, .tls, ca: file))
        guard case .again(let reason, 900) = result else { Issue.record("\(result)"); return }
        #expect(reason.contains("the certificates to trust cannot be read") && reason.contains(words), "\(reason)")
        #expect(server.facts.isEmpty)
    }

    @Test("a name that no certificate can have begins nothing", arguments: ["", "a\0b", "."])
    func names(host: String) throws {
        let trust = try TLSTrust(caFile: nil)
        #expect(throws: TLSFailure.self) { try TLSSession(trust, host: host) }
    }

    @Test("hostile bytes end a handshake in an error, whatever they are")
    func hostile() throws {
        var dice = SystemRandomNumberGenerator()
        let trust = try TLSTrust(caFile: nil)
        for _ in 0..<500 {
            let session = try TLSSession(trust, host: "localhost")
            #expect(try !session.shakeHands())
            #expect(session.drained(ByteBufferAllocator())?.readableBytes ?? 0 > 100)
            // A record of a handshake, so that more than its head is read.
            let count = Int.random(in: 0...400, using: &dice)
            var bytes: [UInt8] = [22, 3, 3, UInt8(count >> 8), UInt8(count & 255), 2]
            bytes += (0..<count * 2 + 6).map { _ in .random(in: 0...255, using: &dice) }
            if Bool.random(using: &dice) { bytes[Int.random(in: 0..<6, using: &dice)] = .random(in: 0...255) }
            try session.feed(ByteBuffer(bytes: bytes))
            #expect(throws: TLSFailure.self) {
                // Starved of a record announced as longer than what came: more comes.
                for _ in 0..<40 {
                    if try session.shakeHands() { return }
                    try session.feed(ByteBuffer(bytes: [UInt8](repeating: 0, count: 1024)))
                }
            }
        }
    }
}
