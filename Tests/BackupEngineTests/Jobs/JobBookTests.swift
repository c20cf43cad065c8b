import BackupCatalog
import BackupModel
import Testing

@testable import BackupEngine

@Suite struct JobBookTests {
    // MARK: Chains

    struct Link: CustomTestStringConvertible, Sendable {
        var rule: ChainRule
        var result: JobResult
        /// Nil: it begins; otherwise why it is left out.
        var reason: String?
        var testDescription: String { "\(rule) \(result)" }
    }

    @Test(
        "what comes after a job begins, or is left out with the reason",
        arguments: [
            Link(rule: .success, result: .ok), Link(rule: .success, result: .okWithWarnings),
            Link(rule: .success, result: .failed, reason: "dump failed"),
            Link(rule: .success, result: .interrupted, reason: "dump was interrupted"),
            Link(rule: .always, result: .ok), Link(rule: .always, result: .failed),
            Link(rule: .always, result: .interrupted),
        ])
    func chain(_ link: Link) throws {
        var story = JobBookStory([job("dump"), job("copy", after: ["dump"], link.rule), job("tell", after: ["copy"])])
        try story.take(.asked("dump"))
        #expect(story.reason("copy") == "after dump")
        #expect(story.reason("tell") == nil)
        try story.end("dump", link.result)
        #expect(story.begun == (link.reason == nil ? ["copy"] : []))
        guard let reason = link.reason else { return #expect(story.reason("tell") == "after copy") }
        // The one after the one left out is left out too.
        let skipped = story.over.filter { $0.result == .skipped }
        #expect(skipped.map(\.job) == ["copy", "tell"])
        #expect(skipped.map { $0.failure?.message } == [reason, "copy was skipped"])
        #expect(story.book.names.allSatisfy { story.phase($0) == .idle })
    }

    @Test("with several before it a job waits for the last of them")
    func join() throws {
        var story = JobBookStory([job("a"), job("b"), job("c", after: ["a", "b"])])
        try story.take(.asked("a"))
        #expect(story.reason("c") == "after a, b")
        try story.end("a", .ok)
        #expect(story.reason("c") == "after b")
        try story.take(.asked("b"))
        try story.end("b", .ok)
        #expect(story.begun == ["c"])
    }

    @Test("a retry is not the end: the chain waits for the last try")
    func chainWaitsForRetry() throws {
        var story = JobBookStory([job("dump", retries: 1), job("copy", after: ["dump"])])
        try story.take(.asked("dump"))
        try story.end("dump", .failed)
        #expect(story.reason("copy") == "after dump")
        #expect(story.reason("dump") == "waits to be tried again (2 of 2)")
        try story.pass(60)
        #expect(story.begun == ["dump"])
        try story.end("dump", .ok)
        #expect(story.begun == ["copy"])
    }

    @Test("a job with a time of its own waits for the one before it, and not without it")
    func gated() throws {
        var story = JobBookStory([
            job("dump", schedule: "01:00"), job("copy", after: ["dump"], schedule: "02:00"),
        ])
        try story.due("copy")
        #expect(story.begun == ["copy"])
        try story.end("copy", .ok)
        try story.due("dump")
        #expect(story.phase("copy") == .idle)
        try story.due("copy")
        #expect(story.reason("copy") == "after dump")
        try story.end("dump", .failed)
        #expect(story.over.last?.failure?.message == "dump failed")
        // Later too: what failed when it last ran is not built on.
        try story.due("copy")
        #expect(story.over.map(\.result) == [.skipped])
    }

    // MARK: Order and slots

    @Test("the higher priority goes first, then who waits longer")
    func priority() throws {
        var story = JobBookStory(
            [
                job("busy", resources: ["s"]), job("low", priority: 10, resources: ["s"]),
                job("old", resources: ["s"]), job("new", resources: ["s"]), job("high", priority: 90, resources: ["s"]),
            ])
        for name in ["busy", "low", "old", "new", "high"] {
            story.now += 1
            try story.take(.asked(name))
        }
        #expect(story.reason("high") == "waits for s")
        var order: [String] = []
        var running = "busy"
        for _ in 0..<4 {
            try story.end(running, .ok)
            running = try #require(story.begun.first)
            order += story.begun
        }
        #expect(order == ["high", "old", "new", "low"])
    }

    @Test("a slot that a higher job waits for is not given to a lower one")
    func reserved() throws {
        var story = JobBookStory([
            job("a", resources: ["x"]), job("high", priority: 90, resources: ["x", "y"]),
            job("low", priority: 10, resources: ["y"]), job("free", priority: 1, resources: ["z"]),
        ])
        for name in ["a", "high", "low", "free"] { try story.take(.asked(name)) }
        #expect(story.reason("high") == "waits for x")
        #expect(story.reason("low") == "waits for y")
        #expect(story.isRunning("free"))
    }

    @Test("slots of the kind, of runs by hand, and the machine-wide limit")
    func slots() throws {
        var story = JobBookStory(
            [job("m"), job("n"), job("o"), job("p")],
            slots: ["m": ["target:/mnt/x"], "n": ["target:/mnt/x"]], atOnce: 2)
        try story.take(.taken(["target:/mnt/x"]))
        try story.take(.asked("m"))
        #expect(story.reason("m") == "waits for target:/mnt/x")
        try story.take(.taken([]))
        #expect(story.begun == ["m"])
        try story.take(.asked("n"))
        #expect(story.reason("n") == "waits for target:/mnt/x")
        try story.take(.asked("o"))
        try story.take(.asked("p"))
        #expect(story.reason("p") == "waits for a place: 2 jobs run")
        try story.end("o", .ok)
        #expect(story.begun == ["p"])
    }

    // MARK: Overlap

    @Test("C8 a start that falls into the run before is left out and counted; a good start counts from nothing")
    func overlap() throws {
        var story = JobBookStory([job("j", schedule: "x")])
        try story.due("j")
        for count in 1...3 {
            story.now += 60
            try story.due("j")
            #expect(story.over.first?.result == .skipped)
            #expect(story.over.first?.failure?.code == "SKIPPED_OVERLAP")
            #expect(story.last.contains(.overlap("j", at: story.wall, inARow: count)))
        }
        try story.end("j", .ok)
        try story.due("j")
        #expect(story.begun == ["j"])
        #expect(story.book.cards["j"]?.memory.overlaps == 0)
    }

    @Test("a chain that comes round while its next link still runs leaves it out")
    func chainOverlap() throws {
        var story = JobBookStory([job("a"), job("b", after: ["a"]), job("c", after: ["b"])])
        try story.take(.asked("a"))
        try story.end("a", .ok)
        try story.take(.asked("a"))
        try story.end("a", .ok)
        #expect(story.over.last?.failure?.code == "SKIPPED_OVERLAP")
        #expect(story.reason("c") == "after b")
        try story.end("b", .ok)
        #expect(story.begun == ["c"])
    }

    // MARK: Retry and time

    @Test("a failed run is tried again with doubled pauses, as often as allowed")
    func retry() throws {
        var story = JobBookStory([job("j", retries: 2)])
        try story.due("j")
        let planned = story.wall
        var pauses: [Double] = []
        for _ in 0..<2 {
            try story.end("j", .failed)
            let pause = story.last.compactMap { if case .retry(_, let after) = $0 { after } else { nil } }
            pauses += pause
            try story.pass((pause.first ?? 0) - 1)
            #expect(story.begun.isEmpty)
            try story.pass(1)
            #expect(story.begun == ["j"])
        }
        #expect(pauses == [60, 120])
        #expect(story.book.cards["j"]?.active?.record.attempt == 3)
        #expect(story.book.cards["j"]?.active?.record.plannedAt == planned)
        try story.end("j", .failed)
        #expect(story.phase("j") == .idle)
    }

    @Test(
        "what no further try can mend is not tried again",
        arguments: [
            Failure(code: "MIRROR_UNKNOWN", side: .settings, message: "m"),
            Failure(code: "REQUEST_EXPIRED", side: .destination, message: "m"),
        ])
    func noRetry(_ failure: Failure) throws {
        var story = JobBookStory([job("j", retries: 2)])
        try story.due("j")
        try story.end("j", .failed, failure)
        #expect(story.phase("j") == .idle)
    }

    @Test("a new start takes the place of a retry")
    func replaced() throws {
        var story = JobBookStory([job("j", retries: 2, schedule: "x")])
        try story.due("j")
        try story.end("j", .failed)
        story.now += 10
        try story.due("j")
        #expect(story.begun == ["j"])
        #expect(story.book.cards["j"]?.active?.record.attempt == 1)
    }

    @Test("a run that takes too long is ended and has failed; waiting for a person does not count")
    func timeout() throws {
        var story = JobBookStory([job("j", timeout: 100)])
        try story.due("j")
        let run = try #require(story.book.cards["j"]?.active?.record.run)
        try story.pass(60)
        try story.take(.waits(run, request: 7))
        #expect(story.phase("j") == .waiting(request: 7))
        try story.pass(1000)
        try story.take(.goesOn(run))
        try story.pass(39)
        #expect(story.cancelled.isEmpty)
        try story.pass(1)
        #expect(story.cancelled == [.timeout])
        #expect(story.phase("j") == .cancelling)
        try story.end("j", .interrupted)
        #expect(story.over.first?.result == .failed)
        #expect(story.over.first?.failure?.code == "JOB_TIMEOUT")
    }

    // MARK: Restarts

    @Test("what ran when the engine died is interrupted and goes on, but not for ever")
    func crash() throws {
        var memory = JobMemory(name: "j")
        for number in 1...6 {
            var story = JobBookStory([job("j", retries: 2)], memories: [memory])
            if number == 1 { try story.due("j") } else { try story.take(.tick) }
            guard let run = story.book.cards["j"]?.active?.record else {
                Issue.record("engine \(number) did not go on")
                return
            }
            #expect(run.attempt == 1)
            var next = JobBookStory([job("j", retries: 2)], memories: [try #require(story.book.cards["j"]).memory])
            try next.take(.crashed(run))
            #expect(next.over.first?.result == .interrupted)
            #expect(next.isRunning("j") == (number <= 5))
            memory = try #require(next.book.cards["j"]).memory
            if let again = next.book.cards["j"]?.active?.record {
                memory.pending = PendingRun(trigger: .retry, plannedAt: again.plannedAt, since: again.startedAt)
            }
        }
    }

    @Test("what was queued is queued again, and its pause is not longer than it was whatever the clock did")
    func restored() throws {
        var memory = JobMemory(name: "j")
        memory.pending = PendingRun(
            trigger: .retry, attempt: 2, since: JobBookStory.epoch.adding(seconds: 9_000_000),
            notBefore: JobBookStory.epoch.adding(seconds: 9_000_060))
        var story = JobBookStory([job("j", retries: 2)], memories: [memory])
        try story.take(.tick)
        #expect(story.reason("j") == "waits to be tried again (2 of 3)")
        try story.pass(60)
        #expect(story.begun == ["j"])
    }

    @Test("a step keeps what it changed: the planned time is handled when its run is opened")
    func change() throws {
        var story = JobBookStory([job("j"), job("k")])
        var next = story.book
        try next.take(.due("j", at: story.wall, .schedule), at: JobBookStory.moment(story.now))
        let change = next.drainChange(since: story.book)
        #expect(change.memories.map(\.name) == ["j"])
        #expect(change.memories.first?.handledAt == story.wall)
        #expect(change.memories.first?.pending == nil)
        #expect(change.opened.map(\.job) == ["j"])
        story.book = next
    }
}
