import BackupModel
import Foundation
import Synchronization

@testable import EngineLink

/// Serves a fake engine on a free port for as long as `body` runs.
func serving(
    token: String? = "secret", limits: HTTPLimits = HTTPLimits(), engine: HTTPFakeEngine = HTTPFakeEngine(),
    _ body: @Sendable (HTTPRawClient, HTTPFakeEngine) async throws -> Void
) async throws {
    let settings = HTTPSettings(address: .tcp(host: "127.0.0.1", port: 0), token: token, limits: limits)
    let count = Atomic(0)
    let service = HTTPService(
        engine, settings: settings, now: { .noon.adding(seconds: 60) },
        randomID: { "random-\(count.wrappingAdd(1, ordering: .relaxed).newValue)" })
    guard case .tcp(_, let port) = try await service.start() else { return }
    do {
        try await body(HTTPRawClient(target: .port(port)), engine)
    } catch {
        await service.stop()
        throw error
    }
    await service.stop()
}

func router(
    token: String? = "secret", metricsToken: String? = nil, parts: Set<HTTPPart> = HTTPPart.everything,
    engine: HTTPFakeEngine = HTTPFakeEngine()
) -> Router {
    Router(
        context: Call.Context(
            service: engine, watch: StateWatch(), person: Person(user: "token", uid: 0, via: "api"), now: { .noon }),
        parts: parts, token: token, metricsToken: metricsToken, randomID: { "random" })
}
