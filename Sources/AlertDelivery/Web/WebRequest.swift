import BackupModel
import Foundation

/// One HTTP request, whole, before anything is connected.
struct WebRequest: Sendable {
    var method: String
    var host: String
    var port: Int
    var isTLS: Bool
    /// Path and query as sent.
    var target: String
    var headers: [(name: String, value: String)]
    var body: [UInt8]
    var carriesSecret: Bool

    /// A message as the template's service wants it.
    init(_ message: Message, _ settings: WebhookSettings, token: Secret?, host: String) throws(Trouble) {
        try self.init("POST", settings.url, token: token)
        let isInAddress = settings.url.contains(Self.placeholder)
        headers += [("Idempotency-Key", message.id), ("X-Holdfast-Message", message.id)]
        if let token, !isInAddress {
            guard token.revealed.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
                throw .settings("the token has characters that no header can carry")
            }
            let header = settings.template == .gotify ? ("X-Gotify-Key", "") : ("Authorization", "Bearer ")
            headers.append((header.0, header.1 + token.revealed))
        }
        do {
            try fill(message, settings.template, host: host)
        } catch {
            throw .refused("the message cannot be encoded: \(words(of: error))")
        }
    }

    /// A plain question.
    init(asking url: String, token: Secret?) throws(Trouble) { try self.init("GET", url, token: token) }

    private static let placeholder = "{token}"

    private init(_ method: String, _ url: String, token: Secret?) throws(Trouble) {
        self.method = method
        let hasPlace = url.contains(Self.placeholder)
        if hasPlace, token == nil { throw .settings("the address has a place for a token, and there is none") }
        let plain = token.map { $0.revealed.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
        // Never shown: an address may be a secret as a whole.
        let whole = url.replacingOccurrences(of: Self.placeholder, with: plain ?? "")
        guard let parts = URLComponents(string: whole), let scheme = parts.scheme?.lowercased(),
            ["http", "https"].contains(scheme), let name = parts.host, !name.isEmpty
        else { throw .settings("the channel's url is no http or https address") }
        guard parts.user == nil, parts.password == nil else {
            throw .settings("the channel's url has a user in it; name the secret by token instead")
        }
        host = name.trimmingCharacters(in: CharacterSet(charactersIn: "[]"))
        isTLS = scheme == "https"
        port = parts.port ?? (isTLS ? 443 : 80)
        let path = parts.percentEncodedPath
        target = (path.isEmpty ? "/" : path) + (parts.percentEncodedQuery.map { "?" + $0 } ?? "")
        let shown = host.contains(":") ? "[\(host)]" : host
        headers = [
            ("Host", port == (isTLS ? 443 : 80) ? shown : "\(shown):\(port)"), ("User-Agent", "holdfast"),
            ("Connection", "close"),
        ]
        body = []
        carriesSecret = token != nil
    }

    private mutating func fill(_ message: Message, _ template: WebhookTemplate, host: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = plainText(message)
        switch template {
        case .json: body = [UInt8](try encoder.encode(PlainHook(message, host: host)))
        case .slack:
            let whole = "*\(slackText(message.subject))*\n\(slackText(bounded(text, 30_000)))"
            body = [UInt8](try encoder.encode(["text": whole]))
        case .gotify:
            let priority = [1, 2, 5, 8][message.severity.rawValue]
            body = [UInt8](
                try encoder.encode(
                    GotifyHook(title: message.subject, message: bounded(text, 30_000), priority: priority)))
        case .ntfy:
            // Over 4 KiB the service makes a file of it.
            body = Array(bounded(text, 3900).utf8)
            let title = headerText(bounded(message.subject, 200)).replacingOccurrences(of: "\r\n", with: "")
            headers += [
                ("Title", title), ("Priority", ["1", "2", "4", "5"][message.severity.rawValue]),
                ("Content-Type", "text/plain; charset=utf-8"),
            ]
        }
        if template != .ntfy { headers.append(("Content-Type", "application/json")) }
        headers.append(("Content-Length", "\(body.count)"))
    }
}

/// At most so many bytes of UTF-8, cut between characters.
func bounded(_ text: String, _ limit: Int) -> String {
    guard text.utf8.count > limit else { return text }
    var kept = ""
    var size = 0
    for character in text {
        size += character.utf8.count
        if size > limit - 16 { break }
        kept.append(character)
    }
    return kept + "\n[cut]"
}

/// What Slack would take for a link or a mention is plain text.
private func slackText(_ text: String) -> String {
    text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
        .replacingOccurrences(of: ">", with: "&gt;")
}

private struct PlainHook: Encodable {
    var id: String
    var host: String
    var channel: String
    var occasion: String
    var severity: String
    var topic: String
    var subject: String
    var body: String
    var facts: [Fact]
    var createdAt: String

    struct Fact: Encodable {
        var name: String
        var value: String
    }

    enum CodingKeys: String, CodingKey {
        case id, host, channel, occasion, severity, topic, subject, body, facts
        case createdAt = "created_at"
    }

    init(_ message: Message, host: String) {
        id = message.id
        self.host = host
        channel = message.channel
        occasion = message.occasion.rawValue
        severity = message.severity.word.lowercased()
        topic = message.topic
        subject = message.subject
        body = message.body
        facts = message.facts.map { Fact(name: $0.name, value: $0.value) }
        createdAt = message.createdAt.iso8601()
    }
}

private struct GotifyHook: Encodable {
    var title: String
    var message: String
    var priority: Int
}
