import BackupCatalog
import BackupModel
import BlobCopier
import Foundation
import Testing
import WorkerKit

@testable import BackupEngine

/// Sets are judged by what was proved, whoever ran it.
@Suite(.timeLimit(.minutes(3))) struct EngineEvidenceTests {
    private func place(blobs: Int = 3, readBack: ReadBack = .direct) throws -> (Place, EngineConfiguration) {
        let place = try Place()
        try place.addBlobs(blobs, size: 100)
        var mirror = place.settings()
        mirror.readBack = readBack
        var configuration = place.configuration(mirror)
        var job = JobSettings(name: "nightly", kind: .mirrorRun)
        job.mirror = "cold"
        configuration.jobs = [job]
        var set = RecoverySetSettings(name: "blobs")
        set.jobs = ["nightly"]
        set.newestVerifiedWithin = 3600
        configuration.sets = [set]
        return (place, configuration)
    }

    private func open(_ configuration: EngineConfiguration) async throws -> Engine {
        let engine = try await Engine.open(configuration)
        _ = try await engine.copier("cold").enrol(fanOut: Place.fanOut, reserveBytes: 0)
        return engine
    }

    @Test("a mirror run by hand counts as much as its job, also in the next engine and without the catalog")
    func byHand() async throws {
        let (place, configuration) = try place()
        var engine = try await open(configuration)
        #expect(try await engine.state { !$0.sets.isEmpty }.sets[0].newestVerifiedAt == nil)
        try await engine.begin()
        let proved = try await engine.state { $0.sets.first?.newestVerifiedAt != nil }.sets[0]
        #expect(proved.evidence.contains("of mirror cold"))
        let rows = try #require(await engine.parts).evidence
        #expect(await rows.newest["cold"]?.map(\.method) == [.readBack, .hashedInFlight])
        #expect(await rows.newest["cold"]?.first?.by == "by hand")
        await engine.close()

        engine = try await Engine.open(configuration)
        #expect(try await engine.state { !$0.sets.isEmpty }.sets[0].newestVerifiedAt == proved.newestVerifiedAt)
        await engine.close()
        // As if the engine had died before it kept the rows: the index still knows the run.
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: place.path + "/state/catalog.sqlite" + suffix)
        }
        engine = try await Engine.open(configuration)
        #expect(try await engine.state { !$0.sets.isEmpty }.sets[0].newestVerifiedAt == proved.newestVerifiedAt)
        await engine.close()
    }

    @Test("an engine for one order leaves alerts, and runs that a dead engine left, to the one that knows the jobs")
    func oneOrder() async throws {
        var (place, configuration) = try place()
        configuration.jobs.append(commandJob("bad", ["false"]))
        var engine = try await open(configuration)
        _ = try await engine.run("bad")
        let failed = try await engine.state { $0.alerts.contains { $0.failure.code == "JOB_FAILED" } }.alerts
        await engine.close()
        let catalog = try Catalog(path: place.path + "/state/catalog.sqlite")
        var left = JobChange()
        left.opened = [
            JobRun(
                run: RunID(bits: 7), job: "nightly", kind: .mirrorRun, trigger: .schedule,
                startedAt: SystemTime.live.wall())
        ]
        try JobStore(catalog).keep(left)
        _ = try EngineLives(catalog).begin(at: SystemTime.live.wall())
        catalog.close()

        var other = configuration
        (other.jobs, other.sets, other.isForOneOrder) = ([], [], true)
        engine = try await Engine.open(other)
        try await engine.begin()
        _ = try await engine.finished()
        // Longer than between two looks at the alerts: an unchanged state goes out every 3 s.
        let sequence = try await engine.state { _ in true }.sequence
        let later = try await engine.state { $0.sequence > sequence + 1 }
        #expect(later.alerts.map(\.id) == failed.map(\.id))
        await engine.close()

        engine = try await Engine.open(configuration)
        let state = try await engine.state { $0.job("nightly")?.lastRun?.result == .ok }
        #expect(state.job("nightly")?.lastRun?.trigger == .retry)
        let alerts = try await engine.state { state in state.alerts.contains { $0.failure.code == "ENGINE_CRASHED" } }
        #expect(alerts.alerts.first { $0.subject == "bad" }?.id == failed.first { $0.subject == "bad" }?.id)
        await engine.close()
        withExtendedLifetime(place) {}
    }

    @Test("a job's run leaves its name in the evidence, and a limited run proves nothing (I5)")
    func byJob() async throws {
        let (place, configuration) = try place()
        let engine = try await open(configuration)
        try await engine.begin(.runMirror(name: "cold", overrides: RunOverrides(limit: 1)))
        _ = try await engine.finished()
        let evidence = try #require(await engine.parts).evidence
        #expect(await evidence.newest["cold"]?.map(\.result) == [.interrupted])
        #expect(try await engine.run("nightly").result == .ok)
        #expect(await evidence.newest["cold"]?.first?.by == "job nightly, operator")
        _ = try await engine.state { state in
            state.sets.first?.newestVerifiedAt != nil && !state.alerts.contains { $0.failure.code == "SET_LATE" }
        }
        await engine.close()
        withExtendedLifetime(place) {}
    }

    @Test("a blob that is corrupt at the source makes no set late: it is told in the set and is an alert of its own")
    func corruptSource() async throws {
        let (place, configuration) = try place()
        _ = try place.addCorrupt(9)
        let engine = try await open(configuration)
        #expect(try await engine.run("nightly").result == .okWithWarnings)
        let state = try await engine.state { $0.sets.first?.newestVerifiedAt != nil }
        let set = try #require(state.sets.first)
        #expect(!set.isLate(at: state.at))
        #expect(set.flawedAtSource == 1)
        #expect(set.evidence.hasSuffix("; ok but 1 corrupt or gone at the source"))
        _ = try await engine.state { state in
            state.alerts.contains { $0.subject == "cold" && $0.failure.code == "SOURCE_CORRUPT" }
                && !state.alerts.contains { $0.failure.code == "SET_LATE" }
        }
        await engine.close()
    }

    @Test("a mirror that is read back later counts from its verification on", arguments: [ReadBack.none, .later])
    func later(_ readBack: ReadBack) async throws {
        let (place, configuration) = try place(readBack: readBack)
        let engine = try await open(configuration)
        #expect(try await engine.run("nightly").result == .ok)
        let made = try await engine.state { $0.sets.first?.evidence.contains("not verified yet") == true }
        #expect(made.sets[0].newestVerifiedAt == nil)
        try await engine.begin(.verifyMirror(name: "cold"))
        let proved = try await engine.state { $0.sets.first?.newestVerifiedAt != nil }
        #expect(proved.sets[0].evidence.contains("verified"))
        await engine.close()
        withExtendedLifetime(place) {}
    }
}
