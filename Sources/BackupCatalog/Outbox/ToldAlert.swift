package import BackupModel

/// An alert that somebody was told of: what was told is not told again, and its end is told to the same people.
package struct ToldAlert: Hashable, Codable, Sendable {
    /// Tells one raising of an alert from the next.
    package var key: String
    package var alert: Alert
    /// Ids of the messages, so the rungs that were reached.
    package var messages: Set<String>
    package var channels: Set<String>

    package init(key: String, alert: Alert, messages: Set<String> = [], channels: Set<String> = []) {
        self.key = key
        self.alert = alert
        self.messages = messages
        self.channels = channels
    }
}

/// A message that went out, as far as it matters for the next ones.
package struct SentMessage: Hashable, Sendable {
    package var channel: String
    package var occasion: Message.Occasion
    package var topic: String
    package var severity: Severity
    package var at: WallTime
    /// It went as a part of another.
    package var wasJoined: Bool

    package init(
        channel: String, occasion: Message.Occasion, topic: String, severity: Severity, at: WallTime,
        wasJoined: Bool = false
    ) {
        self.channel = channel
        self.occasion = occasion
        self.topic = topic
        self.severity = severity
        self.at = at
        self.wasJoined = wasJoined
    }
}

/// How a message left the outbox.
package enum MessageEnd: String, Sendable {
    case delivered
    /// It never can be delivered; the reason is kept.
    case refused
}
