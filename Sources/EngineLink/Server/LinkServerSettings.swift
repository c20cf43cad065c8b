package import BackupModel
package import NIOCore
import CLinux

/// What a server of consoles needs to know.
package struct LinkServerSettings: Sendable {
    /// Absolute; holds `engine.sock` and `view.sock`.
    package var runtimeFolder: String
    /// Consoles that mean another one are refused.
    package var stateFolder: [UInt8]
    package var host: String
    package var program: String
    /// The group that may look; nil: that of the process.
    package var viewGroup: UInt32?
    package var versions = WireVersions.current
    package var limits = LinkLimits()
    package var wall: @Sendable () -> WallTime
    /// Throws when the caller no longer holds the engine's lock: without it no stale socket is removed (I-2).
    package var checkLock: @Sendable () throws(Failure) -> Void
    /// Hears of callers that were refused or cut, for the log.
    package var onIncident: @Sendable (LinkIncident) -> Void

    package init(
        runtimeFolder: String, stateFolder: [UInt8], host: String, program: String,
        wall: @escaping @Sendable () -> WallTime, checkLock: @escaping @Sendable () throws(Failure) -> Void,
        onIncident: @escaping @Sendable (LinkIncident) -> Void = { _ in }
    ) {
        self.runtimeFolder = runtimeFolder
        self.stateFolder = stateFolder
        self.host = host
        self.program = program
        self.wall = wall
        self.checkLock = checkLock
        self.onIncident = onIncident
    }
}

/// Bounds of a server; every queue has one.
package struct LinkLimits: Sendable {
    package var attached = 64
    /// Of these, at most so many by `view.sock`, so that lookers never keep the operator out.
    package var attachedLookers = 48
    /// Commands that ask and leave, beside the consoles: so many consoles never keep `status` out.
    package var brief = 32
    /// Of these, at most so many by `view.sock`.
    package var briefLookers = 16
    /// Callers that have not said hello; the oldest goes for a new one.
    package var greeting = 16
    package var helloWithin = TimeAmount.seconds(5)
    /// How long a console may leave what waits for it unread.
    package var stuckAfter = TimeAmount.seconds(30)
    /// Bytes of answers and results that may wait for one console.
    package var keepBytes = 4 << 20
    /// With so many unread, no further question of that console is asked.
    package var unreadBytes = 64 << 10
    /// Orders and queries of one console under way at a time.
    package var outstanding = 64
    /// Pause between two states: 30 a second.
    package var statePause = Duration.milliseconds(33)
    /// How long a refused caller has to read why.
    package var lastWords = TimeAmount.seconds(1)

    package init() {}
}

/// A caller that was refused or cut.
package struct LinkIncident: Hashable, Sendable {
    package var at: WallTime
    package var person: Person
    package var failure: Failure
    /// How many of the same code since the last one that was told.
    package var count: Int
}

/// Which of the two sockets somebody came by.
package enum LinkDoor: String, Hashable, CaseIterable, Sendable {
    case operate = "engine.sock"
    case look = "view.sock"

    var mode: UInt32 { self == .operate ? 0o600 : 0o660 }
}

/// Who is at the other end, as the kernel says.
package struct LinkPeer: Hashable, Sendable {
    package var uid: UInt32
    package var pid: Int32
    /// Is in the group that may look.
    package var isInGroup: Bool

    package init(uid: UInt32, pid: Int32, isInGroup: Bool) {
        self.uid = uid
        self.pid = pid
        self.isInGroup = isInGroup
    }

    /// Why this peer may not use the door, or nil. The file modes say the same; a loosened mode changes nothing (I-1).
    package func refusal(at door: LinkDoor, owner: UInt32) -> Failure? {
        if uid == owner || uid == 0 { return nil }
        if door == .look && isInGroup { return nil }
        return linkFailure(
            "NOT_PERMITTED",
            door == .operate
                ? "uid \(uid) may not operate this engine; its user is uid \(owner)"
                : "uid \(uid) is not in the group that may look at this engine",
            operation: "connect", hint: "Run as the engine's user, or ask to be added to its group.")
    }

    static func of(_ fd: Int32, group: UInt32) throws(Failure) -> LinkPeer {
        var peer = clinux_peer()
        let result = clinux_peer_of(fd, &peer)
        guard result == 0 else {
            throw linkFailure("PEER_UNKNOWN", "the kernel does not say who calls", errno: -result)
        }
        return LinkPeer(uid: peer.uid, pid: peer.pid, isInGroup: clinux_peer_in_group(fd, group) == 1)
    }
}
