import BackupEngine
import BackupModel
import Settings
import Synchronization

/// The engine of a command that works in the foreground: with mirrors and without jobs, at the sockets where consoles
/// look for an engine, for as long as the command lasts.
final class ForegroundEngine: Sendable {
    let engine: Engine
    let settings: HoldfastSettings
    private let doors: Doors?
    private let stop: Ending
    private let isHurried = Atomic(false)
    private let closing = Mutex<Task<Void, Never>?>(nil)

    /// Takes the engine's lock; `BUSY` names the holder. Doors that do not open keep nobody from working.
    static func open(_ place: CommandPlace) async throws -> ForegroundEngine {
        let loaded = try place.load()
        let stop = Ending()
        var configuration = Workplace.configuration(loaded.settings, place.location)
        configuration.settingsFile = place.file
        configuration.person = Caller.person
        configuration.outside.stop = { stop.call() }
        let engine = try await Engine.open(configuration)
        var doors: Doors?
        do { doors = try await Doors.open(engine, loaded, place, web: []) } catch {
            let failure = error as? Failure
            await engine.report(
                Event(
                    at: .now, severity: .warn, component: "link", code: failure?.code ?? "NO_DOORS",
                    message: "no console can attach: " + (failure?.message ?? printable("\(error)".utf8)),
                    failure: failure))
        }
        let own = ForegroundEngine(engine, loaded.settings, doors, stop)
        Task {
            await stop.wait()
            own.hurry()
            await own.end()
        }
        return own
    }

    private init(_ engine: Engine, _ settings: HoldfastSettings, _ doors: Doors?, _ stop: Ending) {
        self.engine = engine
        self.settings = settings
        self.doors = doors
        self.stop = stop
    }

    /// Nobody waits for what others have begun here.
    func hurry() { isHurried.store(true, ordering: .releasing) }

    /// Waits for what others have begun here, unless somebody is in a hurry, and ends.
    func close() async {
        var isTold = false
        // The state that is there may be older than the end of our own work.
        await engine.published()
        for await state in await engine.states() {
            let drives = state.tape?.drives.filter { !$0.job.isEmpty }.map { "drive \($0.name)" } ?? []
            let busy = state.copies.filter(\.phase.isBusy).map(\.name) + drives
            if busy.isEmpty || isHurried.load(ordering: .acquiring) { break }
            if !isTold {
                Standard.error(
                    "holdfast: this engine still works on \(busy.joined(separator: ", ")); it ends with that")
            }
            isTold = true
        }
        await end()
        stop.call()
    }

    /// Once, whoever asks; everybody waits until it is over.
    private func end() async {
        let task = closing.withLock { closing in
            let task =
                closing
                ?? Task { [engine, doors] in
                    await engine.close()
                    await doors?.close()
                }
            closing = task
            return task
        }
        await task.value
    }
}
