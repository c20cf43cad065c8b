import BackupEngine
import BackupModel
import BlobCopier
import Foundation
import Testing
import WorkerKit

@Suite(.timeLimit(.minutes(2))) struct EngineTests {
    /// Slow enough that a run of 40 blobs of 32 KiB lasts 20 seconds unless it is let go.
    private let slow: Int64 = 64 << 10

    @Test("a run: every state adds up, and the last one says ok")
    func run() async throws {
        let place = try Place()
        try place.addBlobs(60, size: 20_000)
        let engine = try await place.open(rate: 2_000_000)
        try await engine.begin()
        var sequences: [UInt64] = []
        for await state in await engine.states() {
            let copy = try #require(state.copies.first)
            let p = copy.progress
            #expect(p.total == p.before + p.thisRun + p.remaining + p.failed)
            sequences.append(state.sequence)
            if case .finished = copy.phase { break }
        }
        #expect(sequences == sequences.sorted())
        let copy = try await engine.finished()
        #expect(copy.phase == .finished(.ok))
        #expect(copy.lastRun?.done == Amount(count: 60, bytes: 1_200_000))
        #expect(copy.progress.verified.count == 60)
        #expect(copy.eta == .done)
        #expect(copy.map.marks.contains(.verified))
        #expect(place.copied == 60)
        #expect(await engine.lastRun("cold") == copy.lastRun)
        await engine.close()
    }

    @Test("a second run in the same engine counts from nothing")
    func secondRun() async throws {
        let place = try Place()
        try place.addBlobs(20, size: 1000)
        let engine = try await place.open()
        try await engine.begin()
        _ = try await engine.finished()
        try place.addBlobs(3, size: 1000, from: 100)
        try await engine.begin(.scanMirror(name: "cold"))
        let scanned = try await engine.finished()
        #expect(scanned.progress.before.count == 20)
        #expect(scanned.progress.thisRun.count == 0)
        #expect(scanned.progress.remaining.count == 3)
        try await engine.begin()
        let copy = try await engine.finished()
        #expect(copy.lastRun?.before.count == 20)
        #expect(copy.lastRun?.done.count == 3)
        #expect(copy.rates.peak <= 3000)
        await engine.close()
    }

    @Test("pause, resume and limits work while it runs, and nothing moves while it is paused")
    func steering() async throws {
        let place = try Place()
        try place.addBlobs(40, size: 32 << 10)
        let engine = try await place.open(rate: slow)
        // Listed before, so that what remains is known from the start.
        try await engine.begin(.scanMirror(name: "cold"))
        _ = try await engine.finished()
        try await engine.begin()
        _ = try await engine.state { $0.copies.first?.phase == .copying }
        #expect(await engine.send(.pauseMirror(name: "cold")) == .accepted("paused"))
        let paused = try await engine.state { $0.copies.first?.phase == .paused }
        #expect(paused.copies.first?.eta == .waiting("paused"))
        #expect(await engine.send(.pauseMirror(name: "cold")).refusal == "ALREADY_PAUSED")
        #expect(await engine.send(.runMirror(name: "cold", overrides: RunOverrides())).refusal == "ALREADY_RUNNING")
        #expect(await engine.send(.requeue(name: "cold", blob: nil)).refusal == "ALREADY_RUNNING")

        let limits = CopyLimits(workers: 4, batch: 20, rate: nil, readBack: .none)
        try await engine.begin(.limitMirror(name: "cold", limits: limits))
        let limited = try await engine.state { $0.copies.first?.limits == limits }
        #expect(limited.copies.first?.phase == .paused)
        #expect(limited.copies.first?.progress.remaining.count ?? 0 > 20)
        try await engine.begin(.resumeMirror(name: "cold"))
        let copy = try await engine.finished()
        #expect(copy.phase == .finished(.ok))
        #expect(place.copied == 40)
        await engine.close()
    }

    @Test("stop keeps what is placed, and the next run does the rest, under limits set before it well began")
    func stop() async throws {
        let place = try Place()
        try place.addBlobs(40, size: 32 << 10)
        let engine = try await place.open(rate: slow)
        try await engine.begin()
        _ = try await engine.state { $0.copies.first?.progress.thisRun.count ?? 0 > 0 }
        try await engine.begin(.stopMirror(name: "cold"))
        let stopped = try await engine.finished()
        #expect(stopped.phase == .finished(.interrupted))
        let placed = stopped.progress.before.count
        #expect((1..<40).contains(placed))
        #expect(stopped.progress.remaining.count == 40 - placed)

        try await engine.begin()
        try await engine.begin(.limitMirror(name: "cold", limits: CopyLimits(rate: nil, readBack: .none)))
        let copy = try await engine.finished()
        #expect(copy.lastRun?.before.count == placed)
        #expect(copy.lastRun?.done.count == 40 - placed)
        await engine.close()
    }

    @Test("a stop at once after the start is not lost, and a stop ends a pause", arguments: [false, true])
    func earlyStop(isPaused: Bool) async throws {
        let place = try Place()
        try place.addBlobs(40, size: 32 << 10)
        let engine = try await place.open(rate: slow)
        try await engine.begin()
        if isPaused { try await engine.begin(.pauseMirror(name: "cold")) }
        try await engine.begin(.stopMirror(name: "cold"))
        let copy = try await engine.finished()
        #expect(copy.phase == .finished(.interrupted))
        #expect(place.copied < 40)
        // And after it, everything may begin again.
        try await engine.begin(.scanMirror(name: "cold"))
        #expect(try await engine.finished().phase == .finished(.ok))
        await engine.close()
    }

    @Test("a pause at once after the start is not lost")
    func earlyPause() async throws {
        let place = try Place()
        try place.addBlobs(40, size: 32 << 10)
        let engine = try await place.open(rate: slow)
        try await engine.begin()
        try await engine.begin(.pauseMirror(name: "cold"))
        // Past the second in which the worker begins and forgets what it was told.
        let first = try await engine.state { $0.copies.first?.phase == .paused && $0.copies.first?.run != nil }
        let later = try await engine.state { $0.at.seconds(since: first.at) >= 1 }
        #expect(later.copies.first?.phase == .paused)
        await engine.close()
    }

    @Test("faults are listed on their side, raise alerts, and requeue puts them right")
    func faults() async throws {
        let place = try Place()
        let ids = try place.addBlobs(20, size: 1000)
        let bad = ids[7]
        let plan = FaultPlan()
        let engine = try await place.open(plan)
        plan.add(FaultRule(.fail(EIO), [.read], side: .source, times: nil) { $0.description.contains("\(bad)") })
        try await engine.begin()
        let copy = try await engine.finished()
        #expect(copy.phase == .finished(.okWithWarnings))
        #expect(place.copied == 19)
        let failed = copy.progress.failed.count + copy.progress.remaining.count
        #expect(failed == 1)
        let alerted = try await engine.state("alert") { !$0.alerts.isEmpty }
        let alert = try #require(alerted.alerts.first)
        #expect(alert.failure.side == .source)
        #expect(alert.failure.errno == EIO)
        try await engine.begin(.acknowledge(alert: alert.id, note: ""))
        _ = try await engine.state("acknowledged") { $0.alerts.allSatisfy { $0.acknowledgement != nil } }
        #expect(await engine.send(.acknowledge(alert: 999, note: "")).refusal == "ALERT_GONE")

        plan.clear()
        try await engine.begin(.requeue(name: "cold", blob: nil))
        try await engine.begin()
        #expect(try await engine.finished().phase == .finished(.ok))
        #expect(place.copied == 20)
        await engine.close()
    }

    @Test("a run that cannot begin is said: state, log and alert")
    func refused() async throws {
        let place = try Place()
        let engine = try await Engine.open(place.configuration(place.settings()))
        try await engine.begin()
        let copy = try await engine.finished()
        #expect(copy.phase == .finished(.failed))
        #expect(copy.lastRun?.failure?.code == "VOLUME_NOT_ENROLLED")
        let state = try await engine.state("alert") { !$0.alerts.isEmpty }
        #expect(state.alerts.map(\.failure.code) == ["VOLUME_NOT_ENROLLED"])
        #expect(state.recentEvents.contains { $0.code == "RUN_REFUSED" })
        #expect(await engine.lastRun("cold") == nil)

        _ = try await engine.copier("cold").enrol(fanOut: Place.fanOut, reserveBytes: 0)
        try place.addBlobs(1, size: 10)
        try await engine.begin()
        _ = try await engine.state("settled") { $0.alerts.isEmpty }
        await engine.close()
    }
}

extension IntentResult {
    /// The code of a refusal.
    var refusal: String? { if case .refused(let failure) = self { failure.code } else { nil } }
}
