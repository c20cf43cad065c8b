import BackupModel
import Testing

@testable import OperatorConsole

@Suite struct ReducerTests {
    @Test("Digits switch screens, q goes back, and at the top asks before a running mirror ends")
    func screensAndQuit() {
        var model = Fixture.model
        #expect(model.press("2").isEmpty && model.screen == .copy)
        _ = model.press("8")
        #expect(model.screen == .log)
        #expect(model.press("q").isEmpty && model.screen == .dashboard)
        #expect(model.press("q") == [.flushInput])
        #expect(model.press("enter").isEmpty && model.overlay == nil, "Enter is No")
        #expect(model.press("q", "y") == [.flushInput, .quit])
    }

    @Test func quitsAtOnceWhenNothingRuns() {
        var state = Fixture.state
        state.copies = [Fixture.mail]
        var model = Fixture.model(state)
        #expect(model.press("q") == [.quit])
    }

    @Test("The mirror under the cursor stays under it when rows come, go and are sorted")
    func selectionByIdentity() {
        var model = Fixture.model
        _ = model.press("j", "j")
        #expect(model.mirror?.name == "offsite")
        var state = Fixture.state
        state.copies.insert(CopyState(name: "aaa", source: "/a", target: "/b"), at: 0)
        _ = model.receive(.state(state))
        #expect(model.mirror?.name == "offsite")
        _ = model.press("s", "s")
        #expect(model.mirror?.name == "offsite")
        _ = model.receive(.resize(Size(columns: 41, rows: 10)))
        #expect(model.mirror?.name == "offsite")
    }

    @Test("H11 when the row under the cursor goes, dangerous keys sleep for half a second")
    func sleepAfterChange() {
        var model = Fixture.model
        _ = model.press("j")
        #expect(model.mirror?.name == "media")
        var state = Fixture.state
        state.copies.remove(at: 1)
        _ = model.receive(.state(state))
        #expect(model.mirror?.name == "offsite")
        let at = model.monotonic
        _ = model.receive(.tick(now: Fixture.now, monotonic: at + 0.4))
        #expect(model.receive(.key(.character("X"))).isEmpty && model.overlay == nil)
        _ = model.receive(.tick(now: Fixture.now, monotonic: at + 0.6))
        #expect(model.receive(.key(.character("X"))) == [.flushInput])
    }

    @Test("H12 an engine that is away: old data stays, acts are refused, its return heals")
    func engineLost() {
        var model = Fixture.model
        _ = model.receive(.tick(now: Fixture.now.adding(seconds: 42), monotonic: 1042))
        let old = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii)
        #expect(old.text()[0].contains("DATA 00:42 OLD"))
        #expect(old.text()[4].contains("cold"))
        #expect(old.roles()[4].contains(StyleRole.textDim.mapCharacter))
        #expect(!old.roles()[4].contains(StyleRole.stateRunning.mapCharacter))
        #expect(model.press("P").isEmpty && model.overlay == nil)
        #expect(model.result?.text.plain.contains("away") == true)
        _ = model.receive(.state(Fixture.state))
        #expect(model.press("P") == [.flushInput])
        _ = model.receive(.engineLost)
        #expect(model.isOld)
        for size in FrameTests.sizes {
            #expect(render(model, size: size, glyphs: .ascii).text()[0].contains("OLD"), "\(size)")
        }
    }

    @Test func holdingTheDisplayKeepsItAndForbidsActs() {
        var model = Fixture.model
        _ = model.press("f")
        var state = Fixture.state
        state.copies[0].progress.thisRun.count += 1
        _ = model.receive(.state(state))
        #expect(model.shown?.copies[0].progress.thisRun.count == 1402)
        #expect(model.press("X").isEmpty && model.overlay == nil)
        _ = model.press("f")
        #expect(model.shown?.copies[0].progress.thisRun.count == 1403)
    }

    @Test("The filter narrows while typing, Enter keeps it, Esc shows all")
    func filter() {
        var model = Fixture.model
        _ = model.press("/")
        model.type("MED")
        #expect(model.shownMirrors.map(\.name) == ["media"])
        _ = model.press("enter")
        #expect(model.overlay == nil && model.mirror?.name == "media")
        _ = model.press("esc")
        #expect(model.shownMirrors.count == 4)
    }

    @Test("Old log lines are asked for when the cursor nears the end, once each")
    func logPages() {
        var model = Fixture.model
        let asked = model.press("8")
        let query = Query.log(before: 9_801, limit: 200, atLeast: .info)
        #expect(asked == [.ask(query)])
        #expect(model.press("j").isEmpty, "one question at a time")
        let page = (0..<200).map { index in
            Event(
                number: Int64(9_800 - index), at: Fixture.now, severity: .info, component: "copy", code: "X",
                message: "line \(9_800 - index)")
        }
        #expect(model.receive(.answer(query, .log(page))).isEmpty)
        #expect(model.log.events.count == 210)
        #expect(model.press("G") == [.ask(.log(before: 9_601, limit: 200, atLeast: .info))])
        _ = model.receive(.answer(.log(before: 9_601, limit: 200, atLeast: .info), .log([])))
        #expect(model.log.reachedEnd && model.press("G").isEmpty)
        _ = model.press("v", "v")
        #expect(model.log.level == .error && model.log.shown.count == 1)
    }

    @Test func refusedPageIsNotAskedForAgain() {
        var model = Fixture.model
        _ = model.press("8")
        let query = Query.log(before: 9_801, limit: 200, atLeast: .info)
        let refusal = Failure(code: "NO", side: .catalog, message: "the log cannot be read")
        #expect(model.receive(.answer(query, .refused(refusal))).isEmpty)
        #expect(model.press("j", "G", "g").isEmpty)
    }

    @Test("The log shows where the operator last looked")
    func lastSeen() {
        var model = Fixture.model
        _ = model.press("8", "1")
        var state = Fixture.state
        state.recentEvents.append(
            Event(
                number: 9_811, at: Fixture.now, severity: .info, component: "copy", code: "X", job: "cold",
                message: "something new"))
        _ = model.receive(.state(state))
        _ = model.press("8")
        let text = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text()
        #expect(text[3].contains("something new"))
        #expect(text[4].contains("you last looked here (14:02)"))
    }

    @Test("A cursor in the log stays on its line while new ones come; following goes with them")
    func follow() {
        var model = Fixture.model
        _ = model.press("8", "j", "j")
        let number = model.log.position.index(in: model.log.numbers).map { model.log.shown[$0].number }
        var state = Fixture.state
        state.recentEvents.append(
            Event(number: 9_811, at: Fixture.now, severity: .info, component: "copy", code: "X", message: "new"))
        _ = model.receive(.state(state))
        #expect(model.log.position.index(in: model.log.numbers).map { model.log.shown[$0].number } == number)
        _ = model.press("f")
        #expect(model.log.isFollowing && model.log.position.index(in: model.log.numbers) == 0)
    }

    @Test func limitsFormEndsInAQuestion() {
        var model = Fixture.model
        #expect(model.press("B").isEmpty)
        _ = model.press("ctrl+u")
        model.type("1.5g")
        _ = model.press("tab", "ctrl+u")
        model.type("99")
        #expect(model.press("enter").isEmpty)
        guard case .limits(let form)? = model.overlay else { return #expect(Bool(false), "the form is closed") }
        #expect(form.focus == .workers && form.problem != nil)
        _ = model.press("ctrl+u", "4", "down", "down", "right")
        #expect(model.press("enter") == [.flushInput])
        let limits = CopyLimits(workers: 4, batch: 1000, rate: 1_610_612_736, readBack: .later)
        #expect(model.press("y") == [.send(.limitMirror(name: "cold", limits: limits))])
    }

    @Test func paletteFindsActionsThemesAndMirrors() {
        var model = Fixture.model
        _ = model.press(":")
        model.type("themdk")
        #expect(model.press("down", "up") == [])
        #expect(model.themeName == "dark")
        _ = model.press("esc")
        #expect(model.themeName == "terminal", "a preview that is not taken goes away")
        _ = model.press(":")
        model.type("media")
        _ = model.press("enter")
        #expect(model.screen == .copy && model.mirror?.name == "media")
        _ = model.press("?")
        model.type("stop")
        #expect(model.press("enter") == [.flushInput])
    }

    @Test func resultLineLastsSixSeconds() {
        var model = Fixture.model
        _ = model.receive(.intentResult(.pauseMirror(name: "cold"), .accepted("")))
        #expect(model.result?.text.plain == "cold: paused")
        _ = model.receive(.tick(now: Fixture.now, monotonic: 1005.9))
        #expect(model.result != nil)
        _ = model.receive(.tick(now: Fixture.now, monotonic: 1006))
        #expect(model.result == nil)
    }

    @Test func copyAndExport() {
        var model = Fixture.model
        #expect(model.press("y") == [.copy(Array("cold".utf8))])
        _ = model.press("2", "tab")
        #expect(model.press("y") == [.copy(Fixture.failures[0].id.hex)])
        guard case .export(let text, let name)? = model.press("w").first else {
            return #expect(Bool(false), "nothing to write")
        }
        #expect(name == "holdfast-failures-cold.txt")
        #expect(text.split(separator: "\n").count == 8)
        #expect(shellQuoted(Array("a'b\u{1b}\\ \u{e9}".utf8)) == Array(#"$'a\'b\x1b\\ \xc3\xa9'"#.utf8))
    }

    @Test func failedBlobIsTriedAgainFromItsPage() {
        var model = Fixture.model
        _ = model.press("2", "tab", "j", "enter")
        #expect(model.press("R") == [.flushInput])
        #expect(model.press("y") == [.send(.requeue(name: "cold", blob: Fixture.failures[1].id))])
    }

    @Test func furtherFailuresAreAskedFor() {
        var state = Fixture.state
        state.copies[0].progress.failed.count = 300
        var model = Fixture.model(state)
        let query = Query.failures(mirror: "cold", after: nil, limit: 200)
        #expect(model.press("2", "tab", "G") == [.ask(query)])
        let page = (0..<200).map { index in
            BlobFailure(
                id: Fixture.blob(UInt64(1000 + index)), size: 1, state: .blocked, attempts: 1,
                failure: Fixture.failures[2].failure, at: Fixture.now.adding(seconds: -9000))
        }.sorted { $0.id < $1.id }
        _ = model.receive(.answer(query, .failures(page)))
        #expect(model.failures.shown.count == 208)
    }
}
