import BackupCatalog
import BackupModel
import Testing
import WorkerKit

@testable import BackupEngine

/// A state to which one thing happens at a time.
private func quietState() -> EngineState {
    var copy = CopyState(name: "cold", source: "/s", target: "/t")
    copy.volume = VolumeState(uuid: "u", isPresent: true, free: 50, capacity: 100)
    var set = RecoverySetState(name: "blobs")
    set.goal = 3600
    set.newestVerifiedAt = start
    return EngineState(
        host: "h", version: "0", startedAt: start, at: start, copies: [copy],
        jobs: [JobState(name: "nightly", kind: .mirrorRun)], sets: [set])
}

private func ended(_ result: JobResult, _ failure: Failure? = nil) -> JobRun {
    var run = JobRun(run: RunID(bits: 1), job: "nightly", kind: .mirrorRun, trigger: .schedule, startedAt: start)
    run.endedAt = start
    run.result = result
    run.failure = failure
    return run
}

@Suite struct AlertConditionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var code: String
        var subject: String
        var severity: Severity
        var minutes = 0.0
        var facts = AlertFacts()
        var happens: @Sendable (inout EngineState) -> Void
        var testDescription: String { "\(code) \(severity.word)" }
    }

    static let cases: [Case] = [
        Case(code: "JOB_FAILED", subject: "nightly", severity: .error) { $0.jobs[0].lastRun = ended(.failed) },
        Case(code: "JOB_OVERLAPS", subject: "nightly", severity: .warn, facts: AlertFacts(overlaps: ["nightly": 3])) {
            _ in
        },
        Case(code: "SET_LATE", subject: "blobs", severity: .warn, minutes: 61) { _ in },
        Case(code: "SET_LATE", subject: "blobs", severity: .warn) { $0.sets[0].newestVerifiedAt = nil },
        Case(code: "SET_LATE", subject: "blobs", severity: .info, minutes: 61) { $0.sets[0].priority = .low },
        Case(code: "SET_LATE", subject: "blobs", severity: .error, minutes: 61) { $0.sets[0].priority = .critical },
        Case(code: "REQUEST_OPEN", subject: "request 4", severity: .warn, minutes: 60) {
            $0.sets = []
            var request = volume()
            request.number = 4
            $0.requests = [request]
        },
        Case(code: "REQUEST_OPEN", subject: "request 4", severity: .error, minutes: 60) {
            $0.sets = []
            var request = volume(deadline: start.adding(seconds: 5400))
            request.number = 4
            $0.requests = [request]
        },
        Case(code: "SPACE_LOW", subject: "cold", severity: .warn) { $0.copies[0].volume.free = 4 },
        Case(code: "CLOCK_JUMPED", subject: "clock", severity: .error) { $0.hold.clockFrozen = "by 10 years" },
        Case(code: "STOP_FILE", subject: "engine", severity: .warn) { $0.hold.stopFile = "moving house" },
        Case(code: "UNDELIVERED", subject: "delivery", severity: .warn, minutes: 15) {
            $0.delivery.waiting = 1
            $0.delivery.oldestWaitingAt = start
        },
    ]

    @Test("each condition raises one alert, and clears it when it is gone", arguments: cases)
    func raisedAndCleared(one: Case) {
        var board = AlertBoard()
        let now = start.adding(seconds: one.minutes * 60)
        #expect(board.judge(quietState(), now: start).isEmpty)
        var state = quietState()
        one.happens(&state)
        let raised = board.judge(state, facts: one.facts, now: now)
        #expect(raised.raised.map(\.alert.failure.code) == [one.code])
        #expect(board.open.map(\.subject) == [one.subject] && board.open.map(\.severity) == [one.severity])
        #expect(board.judge(state, facts: one.facts, now: now).isEmpty, "met still: nothing new, nothing to keep")
        let cleared = board.judge(quietState(), now: start)
        #expect(cleared.cleared.map(\.failure.code) == [one.code] && board.open.isEmpty)
    }

    @Test("C8 an overlap alarms at three")
    func overlaps() {
        var board = AlertBoard()
        for count in 1...2 {
            #expect(board.judge(quietState(), facts: AlertFacts(overlaps: ["nightly": count]), now: start).isEmpty)
        }
        _ = board.judge(quietState(), facts: AlertFacts(overlaps: ["nightly": 3]), now: start)
        #expect(board.open.map(\.failure.code) == ["JOB_OVERLAPS"])
    }

    @Test(
        "what cannot be told now neither raises nor clears",
        arguments: [
            { $0.jobs[0].phase = .queued(reason: "retry") }, { $0.jobs[0].phase = .running },
            { $0.jobs[0].lastRun = ended(.skipped) },
        ] as [@Sendable (inout EngineState) -> Void])
    func undecided(change: @Sendable (inout EngineState) -> Void) {
        var failed = quietState()
        failed.jobs[0].lastRun = ended(.failed)
        var unclear = failed
        change(&unclear)
        var board = AlertBoard()
        #expect(board.judge(unclear, now: start).isEmpty)
        _ = board.judge(failed, now: start)
        #expect(board.judge(unclear, now: start).isEmpty && board.open.count == 1)
    }

    @Test(
        "space that swings about the limit does not blink, nor a volume that is away",
        arguments: [(4, 1), (5, 0), (6, 0)])
    func space(free: Int64, alerts: Int) {
        var board = AlertBoard()
        var state = quietState()
        state.copies[0].volume.free = free
        _ = board.judge(state, now: start)
        #expect(board.open.count == alerts)
        state.copies[0].volume.free = 5
        _ = board.judge(state, now: start)
        #expect(board.open.count == alerts)
        state.copies[0].volume.isPresent = false
        _ = board.judge(state, now: start)
        #expect(board.open.count == alerts)
    }

    @Test("blobs that failed are an alert until none of their kind is left and a run has ended")
    func blobs() {
        var board = AlertBoard()
        board.note(
            Event(
                at: start, severity: .warn, component: "copy", code: "BLOB_FAILED", job: "cold", message: "x",
                failure: Failure(code: "SOURCE_CORRUPT", side: .source, message: "x")))
        var state = quietState()
        state.copies[0].progress.states[.sourceCorrupt] = Amount(count: 1, bytes: 1)
        state.copies[0].lastRun = RunSummary(
            run: RunID(bits: 1), kind: .run, startedAt: start, endedAt: start.adding(seconds: 60),
            result: .okWithWarnings)
        #expect(board.judge(state, now: start).isEmpty)
        state.copies[0].progress.states[.sourceCorrupt] = Amount()
        state.copies[0].progress.states[.sourceMissing] = Amount(count: 1, bytes: 1)
        state.copies[0].phase = .copying
        #expect(board.judge(state, now: start).isEmpty)
        state.copies[0].phase = .idle
        #expect(board.judge(state, now: start).cleared.map(\.failure.code) == ["SOURCE_CORRUPT"])
    }

    @Test("alerts of a mirror that is no more go, those of one that is there stay")
    func gone() {
        var board = AlertBoard()
        for job in ["cold", "old", ""] {
            board.note(
                Event(
                    at: start, severity: .error, component: "copy", code: "X", job: job, message: "x",
                    failure: Failure(code: "VOLUME_NOT_MOUNTED", side: .destination, message: "x")))
        }
        #expect(board.judge(quietState(), now: start).cleared.map(\.subject) == ["old"])
        #expect(board.open.map(\.subject) == ["cold", ""])
    }
}

@Suite struct AlertDeskTests {
    private func desk(_ place: CatalogPlace) async throws -> AlertDesk {
        try await AlertDesk.open(AlertStore(place.catalog), time: place.clock.time)
    }

    private var failing: EngineState {
        var state = quietState()
        state.jobs[0].lastRun = ended(.failed)
        return state
    }

    @Test("acknowledgements, snoozes, counts and ids survive every end of the engine")
    func survives() async throws {
        let place = try CatalogPlace()
        let first = try await desk(place)
        let event = Event(
            at: start, severity: .warn, component: "copy", code: "X", job: "cold", message: "x",
            failure: Failure(code: "DESTINATION_FULL", side: .destination, message: "x"))
        for _ in 0..<3 { _ = await first.note(event) }
        _ = await first.judge(failing)
        let done = await first.carryOut(order(.acknowledge(alert: 2, note: "known")))
        #expect(done.result == .accepted("alert acknowledged"))
        _ = await first.carryOut(order(.snooze(alert: 1, seconds: 3600)))
        let open = await first.open
        try place.reopen()
        let second = try await desk(place)
        #expect(await second.open == open && open.map(\.count) == [3, 1])
        #expect(await second.judge(failing).isEmpty, "the same condition is the same alert")
        let cleared = await second.judge(quietState())
        #expect(cleared.cleared.map(\.id) == [2])
        try place.reopen()
        let third = try await desk(place)
        #expect(await third.open.map(\.id) == [1])
        _ = await third.judge(failing)
        #expect(await third.open.map(\.id) == [1, 3], "a number is never used twice")
    }

    @Test("a broken catalog takes no alert from the screen, and refuses what could not be kept")
    func broken() async throws {
        let place = try CatalogPlace()
        let desk = try await desk(place)
        place.catalog.close()
        _ = await desk.judge(failing)
        #expect(await desk.open.count == 1)
        let refused = await desk.carryOut(order(.acknowledge(alert: 1, note: "")))
        guard case .refused(let failure) = refused.result else { throw Wrong("\(refused)") }
        #expect(failure.code == "CATALOG_CLOSED")
        #expect(await desk.open.map(\.acknowledgement) == [nil])
    }

    @Test("only an engine that did not end in order crashed")
    func lives() throws {
        let place = try CatalogPlace()
        let lives = EngineLives(place.catalog)
        #expect(try lives.begin(at: start) == nil)
        try lives.end(at: start.adding(seconds: 9))
        #expect(try lives.begin(at: start.adding(seconds: 10)) == nil)
        #expect(try lives.begin(at: start.adding(seconds: 20)) == start.adding(seconds: 10))
        var board = AlertBoard()
        board.note(crashEvent(started: start, at: start))
        #expect(board.open.map(\.failure.code) == ["ENGINE_CRASHED"])
        #expect(board.open.map(\.subject) == ["engine"])
    }
}
