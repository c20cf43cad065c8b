import BackupModel

/// What is wrong between the keys of a channel, and between channels and those who name them.
struct VoiceChecks {
    private(set) var problems: [CrossProblem] = []
    /// Every table and key in the files, right or wrong.
    private let set: Set<[String]>
    private let drafts: VoiceDrafts

    init(_ drafts: VoiceDrafts, set: Set<[String]>) {
        self.drafts = drafts
        self.set = set
        for channel in drafts.channels { check(channel) }
        for rung in drafts.alerts.escalation { checkNames(rung.channels, at: ["alerts", "escalation"]) }
        if drafts.digest.channels.isEmpty, set.contains(["digest", "channels"]) {
            complain(["digest", "channels"], "\"channels\" is empty: nobody would get the digest")
        }
        checkNames(drafts.digest.channels, at: ["digest", "channels"])
        if set.contains(["ping"]) { checkPing() }
    }

    private mutating func complain(_ path: [String], _ message: String) {
        problems.append(CrossProblem(path: path, message: message))
    }

    private mutating func checkNames(_ names: [String], at path: [String]) {
        for name in Set(names).sorted() where !set.contains(["channel", name]) {
            let near = NearestWord.suggestion(name, among: drafts.channels.map(\.name))
            complain(path, "\"\(path[1])\" names the channel \"\(name)\", which does not exist" + near)
        }
    }

    private static let mailKeys = ["host", "port", "security", "user", "password", "from", "to", "plain_login"]
    private static let webhookKeys = ["url", "template", "token"]

    /// The keys that a kind takes, and those of them that it must have.
    private static func keys(of kind: ChannelDraft.Kind) -> (taken: [String], needed: [String]) {
        switch kind {
        case .mail: (mailKeys + ["ca_file", "timeout"], ["host", "from", "to"])
        case .webhook: (webhookKeys + ["ca_file", "timeout"], ["url"])
        case .command: (["command", "timeout"], ["command"])
        case .desktop: ([], [])
        }
    }

    private mutating func check(_ channel: ChannelDraft) {
        let table = ["channel", channel.name]
        let (taken, needed) = Self.keys(of: channel.kind)
        for key in KeyTables.channelRules.map(\.key.name) where key != "kind" {
            let isSet = set.contains(table + [key])
            if isSet, !taken.contains(key) {
                complain(table + [key], "\"\(key)\" is not for a channel of kind \"\(channel.kind.rawValue)\"")
            }
            if !isSet, needed.contains(key) {
                complain(
                    table + ["kind"], "a channel of kind \"\(channel.kind.rawValue)\" needs \"\(key)\"")
            }
        }
        switch channel.kind {
        case .mail: checkMail(channel, table)
        case .webhook: checkToken(of: channel.url, channel.token, table)
        case .command, .desktop: break
        }
    }

    private mutating func checkMail(_ channel: ChannelDraft, _ table: [String]) {
        if channel.to.isEmpty, set.contains(table + ["to"]) {
            complain(table + ["to"], "\"to\" is empty: nobody would get the mail")
        }
        if !channel.user.isEmpty, channel.password == nil {
            complain(table + ["user"], "\"user\" says nothing without \"password\"")
        }
        if channel.password != nil, channel.user.isEmpty {
            complain(table + ["password"], "\"password\" says nothing without \"user\"")
        }
        guard channel.security == MailSecurity.none, channel.password != nil else { return }
        guard channel.allowsPlainLogin == true, WebAddress.isThisMachine(channel.host.lowercased()) else {
            return complain(
                table + ["security"],
                "\"security\" of none would send the password in the clear; that is done only towards this machine "
                    + "and with \"plain_login\"")
        }
    }

    private mutating func checkToken(of url: String, _ token: SecretReference?, _ table: [String]) {
        guard let address = WebAddress(url) else { return }
        if url.contains("{token}"), token == nil {
            complain(table + ["url"], "\"url\" holds {token}, and there is no \"token\"")
        }
        if token != nil, !address.isEncrypted, !address.isThisMachine {
            complain(table + ["url"], "\"url\" would send the token in the clear; use https")
        }
    }

    private mutating func checkPing() {
        let ping = drafts.ping
        let isURL = set.contains(["ping", "url"])
        let isFile = set.contains(["ping", "file"])
        if isURL == isFile {
            complain(["ping", isURL ? "file" : ""], "[ping] needs \"url\" or \"file\", one of them")
        }
        if isFile, ping.token != nil { complain(["ping", "token"], "\"token\" is not for a ping by file") }
        if isURL { checkToken(of: ping.url, ping.token, ["ping"]) }
    }
}
