/// What a console or a command sees of an engine, whether it lives in the same process or behind a socket.
package protocol EnginePort: Sendable {
    /// The state now and after every change; a slow reader gets the newest, never a backlog.
    func states() async -> AsyncStream<EngineState>
    /// The one way to change the world.
    func send(_ intent: Intent) async -> IntentResult
    /// Answers what is too large for the state.
    func ask(_ query: Query) async -> Answer
}
