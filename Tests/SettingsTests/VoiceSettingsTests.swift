import BackupModel
import Settings
import Testing

private let mail = """
    [channel.mail]
    kind = "mail"
    host = "mail.example.org"
    from = "backup@example.org"
    to = ["ops@example.org"]

    """

@Suite struct VoiceSettingsTests {
    @Test func everyTableIsTaken() throws {
        let voice = try parse(
            mail + """
                port = 2525
                security = "tls"
                user = "backup"
                password = "file:/etc/holdfast/mail.secret"
                ca_file = "/etc/ssl/own.pem"
                timeout = "20s"
                [channel.hook]
                kind = "webhook"
                url = "https:\u{2F}/ntfy.example.org/{token}"
                template = "ntfy"
                token = "credential:ntfy"
                [channel.run]
                kind = "command"
                command = ["/usr/local/bin/page", "{subject}"]
                [channel.desk]
                kind = "desktop"
                [alerts]
                from = "error"
                on = ["error", "completion"]
                escalation = ["0s mail", "30m hook run"]
                gather = "1m"
                keep_trying = "2d"
                [digest]
                at = "06:30"
                zone = "Europe/Berlin"
                channels = ["mail"]
                [ping]
                url = "https:\u{2F}/ping.example.org/{token}"
                token = "file:/etc/holdfast/ping.secret"
                every = "1m"
                """
        ).voice
        #expect(voice.channels.map(\.name) == ["desk", "hook", "mail", "run"])
        var wanted = MailSettings(
            host: "mail.example.org", port: 2525, security: .tls, from: "backup@example.org",
            to: ["ops@example.org"])
        wanted.user = "backup"
        wanted.password = .file("/etc/holdfast/mail.secret")
        wanted.caFile = "/etc/ssl/own.pem"
        wanted.timeout = 20
        #expect(voice.channels[2].kind == .mail(wanted))
        var hook = WebhookSettings(url: "https:\u{2F}/ntfy.example.org/{token}", template: .ntfy)
        hook.token = .credential("ntfy")
        #expect(voice.channels[1].kind == .webhook(hook))
        #expect(
            voice.channels[3].kind == .command(CommandChannelSettings(arguments: ["/usr/local/bin/page", "{subject}"])))
        let rungs = [
            EscalationRung(after: 0, channels: ["mail"]), EscalationRung(after: 1800, channels: ["hook", "run"]),
        ]
        #expect(voice.escalation == EscalationSettings(from: .error, rungs: rungs))
        #expect(voice.on == [.error, .completion])
        #expect(voice.gather == 60)
        #expect(voice.keepTrying == 2 * 86_400)
        #expect(voice.digest == DigestSettings(hour: "06:30", zone: "Europe/Berlin", channels: ["mail"]))
        #expect(voice.ping?.target == .url("https:\u{2F}/ping.example.org/{token}"))
        #expect(voice.ping?.every == 60)
    }

    @Test func withoutTablesTheVoiceIsAsTheModelHasIt() throws {
        #expect(try parse(coldMirror).voice == VoiceSettings())
        let sent = MailSettings(host: "mail.example.org", from: "backup@example.org", to: ["ops@example.org"])
        #expect(try parse(mail).voice.channels.first?.kind == .mail(sent))
    }

    @Test(
        "J12 J13 what is wrong with channels is told at load",
        arguments: [
            (
                "[channel.a]\nkind = \"mial\"\n",
                "2:1: \"kind\" must be one of mail, webhook, command, desktop; did you mean \"mail\"?"
            ),
            ("[channel.a]\nkind = \"webhook\"\n", "2:1: a channel of kind \"webhook\" needs \"url\""),
            (
                "[channel.a]\nkind = \"desktop\"\nurl = \"https:\u{2F}/a/b\"\n",
                "3:1: \"url\" is not for a channel of kind \"desktop\""
            ),
            (mail + "user = \"me\"\n", "6:1: \"user\" says nothing without \"password\""),
            (
                mail + "user = \"me\"\npassword = \"file:/a\"\nsecurity = \"none\"\n",
                "8:1: \"security\" of none would send the password in the clear; that is done only towards this machine "
                    + "and with \"plain_login\""
            ),
            (
                mail + "password = \"hunter2\"\n",
                "6:1: \"password\" holds the secret itself, or something else; put it into a file of mode 0600 and "
                    + "write file:/path, or credential:NAME"
            ),
            (mail + "password = \"file:secret\"\n", "6:1: \"password\" names no absolute path after file:"),
            (
                mail + "password = \"credential:../x\"\n",
                "6:1: \"password\" names no credential: 1 to 200 of a-z, A-Z, 0-9, - _ and ., not beginning with a dot"
            ),
            (
                "[channel.a]\nkind = \"webhook\"\nurl = \"ftp://a/b\"\n",
                "3:1: \"url\" is not a URL; write for instance https:\u{2F}/example.org/hook"
            ),
            (
                "[channel.a]\nkind = \"webhook\"\nurl = \"https:\u{2F}/me:hunter2@a/b\"\n",
                "3:1: \"url\" holds a name or password; use \"token\" with file: or credential:"
            ),
            (
                "[channel.a]\nkind = \"webhook\"\nurl = \"http:\u{2F}/a/b\"\ntoken = \"file:/t\"\n",
                "3:1: \"url\" would send the token in the clear; use https"
            ),
            (
                "[channel.a]\nkind = \"webhook\"\nurl = \"https:\u{2F}/a/{token}\"\n",
                "3:1: \"url\" holds {token}, and there is no \"token\""
            ),
            (
                mail + "[alerts]\nescalation = [\"0s mial\"]\n",
                "7:1: \"escalation\" names the channel \"mial\", which does not exist; did you mean \"mail\"?"
            ),
            (
                mail + "[alerts]\nescalation = [\"1h mail\", \"5m mail\"]\n",
                "7:1: \"escalation\" is not in order of time"
            ),
            (
                mail + "[alerts]\nescalation = [\"mail\"]\n",
                "7:1: \"escalation\" has a rung without a channel; write for instance \"30m mail phone\""
            ),
            ("[alerts]\non = [\"eror\"]\n", "2:1: \"on\" has an unknown member; did you mean \"error\"?"),
            ("[digest]\nat = \"07:00\"\n", "1:2: [digest] has no \"channels\""),
            (
                mail + "[digest]\nchannels = [\"mail\"]\nat = \"7\"\n",
                "8:1: \"at\" is not a time of day; write for instance 07:00"
            ),
            (
                mail + "[digest]\nchannels = [\"mail\"]\nzone = \"Europe/Berlim\"\n",
                "8:1: \"zone\" is not a time zone; write for instance Europe/Berlin or UTC"
            ),
            ("[ping]\nevery = \"1m\"\n", "1:2: [ping] needs \"url\" or \"file\", one of them"),
            (
                "[metrics]\nlisten = \"0.0.0.0:9595\"\n",
                "2:1: \"listen\" is not on this machine; use 127.0.0.1, [::1] or unix:/path, and a proxy for the network"
            ),
            ("[metrics]\nlisten = \"127.0.0.1:99999\"\n", "2:1: \"listen\" has an impossible port: 1 to 65535"),
            (
                "[api]\nlisten = \"9595\"\n",
                "2:1: \"listen\" is not an address; write 127.0.0.1:9595, [::1]:9595 or unix:/run/holdfast/metrics.sock"
            ),
            ("[engine]\njobs_at_once = 0\n", "2:1: \"jobs_at_once\" is out of range: 1 to 64"),
        ])
    func wrong(text: String, expected: String) {
        let lines = complaints(text)
        #expect(lines == ["holdfast.toml:" + expected])
        #expect(!lines.joined().contains("hunter2"))
    }

    @Test(arguments: ["127.0.0.1:9595", "127.3.2.1:1", "[::1]:65535", "localhost:80", "unix:/run/holdfast/m.sock"])
    func addressesAreWrittenAsTheyAreRead(text: String) throws {
        #expect(try ListenAddress.parse(text).text == text)
    }

    @Test(arguments: ["127.0.0.1", ":80", "127.0.0.1.evil.org:80", "127.1:80", "unix:run", "localhost:08x", ""])
    func noAddress(text: String) {
        #expect(throws: BadValue.self) { try ListenAddress.parse(text) }
    }

    @Test("J13 the address of a webhook is not shown beyond its host")
    func hiddenAddress() throws {
        let text = "[channel.a]\nkind = \"webhook\"\nurl = \"https:\u{2F}/hooks.example.org/T0/hunter2\"\n"
        let loaded = try SettingsFile.load([SettingsText(file: "h", bytes: Array(text.utf8))])
        let shown = loaded.values.first { $0.path == ["channel", "a", "url"] }?.text
        #expect(shown == "\"https:\u{2F}/hooks.example.org/...\"")
    }
}
