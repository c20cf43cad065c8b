/// An engine as its servers see it: orders carry who sent them, so that the audit log can tell.
package protocol EngineService: Sendable {
    /// The state now and after every change; a slow reader gets the newest, never a backlog.
    func states() async -> AsyncStream<EngineState>
    /// Does an order once, however often it is sent.
    func take(_ order: Order) async -> IntentResult
    /// Answers what is too large for the state.
    func ask(_ query: Query) async -> Answer
    /// Who watches from now on, for `EngineState.consoles`; called after every change, never twice at a time.
    func attached(_ consoles: [AttachedConsole]) async
}

extension EngineService {
    package func attached(_ consoles: [AttachedConsole]) async {}
}
