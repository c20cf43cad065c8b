import BackupEngine
import BackupModel
import EngineLink
import Settings

/// An engine to give an order to: with the lock free, one of this command's own, which consoles can attach to; with the
/// lock held, the one that holds it.
struct WorkingEngine: Sendable {
    let port: any EnginePort
    let settings: HoldfastSettings
    /// Why it is not our own, naming who has it; nil when it is.
    let holder: Failure?
    /// Nobody waits for what others have begun in it.
    let hurry: @Sendable () -> Void
    let close: @Sendable () async -> Void

    static func open(_ place: PlaceOptions) async throws -> WorkingEngine {
        do {
            let own = try await ForegroundEngine.open(CommandPlace(place))
            return WorkingEngine(
                port: own.engine, settings: own.settings, holder: nil, hurry: { own.hurry() },
                close: { await own.close() })
        } catch let failure as Failure {
            guard failure.code == "BUSY" else { throw failure }
            return try await attached(place, busy: failure)
        }
    }

    private static func attached(_ place: PlaceOptions, busy: Failure) async throws -> WorkingEngine {
        let reach: Reach
        do { reach = try await Reach.attach(place, stay: .console) } catch let failure as Failure {
            // The holder listens to nobody, or elsewhere: its name is what helps.
            throw [Failure.engineNotRunning.code, "OTHER_ENGINE"].contains(failure.code) ? busy : failure
        }
        return WorkingEngine(
            port: reach.client, settings: reach.settings, holder: busy, hurry: {}, close: { await reach.close() })
    }

    /// Gives an order; the words of its acceptance. Where another has the mirror, the failure names who.
    @discardableResult
    func begin(_ intent: Intent) async throws -> String {
        let failure: Failure
        switch await port.send(intent) {
        case .accepted(let words): return words
        case .refused(let reason): failure = reason
        }
        guard let holder, failure.code == "ALREADY_RUNNING" else { throw failure }
        var busy = holder
        busy.message = failure.message + ": " + holder.message
        throw busy
    }

    /// Refused when the engine works with other folders than the settings have now.
    func check(_ name: String) async throws {
        let wanted = try settings.mirror(named: name)
        for await state in await port.states() {
            guard let copy = state.copies.first(where: { $0.name == name }) else { break }
            if copy.source == wanted.source, copy.target == wanted.target { return }
            throw Failure(
                code: "SETTINGS_NOT_READ", side: .settings,
                message: "the engine has another source or target for mirror \(name) than the settings",
                hint: "holdfast config reload")
        }
    }
}
