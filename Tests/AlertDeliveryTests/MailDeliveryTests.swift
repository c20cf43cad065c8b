import BackupModel
import Foundation
import Testing

@testable import AlertDelivery

@Suite(.serialized, .timeLimit(.minutes(3))) struct MailDeliveryTests {
    private func channel(
        _ port: Int, _ security: MailSecurity, user: String = "ben", change: (inout MailSettings) -> Void = { _ in }
    ) throws -> ResolvedChannel {
        var mail = MailSettings(
            host: "localhost", port: port, security: security, from: "holdfast@example.org",
            to: ["ops@example.org", "ben@example.org"])
        mail.user = user
        mail.caFile = try #require(Certificate.shared).cert
        mail.timeout = 20
        change(&mail)
        return ResolvedChannel(
            ChannelSettings(name: "ops", kind: .mail(mail)), secret: canary, host: "store.example.org")
    }

    private func server(_ tls: String, _ more: [String: any Sendable] = [:]) async throws -> Server {
        var plan = try #require(Certificate.shared).plan
        plan["tls"] = tls
        plan["auth"] = "LOGIN PLAIN"
        plan["password"] = canary.revealed
        return try await Server("mail", plan.merging(more) { $1 })
    }

    @Test("L8 a mail arrives whole by STARTTLS, twice with one Message-ID, and says nothing but its text")
    func arrives() async throws {
        let server = try await server("starttls")
        let body = "Grüße\n.\n..two dots\nends with blank \n" + String(repeating: "long ", count: 300) + "=\n"
        let message = Message.sample("naïve\r\nBcc: all@example.org", body: body)
        for _ in 0..<2 { #expect(try await deliver(message, over: channel(server.port, .starttls)) == .delivered) }
        try await server.wait { $0.mails.count == 2 }
        let mail = try #require(server.mails.first)
        #expect(mail.tls == true && mail.user == "ben" && mail.kept == true)
        #expect(mail.subject == "naïve  Bcc: all@example.org")
        #expect(mail.body == body + "\ncode: DESTINATION_LOST\n")
        #expect(mail.id == "<alert.7.1760000000000.0.ops@store.example.org>")
        #expect(mail.date == "2025-10-09 08:53:20+00:00")
        #expect(mail.sender == "MAIL FROM:<holdfast@example.org>")
        #expect(mail.receivers == ["RCPT TO:<ops@example.org>", "RCPT TO:<ben@example.org>"])
        #expect(mail.defects == 0 && mail.bare == 0 && mail.ascii == true && mail.longest ?? 999 <= 78)
        guard case .names(let names)? = mail.headers else { return }
        #expect(!names.contains("Bcc"))
        #expect(server.mails.map(\.id) == [mail.id, mail.id] && server.mails.map(\.body) == [mail.body, mail.body])
    }

    @Test("TLS from the first byte, and log-in by LOGIN")
    func implicitTLS() async throws {
        let server = try await server("implicit", ["auth": "LOGIN"])
        #expect(try await deliver(.sample(), over: channel(server.port, .tls)) == .delivered)
        try await server.wait { $0.mails.count == 1 }
        #expect(server.mails.first?.tls == true && server.mails.first?.user == "ben")
    }

    @Test("without STARTTLS nothing is sent to a server that was to encrypt")
    func noStartTLS() async throws {
        let server = try await server("starttls", ["offer": false])
        let result = try await deliver(.sample(), over: channel(server.port, .starttls))
        try expectAgain(result, "does not offer STARTTLS")
        try await server.wait { $0.facts.contains { $0.event == "end" } }
        #expect(server.verbs == ["EHLO"])
    }

    @Test(
        "what is put in before TLS is not believed (CVE-2011-0411)",
        arguments: [
            (nil, "sent more than its answer to STARTTLS"), (0, ""), (0.1, "it does not speak TLS on this port"),
        ] as [(Double?, String)])
    func injected(after: Double?, words: String) async throws {
        let together = ["STARTTLS": ["220 go\r\n250 injected"]]
        let server = try await server("starttls", after.map { ["inject": $0] } ?? ["replies": together])
        let result = try await deliver(.sample(), over: channel(server.port, .starttls))
        try expectAgain(result, words)
        try await server.wait { $0.facts.contains { $0.event == "end" } }
        #expect(server.verbs == ["EHLO", "STARTTLS"] && server.mails.isEmpty)
    }

    @Test("a certificate that nobody vouches for gets no log-in", arguments: [MailSecurity.starttls, .tls])
    func untrusted(security: MailSecurity) async throws {
        let server = try await server(security == .tls ? "implicit" : "starttls")
        let result = try await deliver(.sample(), over: channel(server.port, security) { $0.caFile = nil })
        try expectAgain(result, "its certificate is not accepted: self-signed certificate")
        #expect(!server.verbs.contains("AUTH") && server.mails.isEmpty)
    }

    @Test("no log-in in plain text, but for this machine itself where it is allowed")
    func plainLogin() async throws {
        let server = try await server("none")
        let refused = try await deliver(.sample(), over: channel(server.port, .none))
        try expectAgain(refused, "without TLS")
        #expect(!server.verbs.contains("AUTH"))
        let allowed = try await deliver(.sample(), over: channel(server.port, .none) { $0.allowsPlainLogin = true })
        #expect(allowed == .delivered)
        #expect(try await deliver(.sample(), over: channel(server.port, .none, user: "")) == .delivered)
    }

    @Test(
        "L6 a server that hangs at any step is left in time",
        arguments: [
            "GREETING", "EHLO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "NOW",
        ])
    func hangs(step: String) async throws {
        for deed in ["HANG", "DRIP", "CLOSE"] {
            let key = step == "NOW" ? "DATA_END" : step
            let server = try await server("starttls", ["replies": [key: [deed]]])
            let begin = ContinuousClock.now
            let result = try await deliver(.sample(), over: channel(server.port, .starttls) { $0.timeout = 0.4 })
            try expectAgain(result, "localhost:\(server.port)")
            #expect(ContinuousClock.now - begin < .seconds(20))
        }
    }

    @Test(
        "L6 answers of the server decide: later, never, or to those who can have it",
        arguments: [
            ("RCPT", ["450 greylisted"], "again"), ("RCPT", ["550 nobody"], "refused"),
            ("RCPT", ["250 ok", "550 nobody"], "partly"), ("RCPT", ["250 ok", "450 later"], "again"),
            ("DATA", ["554 spam"], "refused"), ("DATA_END", ["451 disk full"], "again"),
            ("DATA_END", ["552 too large"], "refused"), ("MAIL", ["452 busy"], "again"),
            ("MAIL", ["553 no"], "refused"),
            ("AUTH", ["535 ECHO"], "again"), ("AUTH", ["454 ECHO"], "again"), ("GREETING", ["554 no"], "again"),
            ("GREETING", ["HTTP/1.1 400 Bad"], "again"),
            ("EHLO", ["250-" + String(repeating: "x", count: 5000)], "again"),
            ("MAIL", ["\u{1b}[2J"], "again"),
        ])
    func answers(step: String, replies: [String], end: String) async throws {
        let server = try await server("starttls", ["replies": [step: replies]])
        let result = try await deliver(.sample(), over: channel(server.port, .starttls))
        #expect(word(result) == end)
        let reason = try #require(result.reason)
        #expect(!reason.contains(canary.revealed) && !reason.contains("\u{1b}"))
        // The server's echo of the log-in is no way out for the secret.
        let login = Data("\0ben\0\(canary.revealed)".utf8).base64EncodedString()
        #expect(!reason.contains(login) && !reason.contains(login.dropFirst(8).dropLast(4)))
    }

    @Test("451 at first, then it is taken: once")
    func laterTaken() async throws {
        let server = try await server("starttls", ["replies": ["DATA_END": ["451 busy", "250 kept"]]])
        #expect(word(try await deliver(.sample(), over: channel(server.port, .starttls))) == "again")
        #expect(try await deliver(.sample(), over: channel(server.port, .starttls)) == .delivered)
        try await server.wait { $0.mails.count == 2 }
        #expect(server.mails.filter { $0.kept == true }.count == 1)
        #expect(Set(server.mails.map(\.id)).count == 1)
    }

    @Test("after three attempts those who can have it get it")
    func partly() async throws {
        let server = try await server("starttls", ["replies": ["RCPT": ["250 ok", "450 later"]]])
        var message = Message.sample()
        message.attempts = 4
        #expect(word(try await deliver(message, over: channel(server.port, .starttls))) == "partly")
        try await server.wait { $0.mails.count == 1 }
        #expect(server.mails.first?.receivers == ["RCPT TO:<ops@example.org>"])
    }

    @Test(
        "L8 addresses that are none are not sent to anybody",
        arguments: [
            "a@b\r\nRCPT TO:<c@d>", "a@b>", "a b@c", "", "@", "a@", "grün@example.org", "a@b@c",
        ])
    func addresses(address: String) async throws {
        let result = try await deliver(.sample(), over: channel(1, .none) { $0.to = [address] })
        try expectAgain(result, "no plain mail address")
    }

    @Test("nobody listens")
    func nobody() async throws {
        try expectAgain(try await deliver(.sample(), over: channel(1, .none)), "cannot connect")
    }

    @Test("a delivery ends soon when its task is cancelled")
    func cancelled() async throws {
        let server = try await server("starttls", ["replies": ["EHLO": ["HANG"]]])
        let over = try channel(server.port, .starttls) { $0.timeout = 60 }
        let task = Task { await deliver(.sample(), over: over) }
        try await server.wait { $0.verbs == ["EHLO"] }
        task.cancel()
        #expect(word(await task.value) == "again")
    }

    private func expectAgain(_ result: DeliveryResult, _ words: String) throws {
        #expect(word(result) == "again")
        let reason = try #require(result.reason)
        #expect(reason.contains(words) || words.isEmpty, "\(reason)")
        #expect(!reason.contains(canary.revealed))
    }
}

func word(_ result: DeliveryResult) -> String {
    switch result {
    case .delivered: "delivered"
    case .deliveredPartly: "partly"
    case .again: "again"
    case .refused: "refused"
    }
}
