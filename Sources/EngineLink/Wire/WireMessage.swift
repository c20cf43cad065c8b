package import BackupModel

/// One frame's contents, in either direction. A kind is never changed, only added; both sides refuse what they do not
/// know and stay connected.
package enum WireMessage: Hashable, Codable, Sendable {
    // From the console.
    case hello(Hello)
    /// States from now on, or no more.
    case watch(isOn: Bool)
    case order(id: String, intent: Intent, basis: UInt64?)
    case query(id: String, query: Query)
    case ping

    // From the engine.
    case welcome(Welcome)
    /// Why the last frame, or the whole connection, is not taken.
    case refused(Failure)
    case state(EngineState)
    case result(id: String, result: IntentResult)
    case answer(id: String, answer: Answer)
    case pong

    static let kinds: Set<String> = [
        "hello", "watch", "order", "query", "ping", "welcome", "refused", "state", "result", "answer", "pong",
    ]
}

/// What a console says first. New fields are optional, so that an older engine understands it.
package struct Hello: Hashable, Codable, Sendable {
    /// Protocol versions it speaks.
    package var lowest: Int
    package var highest: Int
    /// Version of the program, for messages.
    package var program: String
    /// The state folder it means; nil: whichever engine answers.
    package var stateFolder: ForeignBytes?
    /// Its terminal, or `command line`.
    package var via: String
    /// A command that asks and leaves: it takes no console's place. Nil: a console.
    package var isBrief: Bool?

    package init(
        lowest: Int, highest: Int, program: String, stateFolder: [UInt8]?, via: String, isBrief: Bool? = nil
    ) {
        self.lowest = lowest
        self.highest = highest
        self.program = program
        self.stateFolder = stateFolder.map(ForeignBytes.init)
        self.via = via
        self.isBrief = isBrief
    }
}

/// What the engine answers to a hello that it takes.
package struct Welcome: Hashable, Codable, Sendable {
    /// The protocol's version that both will speak.
    package var version: Int
    package var host: String
    package var program: String
    package var stateFolder: ForeignBytes
    /// Orders will be refused.
    package var isReadOnly: Bool

    package init(version: Int, host: String, program: String, stateFolder: [UInt8], isReadOnly: Bool) {
        self.version = version
        self.host = host
        self.program = program
        self.stateFolder = ForeignBytes(stateFolder)
        self.isReadOnly = isReadOnly
    }
}

/// Protocol versions that one side speaks.
package struct WireVersions: Hashable, Sendable {
    package var lowest: Int
    package var highest: Int

    package init(lowest: Int, highest: Int) {
        self.lowest = lowest
        self.highest = highest
    }

    /// 2: maps and graphs of mirrors as text.
    package static let current = WireVersions(lowest: 2, highest: 2)

    /// The newest that both speak, or nil.
    package func common(with other: WireVersions) -> Int? {
        let version = min(highest, other.highest)
        return version >= max(lowest, other.lowest) ? version : nil
    }

    var words: String { lowest == highest ? "\(lowest)" : "\(lowest) to \(highest)" }
}
