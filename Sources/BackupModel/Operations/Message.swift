/// One thing to tell over one channel; it waits on disk until it is told.
package struct Message: Hashable, Codable, Sendable {
    /// What it is about decides how it is put together with others.
    package enum Occasion: String, Codable, CaseIterable, Sendable {
        case alert, completion, recovery
        /// A further rung of an alert's ladder.
        case escalation
        case request, digest, test

        /// Many of these in a short time go out as one.
        package var gathers: Bool {
            switch self {
            case .alert, .completion, .recovery: true
            case .escalation, .request, .digest, .test: false
            }
        }
    }

    /// One line `name: value` below the text, or a field of a webhook's JSON.
    package struct Fact: Hashable, Codable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The same through every attempt and restart, so that who gets it twice can tell; letters, digits, `.` and `-`.
    package var id: String
    package var channel: String
    package var occasion: Occasion
    /// The job, volume or set.
    package var topic: String
    /// One line; foreign bytes are escaped already.
    package var subject: String
    /// Lines ended by `\n`; foreign bytes are escaped already.
    package var body: String
    package var severity: Severity
    package var facts: [Fact]
    package var createdAt: WallTime
    /// How often its delivery was begun.
    package var attempts: Int
    /// Not tried again before.
    package var notBefore: WallTime

    package init(
        id: String, channel: String, occasion: Occasion, topic: String = "", subject: String, body: String,
        severity: Severity, facts: [Fact] = [], createdAt: WallTime, notBefore: WallTime? = nil
    ) {
        self.id = id
        self.channel = channel
        self.occasion = occasion
        self.topic = topic
        self.subject = subject
        self.body = body
        self.severity = severity
        self.facts = facts
        self.createdAt = createdAt
        attempts = 0
        self.notBefore = notBefore ?? createdAt
    }
}

/// How one attempt to deliver a message ended. No reason holds a secret.
package enum DeliveryResult: Hashable, Codable, Sendable {
    case delivered
    /// Some of its receivers took it, others never will.
    case deliveredPartly(reason: String)
    /// Not now; `after` are the seconds that the other side asked for.
    case again(reason: String, after: Double?)
    /// Never, as it is.
    case refused(reason: String)

    /// Why it is not, or not wholly, delivered.
    package var reason: String? {
        switch self {
        case .delivered: nil
        case .deliveredPartly(let reason), .again(let reason, _), .refused(let reason): reason
        }
    }
}

/// Text that no description, dump or encoding shows.
package struct Secret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// For the one call that sends it, and for `Redaction`.
    package let revealed: String

    package init(_ text: String) { revealed = text }

    package var description: String { Redaction.mark }
    package var debugDescription: String { Redaction.mark }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A channel with its secret read, which lives in memory only: it cannot be encoded.
package struct ResolvedChannel: Hashable, Sendable {
    package var settings: ChannelSettings
    package var secret: Secret?
    /// The name by which this machine tells itself from others; in mail's `Message-ID` too.
    package var host: String

    package init(_ settings: ChannelSettings, secret: Secret?, host: String) {
        self.settings = settings
        self.secret = secret
        self.host = host
    }
}
