import BackupModel
import Testing

@testable import OperatorConsole

@Suite struct TapeScreenTests {
    private static let size = Size(columns: 80, rows: 24)

    private func text(_ model: Model, _ size: Size = Self.size) -> [String] {
        render(model, size: size, glyphs: .ascii).text()
    }

    @Test("The Tape screen's panes, pages and dialogs at each size", arguments: FrameTests.sizes)
    func goldenTape(size: Size) throws {
        for (name, keys) in [
            ("waiting", ["3", "]"]), ("volumes", ["3", "tab", "j"]), ("volume", ["3", "tab", "enter"]),
            ("next", ["3", "N"]), ("help", ["3", "?"]), ("policy", ["3", "P"]), ("offsite", ["3", "tab", "j", "O"]),
            ("request", ["3", "!"]), ("dashboard", ["1"]), ("job", ["7", "enter"]),
            ("graph", ["3", "tab", "tab", "tab"]), ("health", ["3", "tab", "tab"]),
        ] {
            var model = Fixture.model(Fixture.tapes)
            _ = model.receive(.resize(size))
            for key in keys { model.serve(model.press(key)) }
            try compareGolden(
                render(model, size: size, glyphs: .unicode), name: "tapes-\(name)-\(size.columns)x\(size.rows)")
        }
        for (name, state, keys) in [
            ("ready", Fixture.ready { _ in }, ["3"]), ("label", Fixture.ready { $0.isBlank = true }, ["3", "L"]),
            ("overwrite", Fixture.ready { _ in }, ["3", "L", "enter"]),
            (
                "foreign",
                Fixture.ready {
                    $0 = LoadedMedium(barcode: "OLD001L6")
                    $0.words = "OLD001L6 holds data of another program: Bareos"
                }, ["3"]
            ),
        ] {
            var model = Fixture.model(state)
            _ = model.receive(.resize(size))
            for key in keys { model.serve(model.press(key)) }
            try compareGolden(
                render(model, size: size, glyphs: .unicode), name: "tapes-\(name)-\(size.columns)x\(size.rows)")
        }
    }

    @Test("The graph of the last half hour in every set of characters", arguments: GlyphSet.Kind.allCases)
    func goldenGraph(kind: GlyphSet.Kind) throws {
        for size in FrameTests.sizes.prefix(2) {
            var model = Fixture.model(Fixture.tapes)
            _ = model.receive(.resize(size))
            _ = model.press("3")
            model.setFocus(.bufferGraph)
            if size.columns == 80 { _ = model.press("z") }
            let grid = render(model, size: size, glyphs: GlyphSet(kind))
            try compareGolden(grid, name: "tapes-graph-\(kind.rawValue)-\(size.columns)x\(size.rows)")
        }
    }

    @Test("Without a drive there is no tab, the digit says why, and a drive that goes takes the screen with it")
    func noDrive() {
        var model = Fixture.model(Fixture.operations)
        #expect(!text(model)[1].contains("3 Tape"))
        #expect(model.press("3").isEmpty && model.screen == .dashboard)
        #expect(model.result?.text.plain == "tape: no tape drive is configured")
        #expect(!model.items(of: ActionChooser(.help, theme: "")).contains(.action(.tape)))
        _ = model.receive(.state(Fixture.tapes))
        #expect(text(model)[1].contains("3 Tape"))
        _ = model.press("3")
        #expect(model.screen == .tape)
        var state = Fixture.tapes
        state.tape = TapeState()
        _ = model.receive(.state(state))
        #expect(model.screen == .dashboard)
    }

    @Test("The banner names drive and wanted tape; nothing but its key opens the box")
    func banner() {
        var model = Fixture.model(Fixture.tapes)
        #expect(text(model)[22] == "!! TAPE lto6 wants NX0007 (or scratch)    waiting 04:12, fails in 55:48  press !")
        var state = Fixture.tapes
        state.requests[0].what = "load a blank tape into drive lto6"
        _ = model.receive(.state(state))
        #expect(text(model)[22].hasPrefix("!! TAPE lto6: load a blank tape "))
        #expect(model.overlay == nil)
    }

    @Test("Brackets and the cursor in the drives' pane pick the drive; it stays when others come")
    func pickDrive() {
        var model = Fixture.model(Fixture.tapes)
        _ = model.press("3", "]")
        #expect(model.drive?.name == "lto6" && model.spot?.id == .drive("lto6"))
        _ = model.press("]")
        #expect(model.drive?.name == "lto9")
        _ = model.press("j")
        #expect(model.drive?.name == "lto6")
        _ = model.press("j")
        #expect(model.drive?.name == "lto6", "a slot is no drive")
        var state = Fixture.tapes
        state.tape?.drives.insert(DriveState(name: "aaa", at: Fixture.now), at: 0)
        _ = model.receive(.state(state))
        #expect(model.drive?.name == "lto6")
        let at = model.monotonic
        state.tape?.drives.removeLast()
        _ = model.receive(.state(state))
        #expect(model.drive?.name == "lto9" && model.actsSleepUntil > at, "H11 another drive under the keys")
    }

    @Test("Further volumes are asked for near the end, page by page; a page that does not get on is the last")
    func pages() {
        var model = Fixture.model(Fixture.tapes)
        #expect(model.press("3").isEmpty, "only who looks at them asks")
        let first = Query.volumes(pool: nil, after: nil, limit: 200)
        #expect(model.press("tab") + model.press("G") == [.ask(first)])
        let page = (0..<200).map { VolumeRow(id: Int64($0 + 1), volume: Volume(label: "T\($0)", state: .full)) }
        _ = model.receive(.answer(first, .volumes(page)))
        #expect(model.volumes.shown.count == 200, "six of them were here")
        let next = Query.volumes(pool: nil, after: 200, limit: 200)
        #expect(model.press("G") == [.ask(next)])
        _ = model.receive(.answer(next, .volumes(page)))
        #expect(model.press("G").isEmpty)
        var state = Fixture.tapes
        state.tape?.tally.scratch = 2
        _ = model.receive(.state(state))
        #expect(model.volumes.shown.count == 6, "pages are asked for anew when volumes change their standing")
    }

    @Test("Volumes are filtered by every word of a row and sorted by what stands in it")
    func filterAndSort() {
        var model = Fixture.model(Fixture.tapes)
        _ = model.press("3", "tab", "/")
        model.type("bank")
        #expect(model.volumes.shown.map(\.volume.label) == ["NX0001"])
        _ = model.press("enter", "esc")
        for (labels, word) in [
            (["NX0001", "NX0002"], "by label"), (["NX0001", "NX0002"], "by pool"), (["NX0006", "NX0007"], "by state"),
            (["NX0002", "NX0003"], "fullest first"), (["NX0006", "NX0007"], "last written first"),
            (["NX0007", "NX0005"], "first to expire first"), (["NX0006", "NX0007"], "in drives and slots first"),
        ] {
            _ = model.press("s")
            #expect(model.result?.text.plain == "volumes " + word)
            #expect(Array(model.volumes.shown.map(\.volume.label).prefix(2)) == labels, "\(word)")
        }
    }

    @Test("A page holds what the engine answers to its own question; N goes on to the next pool")
    func pagesOfLines() {
        var model = Fixture.model(Fixture.tapes)
        #expect(model.press("3", "N") == [.ask(.nextTape(pool: "nightly", drive: "lto9"))])
        #expect(text(model).contains { $0.contains("Asking the catalog.") })
        #expect(model.press("N") == [.ask(.nextTape(pool: "films", drive: "lto9"))])
        _ = model.receive(.answer(.nextTape(pool: "nightly", drive: "lto9"), .lines(["late"])))
        #expect(!text(model).contains { $0.contains("late") })
        let failure = Failure(code: "NO", side: .catalog, message: "the catalog cannot be read")
        _ = model.receive(.answer(.nextTape(pool: "films", drive: "lto9"), .refused(failure)))
        #expect(text(model).contains { $0.contains("It could not be read.") })
        let contents = Query.volumeContents(volume: "NX0006")
        #expect(model.press("esc", "tab", "enter") == [.ask(contents)])
        _ = model.receive(.engineLost)
        #expect(model.receive(.state(Fixture.tapes)) == [.ask(contents)], "asked again of an engine that was away")
    }

    @Test("An accessible Tape screen has seven bits, and the cursor in every pane", arguments: FrameTests.sizes)
    func accessible(size: Size) {
        var model = Fixture.model(Fixture.tapes, accessible: true)
        _ = model.receive(.resize(size))
        _ = model.press("3")
        for pane in model.panes {
            model.setFocus(pane)
            let grid = render(model, size: size, glyphs: .unicode)
            #expect(grid.text().allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
            #expect(grid.cursor != nil, "\(pane)")
        }
    }

    @Test("Plain mode has a line for each drive and one for the volumes, and says what may be typed")
    func plain() {
        let lines = PlainText(width: 200).status(Fixture.tapes, now: Fixture.now)
        #expect(
            lines.contains(
                ">> tape lto9: NX0006, writing nightly/home, 97% full, buffer 96%, 118 MiB/s, full in ~59m, "
                    + "job ends in ~53m, fits, 6m to spare"))
        #expect(
            lines.contains {
                $0.hasPrefix(
                    "!! tape lto6: waiting for a tape, with its buffer kept, request #17, buffer 100%, The drive wants")
            })
        #expect(lines.contains("ok volumes: scratch 3   appendable 2   full 33   suspect 1   retired 2"))
        let request = PlainText().request(Fixture.changeTape, now: Fixture.now)
        #expect(request.contains("   what     TAPE lto6 wants NX0007 (or scratch)"))
        #expect(request.contains("   type     answer 17 use LABEL: another volume"))
    }

    @Test(
        "Answers of a changed tape are typed with their label",
        arguments: [
            ("17 loaded", Intent.answer(request: 17, word: "loaded")),
            ("17 use NX0005", .answer(request: 17, word: "use NX0005")),
            ("answer 17 blank NX0042", .answer(request: 17, word: "blank NX0042")), ("17 use LABEL", nil),
            ("17 use", nil),
        ])
    func typed(line: String, intent: Intent?) {
        var session = PlainSession(interval: 60)
        _ = session.take(Fixture.tapes, now: Fixture.now)
        #expect(session.take(line: line, now: Fixture.now).orders == [intent].compactMap(\.self))
    }

    @Test(
        "A picture at 160x48 takes less than 2 ms where nothing slows it down, and 20 ms in a debug build beside others"
    )
    func cost() {
        var model = Fixture.model(Fixture.tapes)
        let size = Size(columns: 160, rows: 48)
        _ = model.receive(.resize(size))
        _ = model.press("3")
        let best =
            (0..<20).map { _ in
                let start = threadSeconds()
                _ = render(model, size: size, glyphs: .unicode)
                return threadSeconds() - start
            }.min() ?? 1
        #expect(best < 0.02, "\(best) s")
    }
}
