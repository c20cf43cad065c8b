import BackupModel

extension KeyTables {
    private static let alerts = AlertsDraft()

    static let alertsRules: [KeyRule<AlertsDraft>] = [
        .key("from", .word, \.from, of: alerts, "Milder alerts stay in the console and the digest."),
        .key("on", .words, \.on, of: alerts, "What is told: alerts, each good end of a job, an alert that is gone."),
        .emptyable(
            "escalation", .ladder, \.escalation,
            "Who is told after how long without anybody acting: [\"0s mail\", \"30m mail phone\"]."),
        .key(
            "gather", .span(0...3600), \.gather, of: alerts, "Alerts within this span go out as one message."),
        .key(
            "keep_trying", .span(60...(30 * 86_400)), \.keepTrying, of: alerts,
            "Messages undelivered for so long are put together to one."),
    ]

    static let channelRules: [KeyRule<ChannelDraft>] = [
        .required("kind", .word, \.kind, "How it reaches people."),
        .emptyable("host", .host, \.host, "mail: the server."),
        .optional("port", .whole(1...65_535), \.port, "mail: None: 587, with tls 465, with none 25."),
        .optional(
            "security", .word, \.security, "mail: None: starttls, and a server that does not offer it gets no mail."),
        .emptyable("user", .line("none to log in"), \.user, "mail: the name to log in with."),
        .optional("password", .secret, \.password, "mail: the password to log in with."),
        .emptyable("from", .address, \.from, "mail: the sender."),
        .emptyable("to", .addresses, \.to, "mail: the readers."),
        .optional(
            "plain_login", .flag, \.allowsPlainLogin, "mail: log in without TLS; obeyed only towards this machine."),
        .emptyable(
            "url", .url, \.url, "webhook: where to. `{token}` in it stands for the token."),
        .optional("template", .word, \.template, "webhook: the form of the message. None: json."),
        .optional(
            "token", .secret, \.token,
            "webhook: sent as its service wants it; never over plain HTTP to another machine."),
        .emptyable(
            "command", .command, \.command,
            "command: `{subject}`, `{body}`, `{severity}`, `{id}`, `{host}` and `{channel}` are filled in."),
        .optional("ca_file", .path, \.caFile, "mail, webhook: certificates (PEM) to trust instead of the system's."),
        .optional(
            "timeout", .span(1...600), \.timeout, "How long each step may take. None: mail 1m, else 30s."),
    ]

    private static let digest = DigestDraft()

    static let digestRules: [KeyRule<DigestDraft>] = [
        .key("at", .hour, \.at, of: digest, "When it is sent, each day, also when all is well."),
        .emptyable("zone", .zone, \.zone, "The zone of that hour. None: the system's."),
        .required("channels", .names(of: "channel"), \.channels, "Who gets it."),
    ]

    private static let ping = PingDraft()

    static let pingRules: [KeyRule<PingDraft>] = [
        .emptyable("url", .url, \.url, "Asked with GET; `{token}` in it stands for the token."),
        .optional("file", .path, \.file, "Written anew each time; its age tells."),
        .optional("token", .secret, \.token, "The secret part of the address."),
        .optional("ca_file", .path, \.caFile, "Certificates (PEM) to trust instead of the system's."),
        .key("every", .span(10...86_400), \.every, of: ping, "The time between two."),
    ]
}

// MARK: - Kinds of values that only the voice has

extension ValueKind where Value == [VoiceOccasion] {
    fileprivate static var words: Self {
        let known = VoiceOccasion.allCases.map(\.rawValue)
        return ValueKind("list of words", known.joined(separator: ", ")) { node throws(BadValue) in
            guard case .array(let nodes) = node else { throw node.wrongKind("a list, for instance [\"error\"]") }
            var occasions: [VoiceOccasion] = []
            for node in nodes {
                let text = try node.text()
                guard let occasion = VoiceOccasion(rawValue: text) else {
                    throw BadValue("has an unknown member" + NearestWord.suggestion(text, among: known))
                }
                guard !occasions.contains(occasion) else { throw BadValue("has a member twice") }
                occasions.append(occasion)
            }
            return occasions
        } write: {
            TOMLString.list($0.map(\.rawValue))
        }
    }
}

extension ValueKind where Value == [EscalationRung] {
    /// `SPAN CHANNEL ...` each, in order of time.
    fileprivate static var ladder: Self {
        ValueKind("list", "`SPAN CHANNEL ...`, at most 8") { node throws(BadValue) in
            guard case .array(let nodes) = node else {
                throw node.wrongKind("a list, for instance [\"0s mail\", \"30m mail phone\"]")
            }
            guard nodes.count <= 8 else { throw BadValue("has more than 8 rungs") }
            var rungs: [EscalationRung] = []
            for node in nodes {
                let rung = try rung(try node.text())
                guard (rungs.last?.after ?? -1) < rung.after else { throw BadValue("is not in order of time") }
                rungs.append(rung)
            }
            return rungs
        } write: { rungs in
            TOMLString.list(rungs.map { ([TimeSpan.text($0.after)] + $0.channels).joined(separator: " ") })
        }
    }

    private static func rung(_ text: String) throws(BadValue) -> EscalationRung {
        let words = text.split(separator: " ").map(String.init)
        guard let span = words.first, words.count > 1 else {
            throw BadValue("has a rung without a channel; write for instance \"30m mail phone\"")
        }
        guard words.count <= 17, words.dropFirst().allSatisfy(MirrorName.isValid) else {
            throw BadValue("has a rung whose words are no names of channels")
        }
        do throws(BadValue) {
            return EscalationRung(after: try TimeSpan.parse(span), channels: Array(words.dropFirst()))
        } catch {
            throw BadValue("has a rung whose first word " + error.message)
        }
    }
}

extension ValueKind where Value == String {
    fileprivate static var host: Self {
        var kind = line("a name or address")
        let read = kind.read
        kind = ValueKind(kind.kind, kind.range) { node throws(BadValue) in
            let text = try read(node)
            guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && !"/@\"<>".utf8.contains($0) }) else {
                throw BadValue("is not the name or address of a server")
            }
            return text
        } write: {
            TOMLString.quoted($0)
        }
        return kind
    }

    fileprivate static var address: Self {
        ValueKind("address", "name@domain") { node throws(BadValue) in
            try mailAddress(try node.text())
        } write: {
            TOMLString.quoted($0)
        }
    }

    /// One plain address without a display name; nothing that could end a header or an argument.
    static func mailAddress(_ text: String) throws(BadValue) -> String {
        let halves = text.split(separator: "@", omittingEmptySubsequences: false)
        let isPlain = text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"<>()[],;:\\\"".utf8.contains($0) }
        guard halves.count == 2, halves.allSatisfy({ !$0.isEmpty }), isPlain, text.utf8.count <= 254,
            !text.hasPrefix("-")
        else { throw BadValue("is not a plain address; write for instance backup@example.org") }
        return text
    }

    /// `http` or `https` with a host, and nobody's name or password in it.
    fileprivate static var url: Self {
        ValueKind("URL", "http or https") { node throws(BadValue) in
            let text = try node.text()
            guard let address = WebAddress(text) else {
                throw BadValue("is not a URL; write for instance https:\u{2F}/example.org/hook")
            }
            guard !address.holdsUser else {
                throw BadValue("holds a name or password; use \"token\" with file: or credential:")
            }
            return text
        } write: {
            TOMLString.quoted($0)
        }
    }

    fileprivate static var hour: Self {
        ValueKind("time of day", "00:00 to 23:59") { node throws(BadValue) in
            let text = try node.text()
            guard DigestSettings(hour: text, channels: []).minuteOfDay != nil else {
                throw BadValue("is not a time of day; write for instance 07:00")
            }
            return text
        } write: {
            TOMLString.quoted($0)
        }
    }

    fileprivate static var zone: Self {
        ValueKind("zone", "a name of the zone database") { node throws(BadValue) in
            let text = try node.text()
            guard CalendarZone(named: text) != nil else {
                throw BadValue("is not a time zone; write for instance Europe/Berlin or UTC")
            }
            return text
        } write: {
            TOMLString.quoted($0)
        }
    }
}

extension ValueKind where Value == [String] {
    fileprivate static var addresses: Self {
        ValueKind("list of addresses", "name@domain") { node throws(BadValue) in
            let texts = try lines("").read(node)
            for text in texts {
                do throws(BadValue) {
                    _ = try ValueKind<String>.mailAddress(text)
                } catch {
                    throw BadValue("has a member that " + error.message)
                }
            }
            return texts
        } write: {
            TOMLString.list($0)
        }
    }
}
