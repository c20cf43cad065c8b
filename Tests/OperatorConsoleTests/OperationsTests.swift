import BackupModel
import Testing

@testable import OperatorConsole

@Suite struct RequestTests {
    private func dialog(_ model: Model) -> Int? {
        if case .request(let dialog)? = model.overlay { dialog.number } else { nil }
    }

    @Test("Nothing pops up: a new request is told in the banner and opened by its key alone")
    func nothingPopsUp() {
        var model = Fixture.model(Fixture.state)
        _ = model.press("2")
        #expect(model.receive(.state(Fixture.operations)).isEmpty)
        #expect(model.overlay == nil && model.screen == .copy)
        let banner = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text()[22]
        #expect(banner.hasPrefix("!! #17 attach the volume") && banner.contains("press !"))
        _ = model.press("!")
        #expect(dialog(model) == 17)
        _ = model.press("!")
        #expect(dialog(model) == 18)
        _ = model.press("!")
        #expect(dialog(model) == 17, "after the last comes the oldest")
    }

    @Test("H11 Enter does nothing in the box, paste and hasty keys answer nothing, Esc leaves the request open")
    func noDefault() {
        var model = Fixture.model(Fixture.operations)
        _ = model.receive(.key(.character("!")))
        #expect(model.receive(.key(.character("A"))).isEmpty && dialog(model) == 17)
        #expect(model.press("enter", "space", "y", "a", "tab").isEmpty && dialog(model) == 17)
        #expect(model.receive(.paste(Array("A\n".utf8))).isEmpty && dialog(model) == 17)
        #expect(model.press("esc").isEmpty && model.overlay == nil)
    }

    @Test("Answered elsewhere: the box goes and says by whom; keys that act sleep for a moment")
    func answeredElsewhere() {
        for isTyping in [false, true] {
            var model = Fixture.model(Fixture.operations)
            _ = model.press("7", "!")
            if isTyping { _ = model.press("Z") }
            var state = Fixture.operations
            state.requests[0].state = .answered(word: "attached", by: Fixture.ben, at: Fixture.now)
            #expect(model.receive(.state(state)).isEmpty)
            #expect(model.overlay == nil)
            #expect(model.result?.text.plain == "request #17: answered \"attached\" by ben (command line) 14:02")
            #expect(model.receive(.key(.character("R"))).isEmpty && model.overlay == nil)
        }
    }

    @Test("A request that is simply gone is looked up in the history")
    func goneFromTheState() {
        var model = Fixture.model(Fixture.operations)
        _ = model.press("!")
        var state = Fixture.operations
        let gone = state.requests.removeFirst()
        #expect(model.receive(.state(state)) == [.ask(.requestHistory(limit: 20))])
        #expect(model.overlay == nil && model.result?.text.plain == "request #17 is closed")
        var closed = gone
        closed.state = .withdrawn(reason: "the volume came back", at: Fixture.now)
        _ = model.receive(.answer(.requestHistory(limit: 20), .requestHistory([closed])))
        #expect(model.result?.text.plain == "request #17 was withdrawn: the volume came back")
    }

    @Test("A question from the box leads back to it when it is answered with No")
    func wayBack() {
        var model = Fixture.model(Fixture.operations)
        _ = model.press("!", "B", "esc")
        #expect(dialog(model) == 17)
        _ = model.press("Z", "esc")
        #expect(dialog(model) == 17)
    }

    @Test("A read-only console shows a request and says why it answers none")
    func readOnly() {
        var model = Fixture.model(Fixture.operations)
        _ = model.receive(.standing(.attached(version: "0.1", isReadOnly: true)))
        _ = model.press("!")
        for key in ["A", "B", "M", "Z", "X"] { #expect(model.press(key).isEmpty) }
        #expect(dialog(model) == 17)
        let text = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text().joined()
        #expect(text.contains("Not now: this console may only look (read-only)"))
    }

    @Test(arguments: [
        (["attached", "abandon"], "AB"), (["1", "2", "none"], "12N"), (["max", "zoo", "xx"], "AO1"),
        (["yes", "yes", "yes", "yes"], "YES1"), (["", "\u{1b}", "日本"], "123"), (["3", "cancel"], "3C"),
    ])
    func keysOfAnswers(words: [String], keys: String) {
        let answers = words.map { RequestAnswer(word: $0, meaning: "") }
        #expect(RequestDialog.keys(of: answers) == keys.unicodeScalars.map { $0 })
    }

    @Test("Several jobs that wait for one volume are cancelled by one question")
    func cancelAll() {
        var state = Fixture.operations
        state.requests[0].jobs = ["offsite", "nightly", "nobody"]
        var model = Fixture.model(state)
        #expect(model.press("!", "X") == [.flushInput])
        #expect(
            model.press("y", "e", "s", "enter") == [
                .send(.cancelJob(name: "offsite")), .send(.cancelJob(name: "nightly")),
            ])
    }
}

@Suite struct StandingTests {
    @Test("H12 the engine away: data grey and dated, browsing goes on, acts refused with the reason; its return heals")
    func away() {
        var model = Fixture.model(Fixture.operations)
        _ = model.receive(.standing(.attached(version: "0.1", isReadOnly: false)))
        _ = model.press("7")
        _ = model.receive(.standing(.away(since: Fixture.now, reason: "connection refused")))
        _ = model.receive(.tick(now: Fixture.now.adding(seconds: 42), monotonic: 1042))
        let size = Size(columns: 80, rows: 24)
        var text = render(model, size: size, glyphs: .ascii)
        #expect(text.text()[0].contains("DATA 00:42 OLD, reconnecting"))
        #expect(text.text()[22].contains("away since 14:02:51") && text.text()[22].contains("connection refused"))
        #expect(text[4, 4]?.role == .textDim)
        for key in ["R", "P", "X", "E", "K"] { #expect(model.press(key).isEmpty && model.overlay == nil) }
        #expect(model.result?.text.plain == "skip-next: the engine is away")
        _ = model.press("j")
        #expect(model.job?.name == "offsite")
        _ = model.receive(.standing(.attached(version: "0.2", isReadOnly: false)))
        #expect(model.result?.text.plain == "the engine is back")
        _ = model.receive(.state(Fixture.operations))
        text = render(model, size: size, glyphs: .ascii)
        #expect(!text.text()[0].contains("OLD") && model.press("P") == [.flushInput])
    }

    @Test("An order that was confirmed after the engine went away is not sent")
    func confirmedTooLate() {
        var model = Fixture.model(Fixture.operations)
        #expect(model.press("7", "P").contains(.flushInput))
        _ = model.receive(.standing(.away(since: Fixture.now, reason: "")))
        #expect(model.press("y").isEmpty)
        #expect(model.result?.text.plain == "not sent: the engine is away")
    }

    @Test("q detaches without a question behind a link, and asks where the engine would end with the console")
    func detach() {
        var model = Fixture.model(Fixture.operations)
        #expect(model.press("q") == [.flushInput])
        model = Fixture.model(Fixture.operations)
        _ = model.receive(.standing(.attached(version: "0.1", isReadOnly: false)))
        #expect(model.press("q") == [.quit])
    }

    @Test("The title says what holds jobs and whether orders are taken")
    func title() {
        var state = Fixture.operations
        state.hold.isDraining = true
        state.hold.stopFile = "by ana"
        state.hold.clockFrozen = "3 days"
        state.hold.maintenanceUntil = Fixture.now.adding(seconds: 3600)
        var model = Fixture.model(state)
        _ = model.receive(.standing(.attached(version: "0.1", isReadOnly: true)))
        let text = render(model, size: Size(columns: 160, rows: 48), glyphs: .ascii).text()[0]
        for word in ["| ro |", "STOP FILE", "CLOCK FROZEN", "HELD until 15:02", "DRAINING"] {
            #expect(text.contains(word), "\(word)")
        }
    }

    @Test("Times are shown as the operator's clock has them, with their zone")
    func localTime() {
        var model = Model(
            size: Size(columns: 80, rows: 24), now: Fixture.now, monotonic: 0, utcOffset: { _ in 5 * 3600 + 1800 })
        _ = model.receive(.state(Fixture.operations))
        _ = model.press("7")
        let text = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text()
        #expect(text[0].contains("19:32:52+0530"))
        #expect(text[4].contains("18:02"), "12:32 in UTC")
        #expect(model.clock.full(Fixture.now) == "2026-10-04T19:32:51+0530")
        #expect(Clock(now: Fixture.now, offset: { _ in -3600 }).zone == "-01")
        #expect(Clock(now: Fixture.now).titleTime == "14:02:51Z")
    }
}

@Suite struct JobTests {
    @Test("Runs are asked for once, page by page, and anew when another one has ended")
    func historyPages() {
        var model = Fixture.model(Fixture.operations)
        let lanes = Query.jobRuns(job: nil, before: nil, limit: 300)
        #expect(model.press("7") == [.ask(lanes)])
        let first = Query.jobRuns(job: "nightly", before: nil, limit: 50)
        #expect(model.receive(.answer(lanes, .jobRuns(Fixture.pastRuns))) == [.ask(first)])
        let many = (0..<50).map { index in
            var run = Fixture.run(UInt64(9_000 - index), "nightly", .mirrorRun, ago: Double(index) * 3600 + 9000)
            run.result = .ok
            return run
        }
        #expect(model.receive(.answer(first, .jobRuns(many))).isEmpty)
        #expect(model.press("i").isEmpty && model.focusedPane == .history)
        let next = Query.jobRuns(job: "nightly", before: many[49].startedAt, limit: 50)
        #expect(model.press("G") == [.ask(next)])
        _ = model.receive(.answer(next, .jobRuns([])))
        #expect(model.history.reachedEnd && model.press("G").isEmpty)
        var state = Fixture.operations
        state.jobs[0].lastRun?.run = RunID(bits: 7_777)
        #expect(model.receive(.state(state)) == [.ask(lanes)])
        #expect(model.receive(.answer(lanes, .jobRuns([]))) == [.ask(first)])
    }

    @Test("A page of a log that does not get on adds nothing and is not asked for again at once")
    func stillLog() {
        var model = Fixture.model(Fixture.operations)
        model.serve(model.press("7"))
        let run = RunID(bits: 101)
        _ = model.press("o")
        _ = model.receive(
            .answer(.jobLog(run: run, offset: 0), .jobLog(JobLogPage(lines: ["one"], next: 4, isEnd: false))))
        let empty = JobLogPage(lines: [""], next: 4, isEnd: false)
        #expect(model.receive(.answer(.jobLog(run: run, offset: 4), .jobLog(empty))).isEmpty)
        guard case .jobLog(let view)? = model.overlay else {
            Issue.record("no log")
            return
        }
        #expect(view.lines == ["one"])
    }

    @Test("An alert about the engine itself has no colon before it; the title counts jobs that run without a mirror")
    func engineWords() {
        var state = Fixture.operations
        state.alerts = [
            Alert(
                id: 1, severity: .error, raisedAt: Fixture.now, subject: "",
                failure: Failure(code: "RESTARTED", side: .engine, message: "the engine came back"))
        ]
        state.requests = []
        for index in state.copies.indices { state.copies[index].phase = .idle }
        for size in [Size(columns: 80, rows: 24), Size(columns: 160, rows: 48)] {
            let text = render(Fixture.model(state), size: size, glyphs: .ascii).text()
            #expect(text[size.rows - 2].hasPrefix("xx the engine came back"))
            #expect(text[0].contains("engine RUN, jobs \(state.jobs.count(where: \.phase.isActive))"))
        }
    }

    @Test(
        "A target nobody looked at is not called away; one that a run waits for is",
        arguments: [
            (CopyPhase.idle, false, Int64(0), "not looked at"), (.waiting(reason: "gone"), true, 9, "NOT HERE"),
            (.copying, false, 0, "NOT HERE"), (.idle, true, 9, "here"), (.finished(.ok), false, 9, "NOT HERE"),
        ])
    func presence(phase: CopyPhase, isPresent: Bool, capacity: Int64, words: String) {
        var copy = Fixture.cold
        copy.phase = phase
        copy.volume.isPresent = isPresent
        copy.volume.capacity = capacity
        #expect(copy.presence.text.plain == words)
    }

    @Test("The log of a run comes in pages, follows a running job, and is asked for again after a second")
    func jobLog() {
        var model = Fixture.model(Fixture.operations)
        model.serve(model.press("7"))
        let run = RunID(bits: 101)
        #expect(model.press("o") == [.ask(.jobLog(run: run, offset: 0))])
        let page = JobLogPage(lines: (0..<100).map { "line \($0)" }, next: 900, isEnd: false)
        let more = Query.jobLog(run: run, offset: 900)
        #expect(model.receive(.answer(.jobLog(run: run, offset: 0), .jobLog(page))) == [.ask(more)])
        #expect(model.receive(.answer(more, .jobLog(JobLogPage(lines: [], next: 900, isEnd: false)))).isEmpty)
        let text = render(model, size: model.size, glyphs: .ascii).text().joined()
        #expect(text.contains("line 99") && text.contains("follow ON") && !text.contains("line 12 "))
        #expect(model.receive(.tick(now: model.now, monotonic: model.monotonic + 0.9)).isEmpty)
        #expect(model.receive(.tick(now: model.now, monotonic: model.monotonic + 0.1)) == [.ask(more)])
        _ = model.receive(.answer(more, .jobLog(JobLogPage(lines: ["last"], next: 905, isEnd: true))))
        let end = render(model, size: model.size, glyphs: .ascii).text().joined()
        #expect(end.contains("last") && !end.contains("follow ON"))
        _ = model.press("g")
        #expect(render(model, size: model.size, glyphs: .ascii).text().joined().contains("line 12 "))
        #expect(model.press("f", "k", "esc").isEmpty && model.overlay == nil)
    }

    @Test func refusedLogSaysWhy() {
        var model = Fixture.model(Fixture.operations)
        model.serve(model.press("7"))
        _ = model.press("o")
        let refusal = Failure(code: "GONE", side: .engine, message: "the log was thrown away after 90 days")
        #expect(model.receive(.answer(.jobLog(run: RunID(bits: 101), offset: 0), .refused(refusal))).isEmpty)
        let text = render(model, size: model.size, glyphs: .ascii).text().joined()
        #expect(text.contains("thrown away after 90 days"))
    }

    @Test("H11 when the job under the cursor goes, its keys sleep")
    func sleeps() {
        var model = Fixture.model(Fixture.operations)
        _ = model.press("7", "j")
        var state = Fixture.operations
        state.jobs.remove(at: 1)
        _ = model.receive(.state(state))
        #expect(model.receive(.key(.character("R"))).isEmpty && model.overlay == nil)
        #expect(model.press("R") == [.flushInput])
    }

    @Test("Lanes: what ran, what runs, what is planned and what clashes, each in its column")
    func lanes() {
        let now = Fixture.now
        // A column is half an hour; now is column 12.
        let axis = LaneAxis(now: now, width: 48)
        func text(_ job: JobState, _ runs: [JobRun] = [], _ firings: [Firing] = []) -> String {
            String(laneCells(job, runs: runs, firings: firings, axis: axis).map(\.rawValue))
        }
        func past(_ result: JobResult, ago: Double, took: Double) -> JobRun {
            var run = Fixture.run(1, "a", .command, ago: ago)
            run.endedAt = run.startedAt.adding(seconds: took)
            run.result = result
            return run
        }
        var job = JobState(name: "a", kind: .command)
        let empty = String(repeating: ".", count: 12) + "|" + String(repeating: ".", count: 35)
        #expect(text(job) == empty)
        #expect(text(job, [past(.ok, ago: 7_200, took: 3_600)]).hasPrefix("........===.|"))
        #expect(text(job, [past(.failed, ago: 7_200, took: 1)]).hasPrefix("........x...|"))
        #expect(text(job, [past(.ok, ago: 90_000, took: 1), past(.skipped, ago: 100, took: 1)]) == empty)
        let soon = Firing(job: "a", at: now.adding(seconds: 3_600), expectedSeconds: 3_600)
        #expect(text(job, [], [soon]).hasPrefix("............|.o--."))
        let clash = Firing(job: "a", at: now.adding(seconds: 3_600), conflict: "b")
        #expect(text(job, [], [clash]).hasPrefix("............|.!."))
        job.current = Fixture.run(2, "a", .command, ago: 3_600)
        job.phase = .running
        #expect(text(job).hasPrefix("..........>>>."))
        job.phase = .waiting(request: 1)
        #expect(text(job).hasPrefix("..........>>?."))
        #expect(laneCells(job, runs: [], firings: [], axis: LaneAxis(now: now, width: 0)).isEmpty)
    }

    @Test(arguments: [
        ("15m", 900.0), ("2h", 7_200), ("1h30", 5_400), ("1h30m", 5_400), ("1d", 86_400), ("1d12", 129_600),
        ("90s", 90), ("45", 2_700), (" 2 H ", 7_200),
    ])
    func durations(text: String, seconds: Double) { #expect(TypedTime.duration(text) == seconds) }

    @Test(arguments: ["", "m", "0", "30s", "31d", "1m2h", "1h1h", "-5m", "2w", "9999999999m", "1h٣", "1.5h"])
    func noDurations(text: String) { #expect(TypedTime.duration(text) == nil) }

    @Test func nextTimeOfDay() {
        let noon = WallTime(milliseconds: 12 * 3_600_000 + 500)
        #expect(TypedTime.next("06:00", after: noon, offset: 0)?.milliseconds == 108_000_000)
        #expect(TypedTime.next("12:30", after: noon, offset: 0)?.milliseconds == 45_000_000)
        #expect(TypedTime.next("13:30", after: noon, offset: 3600)?.milliseconds == 45_000_000)
        for wrong in ["24:00", "6", "6:0", "06:60", "x", "::"] {
            #expect(TypedTime.next(wrong, after: noon, offset: 0) == nil)
        }
    }

    @Test("A typed time that is none is complained about and sent nowhere")
    func wrongTime() {
        var model = Fixture.model(Fixture.operations)
        _ = model.press("9", "j", "j", "Z")
        model.type("soon")
        #expect(model.press("enter").isEmpty)
        let row = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text()[23]
        #expect(row.contains("not a time: 15m, 2h, 1d"))
        _ = model.press("ctrl+u")
        model.type("2h")
        #expect(model.press("enter") == [.send(.snooze(alert: 7, seconds: 7_200))])
    }

    @Test("Alerts: requests first, loud before seen, worst first; the tab counts what wants somebody")
    func alertOrder() {
        var state = Fixture.operations
        state.alerts.append(
            Alert(
                id: 9, severity: .warn, raisedAt: Fixture.now, subject: "late",
                failure: Failure(code: "X", side: .engine, message: "m")))
        state.alerts[2].snoozedUntil = Fixture.now.adding(seconds: -1)
        var model = Fixture.model(state)
        _ = model.press("9")
        #expect(model.shownAttention.map(\.id) == [.request(17), .request(18), .alert(7), .alert(9), .alert(8)])
        #expect(model.loudCount == 4)
        #expect(model.alert == nil, "the cursor is on a request")
        #expect(render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text()[1].contains("[9 Alert:4!]"))
        _ = model.press("enter")
        #expect(model.overlay != nil)
    }
}
