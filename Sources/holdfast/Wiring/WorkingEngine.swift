import BackupEngine
import BackupModel
import EngineLink

/// An engine to give an order to: with the lock free, one of this command's own; with the lock held, the one that
/// holds it.
struct WorkingEngine: Sendable {
    let port: any EnginePort
    let close: @Sendable () async -> Void

    static func open(_ place: PlaceOptions) async throws -> WorkingEngine {
        do {
            let workplace = try await Workplace.open(place)
            return WorkingEngine(port: workplace.engine) { await workplace.engine.close() }
        } catch let failure as Failure {
            guard failure.code == "BUSY" else { throw failure }
            return try await attached(place, busy: failure)
        }
    }

    private static func attached(_ place: PlaceOptions, busy: Failure) async throws -> WorkingEngine {
        let reach: Reach
        do { reach = try await Reach.attach(place, via: Caller.terminal) } catch let failure as Failure {
            // The holder listens to nobody, another command for instance: its name is what helps.
            throw failure.code == Failure.engineNotRunning.code ? busy : failure
        }
        return WorkingEngine(port: reach.client) { await reach.close() }
    }
}
