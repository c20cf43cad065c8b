package import BackupCatalog
package import BackupModel

/// Which of a channel's waiting messages goes out now, and what is put together with it (L7).
///
/// Alerts, ends and recoveries gather for some seconds and go as one. The same kind of news on the same topic goes out
/// once an hour. The more a channel was told within the hour, the longer the pause: a storm of 200 alerts makes a
/// handful of messages, and none is left out.
package struct Coalescer: Hashable, Sendable {
    /// Seconds from a first message until it goes out with those that joined it.
    package var gather: Double
    /// Parts of one message at most.
    package static let batchLimit = 100

    package init(gather: Double) { self.gather = gather }

    /// The messages that go as one now; none when nothing is due.
    ///
    /// - Parameters:
    ///   - waiting: of one channel, oldest first.
    ///   - sent: what the channel was told within the last hour.
    package func batch(_ waiting: [Message], sent: [SentMessage], now: WallTime) -> [Message] {
        if waiting.isEmpty { return [] }
        // What was tried once keeps its content, so that who gets it twice can tell.
        if let alone = waiting.first(where: { isAlone($0) && isDue($0, now) }) { return [alone] }
        let recent = sent.filter { now.seconds(since: $0.at) < 3600 }
        let told = Set(recent.map(Topic.init))
        let ready = waiting.filter { !isAlone($0) && !told.contains(Topic($0)) }
        guard let oldest = ready.first, now.seconds(since: oldest.createdAt) >= gather || oldest.createdAt > now else {
            return []
        }
        if let last = recent.filter({ $0.occasion.gathers && !$0.wasJoined }).map(\.at).max(),
            now.seconds(since: last) < pause(after: recent)
        {
            return []
        }
        return Array(ready.prefix(Self.batchLimit))
    }

    /// Seconds between two gathered messages: 0 after the first, then 20, 40 ... up to a quarter of an hour.
    func pause(after recent: [SentMessage]) -> Double {
        let count = recent.count { $0.occasion.gathers && !$0.wasJoined }
        return count < 2 ? 0 : min(900, 20 * Double(1 << min(count - 2, 10)))
    }

    private func isAlone(_ message: Message) -> Bool { !message.occasion.gathers || message.attempts > 0 }

    /// A time far ahead comes from a clock that was set back, and counts as reached.
    private func isDue(_ message: Message, _ now: WallTime) -> Bool {
        message.notBefore <= now || message.notBefore.seconds(since: now) > Backoff.farthest
    }

    private struct Topic: Hashable {
        var topic: String
        var occasion: Message.Occasion
        var severity: Severity

        init(_ message: Message) {
            (topic, occasion, severity) = (message.topic, message.occasion, message.severity)
        }

        init(_ sent: SentMessage) {
            (topic, occasion, severity) = (sent.topic, sent.occasion, sent.severity)
        }
    }
}

/// When a message that did not go out is tried again.
package enum Backoff {
    /// An hour, unless the other side asked for more.
    package static let longest: Double = 3600
    /// A day, however much more the other side asks for.
    package static let mostAsked: Double = 86_400
    /// No wait that was ever set ends later than this.
    package static let farthest: Double = mostAsked * 1.2

    /// Half a minute, doubled with each attempt; a fifth of it is left to chance, so that not all come back at once.
    package static func delay(attempts: Int, asked: Double?, random: UInt64) -> Double {
        let own = min(longest, 30 * Double(1 << min(max(0, attempts - 1), 10)))
        let chance = Double(random % 1000) / 1000
        // What the other side asked for is the least, never undercut.
        return max(own * (0.9 + 0.2 * chance), min(asked ?? 0, mostAsked) * (1 + 0.1 * chance))
    }
}

/// Several messages as one.
package enum JoinedMessage {
    /// The first one's id, the gravest severity, every subject and as much of the texts as fits.
    package static func make(_ parts: [Message], host: String) -> Message? {
        guard var whole = parts.first else { return nil }
        guard parts.count > 1 else { return whole }
        whole.severity = parts.map(\.severity).max() ?? whole.severity
        whole.subject = "[\(host)] " + heading(parts)
        whole.body = parts.map { "- \($0.subject)\n" }.joined() + texts(parts)
        whole.facts = [
            Message.Fact("messages", "\(parts.count)"),
            Message.Fact("about", topics(parts).joined(separator: ", ")),
        ]
        return whole
    }

    /// What could not be told for long, as one list; its id is new, for its parts may have arrived after all.
    package static func late(_ parts: [Message], host: String, now: WallTime) -> Message? {
        guard let first = parts.first, let last = parts.last else { return nil }
        var lines = parts.flatMap { part in
            part.id.hasPrefix("late.")
                ? part.body.split(separator: "\n").map(String.init).filter { $0.hasPrefix("- ") }
                : ["- \(part.createdAt.iso8601()) \(part.subject)"]
        }
        let all = lines.count
        if all > lateLimit { lines = lines.prefix(lateLimit / 2) + lines.suffix(lateLimit / 2) }
        var message = Message(
            id: "late.\(now.milliseconds).\(first.channel)", channel: first.channel, occasion: .alert, topic: "",
            subject: "[\(host)] \(all) messages could not be delivered",
            body: "Since \(first.createdAt.iso8601()) this channel could not be reached. What was to be told:\n"
                + lines.joined(separator: "\n") + "\n",
            severity: parts.map(\.severity).max() ?? .warn,
            facts: [Message.Fact("until", last.createdAt.iso8601())], createdAt: first.createdAt, notBefore: now)
        message.attempts = 1
        return message
    }

    private static let lateLimit = 200
    private static let textLimit = 20_000

    /// `ERROR 2 alerts: a, b; well again: c; 4 runs ended: d, e`: trouble first, and good news never under its name.
    private static func heading(_ parts: [Message]) -> String {
        func named(_ some: [Message]) -> String {
            let all = topics(some)
            return all.prefix(3).joined(separator: ", ") + (all.count > 3 ? " and \(all.count - 3) more" : "")
        }
        func counted(_ some: [Message], _ one: String, _ many: String) -> String {
            (some.count == 1 ? "1 \(one)" : "\(some.count) \(many)") + (topics(some).isEmpty ? "" : ": " + named(some))
        }
        let well = parts.filter { $0.occasion == .recovery }
        let ended = parts.filter { $0.occasion == .completion }
        let trouble = parts.filter { $0.occasion != .recovery && $0.occasion != .completion }
        var words: [String] = []
        if let worst = trouble.map(\.severity).max() {
            words.append("\(worst.word) " + counted(trouble, "alert", "alerts"))
        }
        if !well.isEmpty { words.append("well again: " + named(well)) }
        if !ended.isEmpty { words.append(counted(ended, "run ended", "runs ended")) }
        return words.joined(separator: "; ")
    }

    private static func topics(_ parts: [Message]) -> [String] {
        var seen: Set<String> = []
        return parts.map(\.topic).filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    private static func texts(_ parts: [Message]) -> String {
        var text = ""
        for part in parts {
            let block = "\n\(part.subject)\n\(part.body)"
            if text.utf8.count + block.utf8.count > textLimit { return text + "\n(further texts are in the log)\n" }
            text += block
        }
        return text
    }
}
