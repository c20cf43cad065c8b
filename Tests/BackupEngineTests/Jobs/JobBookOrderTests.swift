import BackupCatalog
import BackupModel
import Testing

@testable import BackupEngine

@Suite struct JobBookOrderTests {
    private func hold(_ change: (inout HoldState) -> Void) -> HoldState {
        var hold = HoldState()
        change(&hold)
        return hold
    }

    @Test("B32 the stop file ends what runs, holds what is planned, and refuses what is asked")
    func stopFile() throws {
        var story = JobBookStory([job("j", retries: 2), job("k", schedule: "x")])
        try story.take(.asked("j"))
        try story.take(.held(hold { $0.stopFile = "fire" }))
        #expect(story.cancelled == [.stopFile])
        try story.end("j", .interrupted)
        #expect(story.phase("j") == .idle)
        try story.due("k")
        #expect(story.reason("k") == "held: stop file (fire)")
        #expect(throws: Failure.self) { () throws in try story.take(.asked("j")) }
        try story.take(.held(HoldState()))
        #expect(story.begun == ["k"])
    }

    @Test(
        "B32 what waits behind a run that the stop file ended never runs, near or far in its chain",
        arguments: [JobResult.interrupted, .failed])
    func stopFileInChain(_ result: JobResult) throws {
        var story = JobBookStory([
            job("dump", retries: 2), job("copy", after: ["dump"], .always), job("tell", after: ["copy"], .always),
            job("asked", after: ["dump"], schedule: "x"), job("other", schedule: "x"),
        ])
        try story.take(.asked("dump"))
        try story.take(.asked("asked"))
        try story.due("other")
        #expect(story.reason("asked") == "after dump")
        try story.take(.held(hold { $0.stopFile = "fire" }))
        try story.end("dump", result, Failure(code: "X", side: .engine, message: "m"))
        #expect(story.over.filter { $0.result == .skipped }.map(\.job) == ["copy", "tell", "asked"])
        #expect(story.over.last?.failure?.code == "CHAIN_STOPPED")
        try story.end("other", .interrupted)
        try story.take(.held(HoldState()))
        try story.pass(86_400)
        #expect(story.begun.isEmpty)
        #expect(story.book.names.allSatisfy { story.phase($0) == .idle })
    }

    @Test("B32 a run that ended well beside the stop file lets its chain wait until the file is gone")
    func stopFileAfterGoodEnd() throws {
        var story = JobBookStory([job("dump"), job("copy", after: ["dump"])])
        try story.take(.asked("dump"))
        try story.take(.held(hold { $0.stopFile = "" }))
        try story.end("dump", .ok)
        #expect(story.reason("copy") == "held: stop file")
        try story.take(.held(HoldState()))
        #expect(story.begun == ["copy"])
    }

    @Test("B32 what ran when the engine died does not go on when the stop file was put meanwhile")
    func stopFileAfterCrash() throws {
        var story = JobBookStory([job("dump", retries: 2), job("copy", after: ["dump"], .always)])
        try story.take(.asked("dump"))
        let run = try #require(story.book.cards["dump"]?.active?.record)
        let memories = story.book.names.compactMap { story.book.cards[$0]?.memory }
        var next = JobBookStory(
            [job("dump", retries: 2), job("copy", after: ["dump"], .always)], memories: memories)
        try next.take(.held(hold { $0.stopFile = "fire" }))
        try next.take(.crashed(run))
        #expect(next.over.map(\.result) == [.interrupted, .skipped])
        try next.take(.held(HoldState()))
        try next.pass(86_400)
        #expect(next.begun.isEmpty)
    }

    @Test("held jobs run once when the hold ends, however many times passed", arguments: [false, true])
    func held(isDraining: Bool) throws {
        var story = JobBookStory([job("j", schedule: "x"), job("running")])
        try story.take(.asked("running"))
        let until = story.wall.adding(seconds: 600)
        try story.take(
            .held(hold { if isDraining { $0.isDraining = true } else { $0.maintenanceUntil = until } }))
        #expect(story.isRunning("running"))
        for _ in 0..<5 {
            story.now += 60
            try story.due("j")
            #expect(story.over.isEmpty)
        }
        #expect(story.reason("j") == (isDraining ? "held: draining" : "held: maintenance until \(until.iso8601())"))
        #expect(throws: Failure.self) { () throws in try story.take(.asked("j")) }
        try story.take(.held(HoldState()))
        #expect(story.begun == ["j"])
    }

    @Test("cancel: what runs is ended and not tried again, what waits is taken off with a line in the history")
    func cancel() throws {
        var story = JobBookStory([
            job("j", resources: ["s"], retries: 2), job("k", resources: ["s"]), job("l", after: ["k"]),
        ])
        #expect(throws: Failure.self) { () throws in try story.take(.cancel("j")) }
        try story.take(.asked("j"))
        try story.take(.asked("k"))
        try story.take(.cancel("k"))
        #expect(story.over.map(\.failure?.code) == ["JOB_CANCELLED"])
        #expect(story.phase("k") == .idle)
        #expect(story.phase("l") == .idle)
        try story.take(.cancel("j"))
        #expect(story.cancelled == [.person])
        #expect(try story.take(.cancel("j")) == "j is being cancelled")
        #expect(story.cancelled.isEmpty)
        try story.end("j", .interrupted)
        #expect(story.over.map(\.result) == [.interrupted])
        #expect(story.phase("j") == .idle)
    }

    @Test("a run that ended well in the moment of its cancelling has ended well")
    func late() throws {
        var story = JobBookStory([job("j")])
        try story.take(.asked("j"))
        try story.take(.cancel("j"))
        try story.end("j", .ok)
        #expect(story.over.map(\.result) == [.ok])
    }

    @Test("pause and resume, and what they refuse")
    func pause() throws {
        var story = JobBookStory([job("j")])
        #expect(throws: Failure.self) { () throws in try story.take(.pause("j")) }
        try story.take(.asked("j"))
        #expect(throws: Failure.self) { () throws in try story.take(.resume("j")) }
        let run = try #require(story.book.cards["j"]?.active?.record.run)
        try story.take(.pause("j"))
        #expect(story.last == [.pause(run)])
        #expect(story.phase("j") == .pausing)
        try story.take(.paused(run))
        #expect(story.phase("j") == .paused)
        #expect(throws: Failure.self) { () throws in try story.take(.pause("j")) }
        try story.take(.resume("j"))
        #expect(story.last == [.resume(run)])
        try story.take(.goesOn(run))
        #expect(story.phase("j") == .running)
    }

    @Test("a disabled job is not planned, not chained and not asked for; enabled again it is as the settings say")
    func enable() throws {
        var story = JobBookStory([job("a"), job("j", after: ["a"]), job("p", schedule: "x")])
        for name in ["j", "p"] { try story.take(.enable(name, false)) }
        try story.take(.asked("a"))
        #expect(story.phase("j") == .idle)
        try story.due("p")
        #expect(story.begun.isEmpty)
        #expect(story.book.cards["p"]?.memory.handledAt == story.wall)
        #expect(throws: Failure.self) { () throws in try story.take(.asked("p")) }
        try story.take(.enable("p", true))
        #expect(story.book.cards["p"]?.memory.isEnabled == nil)
        try story.due("p")
        #expect(story.begun == ["p"])
    }

    @Test("the next planned start is left out once")
    func skipNext() throws {
        var story = JobBookStory([job("p", schedule: "x"), job("q")])
        #expect(throws: Failure.self) { () throws in try story.take(.skipNext("q")) }
        try story.take(.skipNext("p"))
        try story.due("p")
        #expect(story.over.map(\.failure?.code) == ["JOB_SKIPPED"])
        story.now += 60
        try story.due("p")
        #expect(story.begun == ["p"])
    }

    @Test("J10 a reload leaves runs in progress their settings, and forgets what is not there any more")
    func reload() throws {
        var story = JobBookStory([job("j", resources: ["s"], timeout: 100), job("gone", resources: ["s"])])
        try story.take(.asked("j"))
        try story.take(.asked("gone"))
        try story.take(.settings([job("j", timeout: 5)], slots: [:], atOnce: 4))
        #expect(story.book.names == ["j"])
        try story.pass(50)
        #expect(story.cancelled.isEmpty)
        try story.take(.settings([job("other", resources: ["s"])], slots: [:], atOnce: 4))
        try story.take(.asked("other"))
        #expect(story.reason("other") == "waits for s")
        #expect(throws: Failure.self) { () throws in try story.take(.asked("j")) }
        try story.end("j", .ok)
        #expect(story.begun == ["other"])
        #expect(story.book.names == ["other"])
    }

    @Test("the engine ends: runs are interrupted, go on in the next one, and nothing begins")
    func engineEnds() throws {
        var story = JobBookStory([job("j", retries: 2), job("k", schedule: "x")])
        try story.take(.asked("j"))
        try story.take(.engineEnds)
        #expect(story.cancelled == [.engineEnds])
        try story.end("j", .interrupted)
        try story.due("k")
        #expect(story.begun.isEmpty)
        #expect(story.book.cards["j"]?.memory.pending?.trigger == .retry)
        #expect(story.book.cards["k"]?.memory.pending?.trigger == .schedule)
    }

    @Test("C7 one catch-up, moved by the jitter; an order brings it forward")
    func catchUp() throws {
        var nightly = job("j", schedule: "x")
        nightly.jitter = 100
        var story = JobBookStory([nightly])
        try story.due("j", .catchUp)
        #expect(story.reason("j") == "starts in a moment")
        var waited = 0.0
        while story.begun.isEmpty, waited < 101 {
            try story.pass(1)
            waited += 1
        }
        #expect(waited <= 100)
        #expect(story.book.cards["j"]?.active?.record.trigger == .catchUp)
        try story.end("j", .ok)
        story.now += 86_400
        try story.due("j", .catchUp)
        try story.take(.asked("j"))
        #expect(story.begun == ["j"])
    }
}
