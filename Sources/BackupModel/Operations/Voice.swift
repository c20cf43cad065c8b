/// Where a secret lies; the settings name the place and never hold the secret (J13).
package enum SecretReference: Hashable, Codable, Sendable {
    /// `file:/path`: the first line of a file that only its owner may read (J6).
    case file(String)
    /// `credential:NAME`: what systemd put into the folder of credentials.
    case credential(String)

    /// Nil when it is neither form, the path is not absolute, or the name is no plain file name.
    package init?(_ text: String) {
        if let path = text.suffix(after: "file:"), path.hasPrefix("/"), path.count > 1 {
            self = .file(path)
        } else if let name = text.suffix(after: "credential:"), !name.isEmpty, !name.contains("/"),
            !name.hasPrefix(".")
        {
            self = .credential(name)
        } else {
            return nil
        }
    }

    /// As written in the settings.
    package var text: String {
        switch self {
        case .file(let path): "file:" + path
        case .credential(let name): "credential:" + name
        }
    }
}

/// One `[channel.NAME]`: a way to reach people.
package struct ChannelSettings: Hashable, Codable, Sendable {
    package var name: String
    package var kind: ChannelKind

    package init(name: String, kind: ChannelKind) {
        self.name = name
        self.kind = kind
    }

    /// The secret that it needs, if any.
    package var secret: SecretReference? {
        switch kind {
        case .mail(let mail): mail.password
        case .webhook(let webhook): webhook.token
        case .command, .desktop: nil
        }
    }
}

package enum ChannelKind: Hashable, Codable, Sendable {
    case mail(MailSettings)
    case webhook(WebhookSettings)
    case command(CommandChannelSettings)
    /// `notify-send` in the session of the engine's user.
    case desktop

    /// As written in the settings.
    package var word: String {
        switch self {
        case .mail: "mail"
        case .webhook: "webhook"
        case .command: "command"
        case .desktop: "desktop"
        }
    }
}

package enum MailSecurity: String, Codable, CaseIterable, Sendable {
    case none
    /// Plain at first, then TLS; a server that does not offer it gets no mail.
    case starttls
    /// TLS from the first byte.
    case tls

    package var port: Int {
        switch self {
        case .none: 25
        case .starttls: 587
        case .tls: 465
        }
    }
}

package struct MailSettings: Hashable, Codable, Sendable {
    package var host: String
    package var port: Int
    package var security: MailSecurity
    /// Empty: no log-in.
    package var user: String
    package var password: SecretReference?
    /// One plain address.
    package var from: String
    package var to: [String]
    /// Certificates in PEM to trust instead of the system's.
    package var caFile: String?
    /// Log-in without TLS, which is obeyed only towards this machine itself.
    package var allowsPlainLogin: Bool
    /// Seconds that each step may take.
    package var timeout: Double

    /// Without a port the usual one of that security.
    package init(host: String, port: Int? = nil, security: MailSecurity = .starttls, from: String, to: [String]) {
        self.host = host
        self.port = port ?? security.port
        self.security = security
        user = ""
        self.from = from
        self.to = to
        allowsPlainLogin = false
        timeout = 60
    }
}

package enum WebhookTemplate: String, Codable, CaseIterable, Sendable { case json, slack, ntfy, gotify }

package struct WebhookSettings: Hashable, Codable, Sendable {
    /// `http` or `https`; `{token}` in its path or query stands for the token.
    package var url: String
    package var template: WebhookTemplate
    /// Sent in the header that the template's service wants, or in the address; never over plain HTTP except to this
    /// machine itself.
    package var token: SecretReference?
    /// Certificates in PEM to trust instead of the system's.
    package var caFile: String?
    /// Seconds that each step may take.
    package var timeout: Double

    package init(url: String, template: WebhookTemplate = .json) {
        self.url = url
        self.template = template
        timeout = 30
    }
}

package struct CommandChannelSettings: Hashable, Codable, Sendable {
    /// The argument vector; `{subject}`, `{body}`, `{severity}`, `{id}`, `{host}` and `{channel}` are put in.
    package var arguments: [String]
    /// Seconds it may take.
    package var timeout: Double

    package init(arguments: [String]) {
        self.arguments = arguments
        timeout = 30
    }
}

/// One rung: these channels are told when nobody acted for so long.
package struct EscalationRung: Hashable, Codable, Sendable {
    /// Seconds since the alert was raised.
    package var after: Double
    package var channels: [String]

    package init(after: Double, channels: [String]) {
        self.after = after
        self.channels = channels
    }
}

/// Whom an alert reaches, and after how long.
package struct EscalationSettings: Hashable, Codable, Sendable {
    /// Alerts below it are in the console and in the digest only.
    package var from: Severity
    /// In order of time.
    package var rungs: [EscalationRung]

    package init(from: Severity = .warn, rungs: [EscalationRung] = []) {
        self.from = from
        self.rungs = rungs
    }
}

/// One report a day, sent when all is well too.
package struct DigestSettings: Hashable, Codable, Sendable {
    /// `07:00`
    package var hour: String
    /// A zone's name, for instance `Europe/Berlin`; empty: the system's.
    package var zone: String
    package var channels: [String]

    package init(hour: String = "07:00", zone: String = "", channels: [String]) {
        self.hour = hour
        self.zone = zone
        self.channels = channels
    }

    /// Minutes after midnight; nil when the text is no hour and minute of a day.
    package var minuteOfDay: Int? {
        let parts = hour.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy { ("0"..."9").contains($0) } }),
            let hours = Int(parts[0]), let minutes = Int(parts[1]), (0...23).contains(hours),
            (0...59).contains(minutes)
        else { return nil }
        return hours * 60 + minutes
    }
}

/// A sign of life for somebody who watches from outside, so that silence is heard (L9).
package struct PingSettings: Hashable, Codable, Sendable {
    package enum Target: Hashable, Codable, Sendable {
        /// Asked with GET; any 2xx will do. `{token}` stands for the token.
        case url(String)
        /// A file that is written anew each time; its age tells.
        case file(String)
    }

    package var target: Target
    package var token: SecretReference?
    package var caFile: String?
    /// Seconds between two.
    package var every: Double

    package init(target: Target, every: Double = 300) {
        self.target = target
        self.every = every
    }
}

/// What people are told of beside requests and the digest.
package enum VoiceOccasion: String, Codable, CaseIterable, Sendable {
    /// Alerts.
    case error
    /// Each good end of a job.
    case completion
    /// An alert whose condition is gone.
    case recovery
}

/// `[alerts]` and the `[channel.NAME]`s together.
package struct VoiceSettings: Hashable, Codable, Sendable {
    package var channels: [ChannelSettings]
    package var escalation: EscalationSettings
    package var digest: DigestSettings?
    package var ping: PingSettings?
    package var on: Set<VoiceOccasion>
    /// Seconds in which alerts gather to one message.
    package var gather: Double
    /// Seconds after which messages that could not be delivered are put together to one.
    package var keepTrying: Double

    package init(
        channels: [ChannelSettings] = [], escalation: EscalationSettings = EscalationSettings(),
        digest: DigestSettings? = nil, ping: PingSettings? = nil, on: Set<VoiceOccasion> = [.error, .recovery]
    ) {
        self.channels = channels
        self.escalation = escalation
        self.digest = digest
        self.ping = ping
        self.on = on
        gather = 20
        keepTrying = 86_400
    }
}

extension String {
    fileprivate func suffix(after prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
