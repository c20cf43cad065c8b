import BackupEngine
import BackupModel
import BlobCopier
import Foundation
import Synchronization
import Testing
import WorkerKit

@Suite(.timeLimit(.minutes(2))) struct EngineLifeTests {
    @Test("B21 a second engine on a state folder is refused and told who has it; afterwards it opens")
    func second() async throws {
        let place = try Place()
        let engine = try await place.open()
        let failure = await #expect(throws: Failure.self) {
            try await Engine.open(place.configuration(place.settings()))
        }
        #expect(failure?.code == "BUSY")
        #expect(failure?.message.contains("pid \(getpid())") ?? false)
        await engine.close()
        let next = try await Engine.open(place.configuration(place.settings()))
        await next.close()
    }

    @Test("an engine with nothing to do still publishes, even when the clock on the wall is set back")
    func heartbeat() async throws {
        let place = try Place()
        // Each look at the wall clock is a minute earlier.
        let wall = Mutex(WallTime(milliseconds: 1_760_000_000_000))
        var time = SystemTime.live
        time.wall = {
            wall.withLock {
                $0 = $0.adding(seconds: -60)
                return $0
            }
        }
        let engine = try await Engine.open(place.configuration(place.settings()), time: time)
        var count = 0
        for await _ in await engine.states() {
            count += 1
            if count == 4 { break }
        }
        #expect(count == 4)
        await engine.close()
    }

    @Test("nothing changes: about a state a second, not one a sample")
    func quiet() async throws {
        let place = try Place()
        let engine = try await Engine.open(place.configuration(place.settings()))
        let first = try await engine.state { _ in true }
        let later = try await engine.state { $0.at.seconds(since: first.at) >= 2.5 }
        #expect(later.sequence - first.sequence <= 4)
        await engine.close()
    }

    @Test("closing ends a run cleanly: the stream ends, the index has the end, the rest stays queued")
    func close() async throws {
        let place = try Place()
        try place.addBlobs(40, size: 32 << 10)
        let engine = try await place.open(rate: 64 << 10)
        try await engine.begin(.scanMirror(name: "cold"))
        _ = try await engine.finished()
        let stream = await engine.states()
        try await engine.begin()
        _ = try await engine.state { $0.copies.first?.phase == .copying }
        await engine.close()
        var last: EngineState?
        for await state in stream { last = state }
        #expect(last?.copies.first?.phase == .finished(.interrupted))
        #expect(await engine.send(.runMirror(name: "cold", overrides: RunOverrides())).refusal == "ENGINE_CLOSING")
        for await _ in await engine.states() { Issue.record("a state after the end") }
        await engine.close()

        let next = try await Engine.open(place.configuration(place.settings()))
        guard case .runs(let runs) = await next.ask(.runs(mirror: "cold", limit: 10)) else {
            Issue.record("no runs")
            return
        }
        #expect(runs.filter { $0.kind == .run }.map(\.result) == [.interrupted])
        let tally = try #require(await next.states().first { _ in true }?.copies.first?.progress)
        #expect(tally.remaining.count + tally.before.count == 40)
        #expect(tally.states[.copying].count == 0)
        #expect(tally.states[.claimed].count == 0)
        await next.close()
    }

    @Test("failures, runs and the log come in pages; a page has its bounds")
    func pages() async throws {
        let place = try Place()
        try place.addBlobs(5, size: 100)
        let bad = try (1...5).map { try place.addCorrupt(UInt64($0)) }.sorted()
        let engine = try await place.open()
        try await engine.begin()
        _ = try await engine.finished()
        var seen: [BlobID] = []
        var after: BlobID?
        var sizes: [Int] = []
        while case .failures(let page) = await engine.ask(.failures(mirror: "cold", after: after, limit: 2)) {
            sizes.append(page.count)
            seen += page.map(\.id)
            after = page.last?.id
            if page.count < 2 { break }
        }
        #expect(seen == bad)
        #expect(sizes == [2, 2, 1])
        #expect(await engine.ask(.failures(mirror: "cold", after: nil, limit: -1)) == .failures([]))
        #expect(await engine.ask(.log(before: nil, limit: -1, atLeast: .debug)) == .log([]))
        #expect(await engine.ask(.runs(mirror: "cold", limit: 0)) == .runs([]))
        for query in [Query.runs(mirror: "cld", limit: 1), .failures(mirror: "\u{1b}[2J", after: nil, limit: 1)] {
            guard case .refused(let failure) = await engine.ask(query) else {
                Issue.record("\(query) was answered")
                continue
            }
            #expect(failure.code == "MIRROR_UNKNOWN")
            #expect(!failure.message.contains("\u{1b}"))
        }
        await engine.close()
    }

    @Test("every intent is in the log with its answer, and the log is asked for backwards")
    func audit() async throws {
        let place = try Place()
        let engine = try await place.open()
        let intents: [Intent] = [
            .stopMirror(name: "cold"), .acknowledge(alert: 9, note: ""), .scanMirror(name: "cld"),
            .requeue(name: "cold", blob: nil),
        ]
        for intent in intents { _ = await engine.send(intent) }
        _ = try await engine.state("audited") { $0.recentEvents.count { $0.component == "command" } == 4 }
        guard case .log(let page) = await engine.ask(.log(before: nil, limit: 400, atLeast: .info)) else {
            Issue.record("no log")
            return
        }
        let commands = page.filter { $0.component == "command" }
        #expect(commands.map(\.code) == ["INTENT", "INTENT_REFUSED", "INTENT_REFUSED", "INTENT_REFUSED"])
        #expect(commands.map(\.job) == ["cold", "cld", "", "cold"])
        #expect(commands.first?.message == "requeue all failures of mirror cold: 0 queued again")
        #expect(page.map(\.number) == page.map(\.number).sorted(by: >))
        let before = try #require(page.dropFirst().first?.number)
        guard case .log(let older) = await engine.ask(.log(before: before, limit: 1, atLeast: .info)) else {
            Issue.record("no log")
            return
        }
        #expect(older.first?.number == page.dropFirst(2).first?.number)
        await engine.close()
    }

    @Test("a damaged index closes its mirror alone: it stands with words, an alert names the way out, the other works")
    func damagedIndex() async throws {
        let place = try Place()
        try place.addBlobs(3, size: 100)
        try FileManager.default.createDirectory(
            atPath: place.path + "/state/mirrors", withIntermediateDirectories: true)
        try place.write(String(repeating: "no index. ", count: 2000), to: "state/mirrors/bad.sqlite")
        var configuration = place.configuration(place.settings())
        var bad = place.settings(name: "bad")
        bad.target = place.path + "/elsewhere"
        configuration.mirrors.append(bad)
        let engine = try await Engine.open(configuration)
        _ = try await engine.copier("cold").enrol(fanOut: Place.fanOut, reserveBytes: 0)
        let state = try await engine.state { state in
            state.copies.count == 2 && state.alerts.contains { $0.subject == "bad" }
        }
        guard case .waiting(let why) = state.copies.last?.phase else { throw Engine.EngineEnded(comment: "not closed") }
        #expect(why.contains("index of mirror bad cannot be opened"))
        let alert = try #require(state.alerts.first { $0.subject == "bad" })
        #expect(alert.failure.hint.contains("mirrors/bad.sqlite aside"))
        let order = Intent.runMirror(name: "bad", overrides: RunOverrides())
        #expect(await engine.send(order).refusal == alert.failure.code)
        try await engine.begin()
        #expect(try await engine.finished().lastRun?.done.count == 3)
        await engine.close()
        #expect(place.read("state/mirrors/bad.sqlite")?.count == 20_000)
    }
}
