/// How a console stands to its engine: there, gone for now, or turned away.
package enum LinkStanding: Hashable, Codable, Sendable {
    /// - Parameter version: the engine's.
    case attached(version: String, isReadOnly: Bool)
    /// The engine does not answer; the link tries again by itself.
    case away(since: WallTime, reason: String)
    /// The engine does not want this console, for instance another user's or too old a one; nothing is tried again.
    case refused(Failure)

    package var isAttached: Bool {
        if case .attached = self { true } else { false }
    }
}
