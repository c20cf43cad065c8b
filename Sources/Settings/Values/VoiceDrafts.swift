import BackupModel

/// Tables of the voice as they stand in the files, before they are judged and put together.
struct VoiceDrafts: Hashable, Sendable {
    var alerts = AlertsDraft()
    var channels: [ChannelDraft] = []
    var digest = DigestDraft()
    var ping = PingDraft()

    /// What the drafts say; a digest or ping that has no table is none.
    func settings(hasDigest: Bool, hasPing: Bool) -> VoiceSettings {
        var voice = VoiceSettings(
            channels: channels.map(\.settings),
            escalation: EscalationSettings(from: alerts.from.severity, rungs: alerts.escalation),
            digest: hasDigest ? DigestSettings(hour: digest.at, zone: digest.zone, channels: digest.channels) : nil,
            ping: hasPing ? ping.settings : nil, on: Set(alerts.on))
        voice.gather = alerts.gather
        voice.keepTrying = alerts.keepTrying
        return voice
    }
}

/// `[alerts]`.
struct AlertsDraft: Hashable, Sendable {
    enum From: String, CaseIterable, Sendable {
        case info, warn, error

        var severity: Severity {
            switch self {
            case .info: .info
            case .warn: .warn
            case .error: .error
            }
        }
    }

    var from = From.warn
    var on: [VoiceOccasion] = VoiceOccasion.allCases.filter { VoiceSettings().on.contains($0) }
    var escalation: [EscalationRung] = []
    var gather = VoiceSettings().gather
    var keepTrying = VoiceSettings().keepTrying
}

/// One `[channel.NAME]` with the keys of every kind.
struct ChannelDraft: Hashable, Sendable {
    enum Kind: String, CaseIterable, Sendable { case mail, webhook, command, desktop }

    var name: String
    var kind = Kind.desktop
    var host = ""
    var port: Int?
    var security: MailSecurity?
    var user = ""
    var password: SecretReference?
    var from = ""
    var to: [String] = []
    var allowsPlainLogin: Bool?
    var url = ""
    var template: WebhookTemplate?
    var token: SecretReference?
    var command: [String] = []
    var caFile: String?
    var timeout: Double?

    var settings: ChannelSettings {
        switch kind {
        case .mail: ChannelSettings(name: name, kind: .mail(mail))
        case .webhook: ChannelSettings(name: name, kind: .webhook(webhook))
        case .command:
            ChannelSettings(name: name, kind: .command(commandChannel))
        case .desktop: ChannelSettings(name: name, kind: .desktop)
        }
    }

    private var mail: MailSettings {
        var mail = MailSettings(host: host, port: port, security: security ?? .starttls, from: from, to: to)
        mail.user = user
        mail.password = password
        mail.caFile = caFile
        mail.allowsPlainLogin = allowsPlainLogin ?? false
        mail.timeout = timeout ?? mail.timeout
        return mail
    }

    private var webhook: WebhookSettings {
        var webhook = WebhookSettings(url: url, template: template ?? .json)
        webhook.token = token
        webhook.caFile = caFile
        webhook.timeout = timeout ?? webhook.timeout
        return webhook
    }

    private var commandChannel: CommandChannelSettings {
        var channel = CommandChannelSettings(arguments: command)
        channel.timeout = timeout ?? channel.timeout
        return channel
    }
}

/// `[digest]`.
struct DigestDraft: Hashable, Sendable {
    var at = DigestSettings(channels: []).hour
    var zone = ""
    var channels: [String] = []
}

/// `[ping]`.
struct PingDraft: Hashable, Sendable {
    var url = ""
    var file: String?
    var token: SecretReference?
    var caFile: String?
    var every = PingSettings(target: .url("")).every

    var settings: PingSettings {
        var ping = PingSettings(target: file.map { .file($0) } ?? .url(url), every: every)
        ping.token = token
        ping.caFile = caFile
        return ping
    }
}
