import BackupCatalog
import BackupModel
import BlobCopier
import Foundation
import Testing
import WorkerKit

@testable import BackupEngine

@Suite(.timeLimit(.minutes(3))) struct EngineRecoveryTests {
    static let now = WallTime(milliseconds: 1_770_000_000_000)

    /// What an engine that died in a run leaves in the catalog. Each test has a run of its own, for an engine ends
    /// whatever children of dead runs it finds on the machine.
    private func dead(
        _ place: JobPlace, _ job: String, run bits: UInt64, owed: [String] = [], handled: WallTime? = nil
    ) throws -> JobRun {
        try FileManager.default.createDirectory(
            atPath: place.path + "/state", withIntermediateDirectories: true)
        let catalog = try Catalog(path: place.path + "/state/catalog.sqlite")
        defer { catalog.close() }
        var change = JobChange()
        var memory = JobMemory(name: job)
        let run = JobRun(
            run: RunID(bits: bits), job: job, kind: .command, trigger: .schedule, plannedAt: Self.now,
            startedAt: Self.now)
        memory.handledAt = handled
        if !owed.isEmpty { memory.owedStart = OwedStart(run: run.run, command: owed, timeout: 10) }
        change.memories = [memory]
        change.opened = [run]
        try JobStore(catalog).keep(change)
        return run
    }

    @Test("B1 a run whose engine died is interrupted, its start command runs first, and the job goes on once")
    func crashed() async throws {
        var place = try JobPlace()
        let here = place
        place.jobs = [commandJob("j", here.traced("work")) { $0.retries = 2 }]
        let run = try dead(place, "j", run: 78, owed: here.traced("start"))
        let engine = try await place.open()
        let state = try await engine.state { $0.job("j")?.lastRun?.result == .ok }
        #expect(place.trace == ["start", "work"])
        #expect(state.job("j")?.lastRun?.trigger == .retry)
        #expect(state.job("j")?.lastRun?.plannedAt == run.plannedAt)
        guard case .jobRuns(let history) = await engine.ask(.jobRuns(job: "j", before: nil, limit: 10)) else {
            Issue.record("no history")
            return
        }
        #expect(Set(history.map(\.result)) == [.ok, .interrupted])
        #expect(history.count == 2)
        await engine.close()
    }

    @Test("B1 a mirror's run that goes on after a crash finds its mirror, however long the others take to open")
    func crashedMirror() async throws {
        let place = try Place()
        var job = JobSettings(name: "nightly", kind: .mirrorRun)
        job.mirror = "cold"
        job.retries = 2
        _ = try dead(JobPlace(at: place), "nightly", run: 79)
        var configuration = place.configuration(place.settings())
        configuration.jobs = [job]
        for number in 0..<40 {
            var other = place.settings()
            other.name = "other\(number)"
            configuration.mirrors.insert(other, at: 0)
        }
        let engine = try await Engine.open(configuration)
        _ = try await engine.state {
            $0.job("nightly")?.lastRun?.trigger == .retry || $0.job("nightly")?.current != nil
        }
        guard case .jobRuns(let history) = await engine.ask(.jobRuns(job: "nightly", before: nil, limit: 10)) else {
            Issue.record("no history")
            return
        }
        #expect(!history.contains { $0.failure?.code == "MIRROR_UNKNOWN" })
        await engine.close()
    }

    @Test("B26 children that outlived the engine are ended before anything begins")
    func leftovers() async throws {
        let place = try JobPlace([commandJob("j", ["true"])])
        let run = try dead(place, "j", run: 80)
        let child = ChildCommand(["sleep", "60"], timeout: 100, run: run.run.text)
        let ended = Task { try await child.run() }
        try await Task.sleep(for: .milliseconds(500))
        let engine = try await place.open()
        #expect(try await ended.value.end == .signalled(SIGKILL))
        await engine.close()
    }

    struct Missed: CustomTestStringConvertible, Sendable {
        var isPersistent: Bool
        var runs: Int
        var testDescription: String { isPersistent ? "persistent" : "not persistent" }
    }

    @Test(
        "C7 after nine missed starts there is exactly one catch-up",
        arguments: [Missed(isPersistent: true, runs: 1), Missed(isPersistent: false, runs: 0)])
    func missed(_ row: Missed) async throws {
        var place = try JobPlace()
        place.jobs = [
            commandJob("j", place.traced("work")) {
                $0.schedule = "*-*-* 02:00 UTC"
                $0.isPersistent = row.isPersistent
            }
        ]
        let manual = ManualTime(wall: Self.now)
        var engine = try await place.open(time: manual.time)
        let first = try await engine.state { $0.job("j")?.nextAt != nil }
        #expect(first.firings.count == 1)
        await engine.close()
        manual.advance(seconds: 9 * 86_400)
        engine = try await place.open(time: manual.time)
        _ = try await engine.state { !$0.jobs.isEmpty }
        for _ in 0..<15 {
            manual.advance(seconds: 1)
            try await Task.sleep(for: .milliseconds(600))
            if place.trace.count >= row.runs, row.runs > 0 { break }
        }
        #expect(place.trace.count == row.runs)
        let next = try await engine.state { $0.job("j")?.phase == .idle }.job("j")?.nextAt
        manual.advance(seconds: try #require(next).seconds(since: manual.time.wall()) + 1)
        let state = try await engine.state { $0.job("j")?.phase == .idle && $0.job("j")?.lastRun?.trigger == .schedule }
        #expect(state.job("j")?.lastRun?.result == .ok)
        #expect(place.trace.count == row.runs + 1)
        await engine.close()
    }

    private func mirrorPlace() throws -> JobPlace {
        var job = JobSettings(name: "nightly", kind: .mirrorRun)
        job.mirror = "cold"
        job.retries = 0
        return try JobPlace([job])
    }

    @Test("a job whose volume is away waits with a question, and goes on by itself when it is there")
    func volumeAway() async throws {
        let place = try mirrorPlace()
        try place.place.addBlobs(5, size: 100)
        let engine = try await place.open()
        _ = try await engine.copier("cold").enrol(fanOut: Place.fanOut, reserveBytes: 0)
        try FileManager.default.moveItem(atPath: place.path + "/target", toPath: place.path + "/elsewhere")
        try await engine.begin(.runJob(name: "nightly"))
        let waiting = try await engine.state { state in
            if case .waiting(let number)? = state.job("nightly")?.phase {
                state.requests.map(\.number) == [number]
            } else {
                false
            }
        }
        #expect(waiting.requests.first?.kind == .attachVolume)
        #expect(waiting.requests.first?.jobs == ["nightly"])
        #expect(waiting.job("nightly")?.resources.first?.hasPrefix("target:/") == true)
        try FileManager.default.moveItem(atPath: place.path + "/elsewhere", toPath: place.path + "/target")
        let done = try await engine.state { $0.job("nightly")?.phase == .idle }
        #expect(done.job("nightly")?.lastRun?.result == .ok)
        #expect(done.job("nightly")?.lastRun?.done == Amount(count: 5, bytes: 500))
        _ = try await engine.state { $0.requests.isEmpty }
        #expect(place.place.copied == 5)
        await engine.close()
    }

    @Test("the answer `cancel` ends the job that waits, and a request survives the engine", arguments: [false, true])
    func answered(isRestarted: Bool) async throws {
        var place = try mirrorPlace()
        place.jobs[0].retries = 2
        try place.place.addBlobs(5, size: 100)
        var engine = try await place.open()
        _ = try await engine.copier("cold").enrol(fanOut: Place.fanOut, reserveBytes: 0)
        try FileManager.default.moveItem(atPath: place.path + "/target", toPath: place.path + "/elsewhere")
        try await engine.begin(.runJob(name: "nightly"))
        var number = try #require(try await engine.state { !$0.requests.isEmpty }.requests.first).number
        if isRestarted {
            await engine.close()
            engine = try await place.open()
            let again = try await engine.state { state in
                if case .waiting? = state.job("nightly")?.phase { true } else { false }
            }
            #expect(again.requests.count == 1)
            number = try #require(again.requests.first).number
        }
        try await engine.begin(.answer(request: number, word: "cancel"))
        let state = try await engine.state { $0.job("nightly")?.phase == .idle && $0.requests.isEmpty }
        #expect(state.job("nightly")?.lastRun?.result == .interrupted)
        await engine.close()
    }
}
