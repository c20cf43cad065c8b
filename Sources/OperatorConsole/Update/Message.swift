package import BackupModel

/// Whatever reaches the console. The host sends a `tick` before each batch of others, since messages carry no time.
package enum Message: Sendable {
    case state(EngineState)
    case answer(Query, Answer)
    case intentResult(Intent, IntentResult)
    case key(Key)
    /// Bracketed paste: text, never keys (H10).
    case paste([UInt8])
    case resize(Size)
    /// `monotonic` in seconds, of a clock that never steps back.
    case tick(now: WallTime, monotonic: Double)
    case focus(Bool)
    case engineLost
    /// How the link to the engine stands now; a console without a link never gets one.
    case standing(LinkStanding)
    /// What came of an effect that the host carried out, for instance a written file.
    case note(Severity, SafeText)
}

/// What the console wants done; the host does it and never waits for it before the next message.
package enum Effect: Hashable, Sendable {
    case send(Intent)
    case ask(Query)
    case quit
    case suspend
    case redraw
    case bell
    /// Throw away what was typed before a dangerous question (H10).
    case flushInput
    /// To the clipboard, already quoted for a shell.
    case copy([UInt8])
    /// Into a file; the host finds a free name near the suggested one.
    case export(text: String, suggestedName: String)
    case setTheme(String)
}

/// One step: the next model, and what to do about it.
package func update(_ model: consuming Model, _ message: Message) -> (Model, [Effect]) {
    var next = model
    let effects = next.receive(message)
    return (next, effects)
}
