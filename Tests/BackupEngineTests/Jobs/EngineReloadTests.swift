import BackupModel
import BlobCopier
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import BackupEngine

/// What a reload changes in a working engine.
@Suite(.timeLimit(.minutes(3))) struct EngineReloadTests {
    /// A place whose settings can be changed under the engine.
    private final class Settings: Sendable {
        let current: Mutex<EngineConfiguration>
        let taken = Mutex(0)

        init(_ configuration: EngineConfiguration) {
            current = Mutex(configuration)
            current.withLock {
                $0.outside.clock = ClockWitness(boot: { "boot" }, isSynchronized: { true })
                $0.outside.reread = { [weak self] in
                    guard let self else { return .failure(.engineCloses) }
                    return .success(self.current.withLock { $0 })
                }
                $0.outside.taken = { [weak self] in self?.taken.withLock { $0 += 1 } }
            }
        }

        func open() async throws -> Engine {
            let engine = try await Engine.open(current.withLock { $0 })
            for mirror in await engine.configuration.mirrors.map(\.name) {
                _ = try await engine.copier(mirror).enrol(fanOut: Place.fanOut, reserveBytes: 0)
            }
            return engine
        }

        func change(_ body: (inout EngineConfiguration) -> Void) { current.withLock { body(&$0) } }
    }

    private func mirrorJob(_ name: String, _ mirror: String) -> JobSettings {
        var job = JobSettings(name: name, kind: .mirrorRun)
        job.mirror = mirror
        job.retries = 0
        return job
    }

    @Test("a new mirror works and its target is a slot: its job and a run by hand never meet")
    func newMirror() async throws {
        let place = try Place()
        try place.addBlobs(3, size: 100)
        try FileManager.default.createDirectory(atPath: place.path + "/target2", withIntermediateDirectories: true)
        let settings = Settings(place.configuration(place.settings()))
        let engine = try await settings.open()
        var second = place.settings(name: "second")
        second.target = place.path + "/target2"
        settings.change {
            $0.mirrors.append(second)
            $0.jobs = [mirrorJob("copy", "second")]
        }
        try await engine.begin(.reloadSettings)
        _ = try await engine.copier("second").enrol(fanOut: Place.fanOut, reserveBytes: 0)
        let state = try await engine.state { $0.job("copy") != nil }
        #expect(state.job("copy")?.resources == ["target:" + second.target])
        #expect(state.copies.map(\.name) == ["cold", "second"])
        #expect(try await engine.run("copy").result == .ok)
        #expect(settings.taken.withLock { $0 } == 1)
        await engine.close()
    }

    @Test("a mirror at work takes its new settings when its run ends, without another reload")
    func busyMirror() async throws {
        let place = try Place()
        try place.addBlobs(40, size: 50_000)
        // Slow enough to be seen at work.
        let settings = Settings(place.configuration(place.settings(rate: 1 << 20)))
        settings.change { $0.jobs = [self.mirrorJob("copy", "cold")] }
        let engine = try await settings.open()
        try FileManager.default.createDirectory(atPath: place.path + "/other", withIntermediateDirectories: true)
        try await engine.begin()
        var changed = place.settings()
        changed.target = place.path + "/other"
        settings.change { $0.mirrors = [changed] }
        #expect(
            await engine.send(.reloadSettings)
                == .accepted("settings read: 1 mirrors, 1 jobs, 0 sets; when its run ends too: cold"))
        #expect(try await engine.state { _ in true }.copies.first?.target == place.path + "/target")
        let state = try await engine.state { $0.copies.first?.target == changed.target }
        // The run was not cut short, and the job's slot is that of the new target.
        #expect(place.copied == 40)
        #expect(!state.copies.isEmpty)
        _ = try await engine.state { $0.job("copy")?.resources == ["target:" + changed.target] }
        await engine.close()
    }

    @Test("a mirror that is gone from the settings goes when its run ends")
    func goneMirror() async throws {
        let place = try Place()
        try place.addBlobs(40, size: 50_000)
        let settings = Settings(place.configuration(place.settings(rate: 1 << 20)))
        let engine = try await settings.open()
        try await engine.begin()
        settings.change { $0.mirrors = [] }
        try await engine.begin(.reloadSettings)
        #expect(try await engine.state { _ in true }.copies.count == 1)
        _ = try await engine.state { $0.copies.isEmpty }
        #expect(place.copied == 40)
        #expect(await engine.send(.scanMirror(name: "cold")).refusal == "MIRROR_UNKNOWN")
        await engine.close()
    }

    @Test("a reload that brings a damaged index closes that mirror alone, and the mirror can go and come again")
    func damagedIndex() async throws {
        let place = try Place()
        try place.addBlobs(3, size: 100)
        let settings = Settings(place.configuration(place.settings()))
        let engine = try await settings.open()
        try place.write(String(repeating: "no index. ", count: 2000), to: "state/mirrors/bad.sqlite")
        var bad = place.settings(name: "bad")
        bad.target = place.path + "/elsewhere"
        settings.change {
            $0.mirrors.append(bad)
            $0.jobs = [self.mirrorJob("copy", "cold")]
        }
        try await engine.begin(.reloadSettings)
        let state = try await engine.state { $0.alerts.contains { $0.subject == "bad" } && $0.job("copy") != nil }
        #expect(state.copies.map(\.name) == ["cold", "bad"])
        #expect(try await engine.run("copy").result == .ok)
        try await engine.begin(.reloadSettings)

        settings.change { $0.mirrors.removeLast() }
        try await engine.begin(.reloadSettings)
        _ = try await engine.state { $0.copies.count == 1 && !$0.alerts.contains { $0.subject == "bad" } }
        #expect(await engine.send(.scanMirror(name: "bad")).refusal == "MIRROR_UNKNOWN")
        try FileManager.default.removeItem(atPath: place.path + "/state/mirrors/bad.sqlite")
        settings.change { $0.mirrors.append(bad) }
        try await engine.begin(.reloadSettings)
        _ = try await engine.state { $0.copies.last?.name == "bad" && $0.copies.last?.phase == .idle }
        await engine.close()
    }

    @Test("the number of jobs at once is that of the last reload")
    func atOnce() async throws {
        let place = try Place()
        let settings = Settings(place.configuration(place.settings()))
        settings.change {
            $0.jobsAtOnce = 1
            $0.jobs = [commandJob("a", ["sleep", "60"]), commandJob("b", ["sleep", "60"])]
        }
        let engine = try await settings.open()
        try await engine.begin(.runJob(name: "a"))
        try await engine.begin(.runJob(name: "b"))
        let waiting = try await engine.state { $0.job("b")?.phase.isActive == false && $0.job("a")?.current != nil }
        #expect(waiting.job("b")?.phase == .queued(reason: "waits for a place: 1 jobs run"))
        settings.change { $0.jobsAtOnce = 2 }
        try await engine.begin(.reloadSettings)
        _ = try await engine.state { $0.job("b")?.phase == .running }
        await engine.close()
    }

    @Test("the level and how long the logs of runs stay are those of the last reload")
    func logs() async throws {
        let place = try Place()
        let settings = Settings(place.configuration(place.settings()))
        settings.change { $0.jobs = [commandJob("j", ["true"])] }
        let engine = try await settings.open()
        _ = try await engine.run("j")
        settings.change {
            $0.logging.level = .error
            $0.runLogs = RunLogRetention(files: 1, days: 1)
        }
        try await engine.begin(.reloadSettings)
        let parts = try #require(await engine.parts)
        #expect(await parts.jobs.setting.retention == RunLogRetention(files: 1, days: 1))
        let lines = place.lines("state/log/holdfast.jsonl").count
        let run = try await engine.run("j")
        // Told after it was logged, or would have been.
        _ = try await engine.state { $0.recentEvents.contains { $0.message.contains(run.run.text) } }
        #expect(place.lines("state/log/holdfast.jsonl").count <= lines + 1)
        await engine.close()
    }
}
