import BackupEngine
import BackupModel
import EngineLink
import Foundation
import Settings
import Synchronization
import WorkerKit

/// The process that is the engine: the lock and the workers, the two sockets, the web's doors, systemd's ear.
///
/// It ends by SIGTERM, SIGINT or `engine stop`, always the same way: runs end cleanly, then the sockets go.
struct EngineHost {
    let place: CommandPlace
    let notify: ServiceNotify

    /// Serves until it is asked to end. Status 0 by a signal too: an engine that was stopped has not failed.
    func run() async throws {
        // No folder is kept busy by it, a volume that is to be unmounted least of all.
        chdir("/")
        let ending = Ending()
        let signals = EndSignals()
        signals.onEnd([SIGINT, SIGTERM]) { _ in ending.call() }
        let loaded = try place.load()
        let (reloaded, taken) = AsyncStream.makeStream(of: LoadedSettings.self)
        let builder = EngineBuilder(place: place, taken: { taken.yield($0) })
        let engine = try await Engine.open(try builder.configuration(loaded, stop: { ending.call() }))
        let doors: Doors
        do {
            doors = try await Doors.open(engine, loaded, place, web: place.webDoors(loaded.settings))
        } catch {
            await engine.close()
            throw error
        }
        let following = Task { for await loaded in reloaded { await doors.obey(loaded) } }
        let sleep = Task { await SleepGuard { await engine.report($0) }.follow(engine.states()) }
        let reloads = ReloadSignal { Task { await reload(engine) } }
        notify.send("READY=1\nSTATUS=serving \(place.runtimeFolder(loaded.settings))")
        let pulse = notify.pulse { await engine.isAlive() }
        await ending.wait()
        reloads.cancel()
        pulse?.cancel()
        notify.send("STOPPING=1\nSTATUS=runs end cleanly")
        await engine.close()
        await sleep.value
        taken.finish()
        await following.value
        await doors.close()
    }

    private func reload(_ engine: Engine) async {
        notify.send("RELOADING=1\nMONOTONIC_USEC=\(ServiceNotify.microseconds)")
        switch await engine.send(.reloadSettings) {
        case .accepted(let words): notify.send("READY=1\nSTATUS=" + words)
        case .refused(let failure): notify.send("READY=1\nSTATUS=old settings stay: " + failure.message)
        }
    }
}

/// Where others come in: consoles by socket, programs by HTTP.
struct Doors {
    private let link: LinkServer
    private let web: WebDoors
    private let engine: Engine
    private let place: CommandPlace

    static func open(
        _ engine: Engine, _ loaded: LoadedSettings, _ place: CommandPlace, web doors: [HTTPSettings]
    ) async throws -> Doors {
        let time = SystemTime.live
        let settings = LinkServerSettings(
            runtimeFolder: place.runtimeFolder(loaded.settings), stateFolder: Array(place.location.stateFolder.utf8),
            host: ProcessInfo.processInfo.hostName, program: Holdfast.version, wall: { time.wall() },
            // The lock is held from before the sockets until after them.
            checkLock: { () throws(Failure) in },
            onIncident: { incident in
                Task {
                    await engine.report(
                        Event(
                            at: incident.at, severity: .warn, component: "link", code: incident.failure.code,
                            message: "\(incident.person.user): \(incident.failure.message)"))
                }
            })
        let link = try await LinkServer.start(settings, service: engine)
        let (record, folder) = (place.record, settings.runtimeFolder)
        try? await runBlocking(name: "runtime-record") { record.write(folder) }
        let web = WebDoors(engine: engine)
        do {
            try await web.open(doors)
        } catch {
            await web.close()
            await link.stop()
            throw error
        }
        return Doors(link: link, web: web, engine: engine, place: place)
    }

    /// Listens where the settings say now; what cannot be opened is an alert.
    func obey(_ loaded: LoadedSettings) async {
        do {
            try await web.open(try place.webDoors(loaded.settings))
        } catch {
            let failure =
                error as? Failure
                ?? Failure(code: "LISTEN_FAILED", side: .engine, message: printable("\(error)".utf8))
            await engine.report(
                Event(
                    at: SystemTime.live.wall(), severity: .error, component: "link", code: "LISTEN_FAILED",
                    message: "the new settings cannot be listened by: \(failure.message)", failure: failure))
        }
    }

    func close() async {
        await web.close()
        await link.stop()
    }
}

/// The end of the engine, asked for by anybody, waited for by one.
final class Ending: Sendable {
    private struct State {
        var isCalled = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    func call() {
        let waiter = state.withLock { state in
            state.isCalled = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isCalled = state.withLock { state in
                if !state.isCalled { state.waiter = continuation }
                return state.isCalled
            }
            if isCalled { continuation.resume() }
        }
    }
}
