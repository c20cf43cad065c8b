import BackupModel
import NIOCore

/// Sends one mail: connect, TLS, log-in, envelope, text.
func sendMail(
    _ message: Message, _ settings: MailSettings, _ channel: ResolvedChannel
) async throws(Trouble) -> DeliveryResult {
    let wrong = ([settings.from] + settings.to).first { !isPlainAddress($0) }
    if let wrong { throw .settings("no plain mail address: \(printable(wrong.utf8))") }
    if settings.to.isEmpty { throw .settings("the channel has no receivers") }
    let tls = settings.security == .none ? nil : try await readTrust(caFile: settings.caFile)
    let endpoint = Endpoint(
        host: settings.host, port: settings.port, tls: settings.security == .tls ? tls : nil)
    let wire = try await Wire<ByteBuffer>.connect(to: endpoint, before: .after(settings.timeout))
    defer { wire.close() }
    var session = MailSession(wire: wire, timeout: settings.timeout, host: channel.host)
    try await session.greet()
    if settings.security == .starttls, let tls { try await session.startTLS(tls) }
    if !settings.user.isEmpty { try await session.logIn(settings, password: channel.secret) }
    return try await session.send(message, settings)
}

/// The conversation with one server.
struct MailSession {
    private let wire: Wire<ByteBuffer>
    private let timeout: Double
    private let host: String
    private var reader = MailReplyReader()
    private var abilities: [String] = []
    private var isEncrypted: Bool

    init(wire: Wire<ByteBuffer>, timeout: Double, host: String) {
        self.wire = wire
        self.timeout = timeout
        self.host = host
        isEncrypted = wire.endpoint.tls != nil
    }

    private var server: String { wire.endpoint.name }

    /// Greeting and EHLO.
    mutating func greet() async throws(Trouble) {
        let greeting = try await reply("greeting")
        guard greeting.code == 220 else { throw .again("\(server) is not ready: \(greeting.words)") }
        try await hello()
    }

    private mutating func hello() async throws(Trouble) {
        let name = host.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } && !host.isEmpty ? host : "localhost"
        let hello = try await ask("EHLO \(name)", "EHLO")
        guard hello.code == 250 else { throw .again("\(server) refused EHLO: \(hello.words)") }
        abilities = hello.lines.dropFirst().map { $0.uppercased() }
    }

    /// Goes on by TLS, or not at all.
    mutating func startTLS(_ trust: TLSTrust) async throws(Trouble) {
        guard abilities.contains("STARTTLS") else {
            throw .settings("\(server) does not offer STARTTLS; nothing was sent to it")
        }
        let answer = try await ask("STARTTLS", "STARTTLS")
        guard answer.code == 220 else { throw .again("\(server) refused STARTTLS: \(answer.words)") }
        // The wire looks after what was not read yet.
        guard !reader.hasRest else {
            throw .again("\(server) sent more than its answer to STARTTLS; somebody may stand between")
        }
        try await wire.startTLS(trust, before: .after(timeout))
        isEncrypted = true
        try await hello()
    }

    /// Under TLS only, or towards this machine itself where the settings allow it.
    mutating func logIn(_ settings: MailSettings, password: Secret?) async throws(Trouble) {
        guard isEncrypted || settings.allowsPlainLogin && wire.isLoopback else {
            throw .settings("no log-in to \(server) without TLS; set its security")
        }
        guard let password else { throw .settings("a user without a password for \(server)") }
        let methods = abilities.first { $0.hasPrefix("AUTH ") }?.split(separator: " ").dropFirst() ?? []
        var answer: MailReply
        if methods.contains("PLAIN") {
            let proof = [0] + Array(settings.user.utf8) + [0] + Array(password.revealed.utf8)
            answer = try await ask("AUTH PLAIN " + text(base64(proof)), "log-in")
        } else if methods.contains("LOGIN") {
            answer = try await ask("AUTH LOGIN", "log-in")
            for part in [settings.user, password.revealed] where answer.code == 334 {
                answer = try await ask(text(base64(Array(part.utf8))), "log-in")
            }
        } else {
            throw .settings("\(server) offers no log-in by PLAIN or LOGIN")
        }
        guard answer.code == 235 else {
            // Tried seldom: a wrong password asked often locks accounts.
            throw .again("\(server) refused the log-in: \(answer.words)", after: answer.isTemporary ? nil : 3600)
        }
    }

    /// The envelope and the text; when it returns the server has taken it.
    mutating func send(_ message: Message, _ settings: MailSettings) async throws(Trouble) -> DeliveryResult {
        try demand(try await ask("MAIL FROM:<\(settings.from)>", "MAIL"), "the sender")
        var bad: [(receiver: String, reply: MailReply)] = []
        for receiver in settings.to {
            let answer = try await ask("RCPT TO:<\(receiver)>", "RCPT")
            if !answer.isGood { bad.append((receiver, answer)) }
        }
        let reason = bad.map { "\($0.receiver): \($0.reply.words)" }.joined(separator: "; ")
        let someLater = bad.contains { $0.reply.isTemporary }
        if bad.count == settings.to.count {
            throw someLater
                ? .again("\(server) takes no receiver: \(reason)")
                : .refused("\(server) refused every receiver: \(reason)")
        }
        // At first all are waited for; later those who can have it get it.
        if someLater, message.attempts <= 3 { throw .again("\(server) does not take every receiver yet: \(reason)") }
        let ready = try await ask("DATA", "DATA")
        if ready.code != 354 { try demand(MailReply(code: max(ready.code, 400), lines: ready.lines), "the text") }
        let bytes = mailText(message, from: settings.from, to: settings.to, host: host)
        // RFC 5321 4.5.3.2.6 grants the last answer more time than any other.
        let last = try await ask(bytes: dotStuffed(bytes), "end of the text", seconds: timeout * 5)
        try demand(last, "the message")
        wire.channel.writeAndFlush(ByteBuffer(string: "QUIT\r\n"), promise: nil)
        return bad.isEmpty ? .delivered : .deliveredPartly(reason: "\(server) refused \(reason)")
    }

    private func demand(_ reply: MailReply, _ what: String) throws(Trouble) {
        if reply.isGood { return }
        let reason = "\(server) refused \(what): \(reply.words)"
        throw reply.isTemporary ? .again(reason) : .refused(reason)
    }

    // MARK: One question, one answer

    private mutating func ask(_ line: String, _ step: String) async throws(Trouble) -> MailReply {
        try await ask(bytes: Array((line + "\r\n").utf8), step, seconds: timeout)
    }

    private mutating func ask(bytes: [UInt8], _ step: String, seconds: Double) async throws(Trouble) -> MailReply {
        try await wire.write(ByteBuffer(bytes: bytes), before: .after(seconds), step)
        return try await reply(step, seconds: seconds)
    }

    private mutating func reply(_ step: String, seconds: Double? = nil) async throws(Trouble) -> MailReply {
        // One deadline for the whole answer: a byte now and then does not prolong it.
        let deadline = NIODeadline.after(seconds ?? timeout)
        while true {
            if let reply = reader.next() { return reply }
            guard let part = try await wire.next(before: deadline, step) else {
                throw .again("\(server) closed the connection at \(step)")
            }
            try reader.take(part.readableBytesView)
        }
    }

    private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
