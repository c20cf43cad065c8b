import BackupEngine
import BackupModel
import EngineLink
import WorkerKit

/// The addresses where the engine answers HTTP. One caller at a time.
actor WebDoors {
    private let engine: any EngineService
    private var services: [(settings: HTTPSettings, service: HTTPService)] = []

    init(engine: any EngineService) { self.engine = engine }

    /// Listens at these and nowhere else; what has not changed goes on undisturbed. Throws the first that cannot be
    /// opened, after it has tried all.
    func open(_ wanted: [HTTPSettings]) async throws(Failure) {
        for old in services where !wanted.contains(old.settings) { await old.service.stop() }
        services.removeAll { !wanted.contains($0.settings) }
        var problem: Failure?
        for settings in wanted where !services.contains(where: { $0.settings == settings }) {
            do throws(Failure) {
                let time = SystemTime.live
                let service = HTTPService(
                    engine, settings: settings, now: { time.wall() },
                    randomID: { String(time.random(), radix: 16) + String(time.random(), radix: 16) })
                _ = try await service.start()
                services.append((settings, service))
            } catch {
                problem = problem ?? error
            }
        }
        if let problem { throw problem }
    }

    func close() async {
        for open in services { await open.service.stop() }
        services = []
    }
}
