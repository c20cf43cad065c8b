package import BackupModel

/// How a console stands to its engine.
package enum LinkStanding: Hashable, Sendable {
    case attached(Welcome)
    /// Tried again by itself.
    case away(since: WallTime, reason: Failure)
    /// The engine is there and does not want us: another version, another state folder. Tried again, seldom.
    case refused(Failure)
}

/// How a client finds its engine and what it says of itself.
package struct LinkClientSettings: Sendable {
    /// Which doors it tries.
    package enum Wish: String, Hashable, Sendable {
        case operate, look
        /// `engine.sock`, and where the user may not use it, `view.sock`.
        case whatIsAllowed
    }

    package var runtimeFolder: String
    /// The state folder that is meant; nil: whichever engine answers there.
    package var stateFolder: [UInt8]?
    package var program: String
    /// The terminal, or `command line`.
    package var via: String
    package var wish = Wish.whatIsAllowed
    /// A command that asks and leaves; it is no console.
    package var isBrief = false
    package var versions = WireVersions.current
    package var timing = LinkTiming()
    package var wall: @Sendable () -> WallTime
    /// 64 random bits; they name this client's orders.
    package var random: @Sendable () -> UInt64 = { .random(in: .min ... .max) }

    package init(
        runtimeFolder: String, stateFolder: [UInt8]?, program: String, via: String, wish: Wish = .whatIsAllowed,
        wall: @escaping @Sendable () -> WallTime
    ) {
        self.runtimeFolder = runtimeFolder
        self.stateFolder = stateFolder
        self.program = program
        self.via = via
        self.wish = wish
        self.wall = wall
    }

    var doors: [LinkDoor] {
        switch wish {
        case .operate: [.operate]
        case .look: [.look]
        case .whatIsAllowed: [.operate, .look]
        }
    }
}

/// Times of a client.
package struct LinkTiming: Sendable {
    package var firstDelay = Duration.milliseconds(50)
    package var longestDelay = Duration.seconds(2)
    /// Between tries while the engine refuses us.
    package var refusedDelay = Duration.seconds(5)
    package var welcomeWithin = Duration.seconds(5)
    /// Without a word from the engine it is asked; twice as long again, and it is away.
    package var pingAfter = Duration.seconds(5)
    /// How long an order or query may take, lost connections included.
    package var replyWithin = Duration.seconds(30)

    package init() {}

    /// Pause before a try: doubled each time, at least half of it, the rest by `share` of 0 to 1.
    package func delay(afterTries tries: Int, share: Double) -> Duration {
        let full = min(firstDelay * (1 << min(tries, 16)), longestDelay)
        return full / 2 + (full / 2) * min(max(share, 0), 1)
    }
}
