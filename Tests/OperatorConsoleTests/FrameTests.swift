import BackupModel
import Foundation
import Testing

@testable import OperatorConsole

/// The screens as text, held against files; `UPDATE_GOLDEN=1` writes them anew.
@Suite struct FrameTests {
    static let sizes = [(80, 24), (160, 48), (60, 16), (40, 10)].map { Size(columns: $0, rows: $1) }

    @Test("Each screen at each size is as drawn before", arguments: Screen.allCases, sizes)
    func goldenFrames(screen: Screen, size: Size) throws {
        for kind in [GlyphSet.Kind.unicode, .ascii] {
            try compareGolden(
                frame(screen, size, GlyphSet(kind)),
                name: "\(screen)-\(size.columns)x\(size.rows)-\(kind.rawValue)")
        }
    }

    @Test("Jobs, requests and goals at each size", arguments: sizes)
    func goldenOperations(size: Size) throws {
        for (name, keys) in [
            ("dashboard", ["1"]), ("jobs", ["7"]), ("job", ["7", "j", "j", "enter"]), ("runs", ["7", "i", "j"]),
            ("alerts", ["9"]), ("alert", ["9", "j", "j"]), ("request", ["!"]), ("request-18", ["!", "!"]),
            ("cancel", ["7", "X"]), ("note", ["9", "j", "j", "A"]), ("log", ["7", "o"]), ("held", ["1"]),
            ("away", ["7"]),
        ] {
            var state = Fixture.operations
            if name == "held" { state.hold.maintenanceUntil = Fixture.now.adding(seconds: 7_200) }
            var model = Fixture.model(state)
            _ = model.receive(.standing(.attached(version: "0.1", isReadOnly: name == "held")))
            _ = model.receive(.resize(size))
            for key in keys { model.serve(model.press(key)) }
            if name == "away" {
                _ = model.receive(.standing(.away(since: Fixture.now, reason: "connection refused")))
                _ = model.receive(.tick(now: Fixture.now.adding(seconds: 42), monotonic: 1042))
            }
            try compareGolden(
                render(model, size: size, glyphs: .unicode), name: "full-\(name)-\(size.columns)x\(size.rows)")
        }
    }

    @Test("A stalled and a waiting mirror say so, and the panes that share a place take it", arguments: sizes)
    func goldenStates(size: Size) throws {
        for (name, keys) in [
            ("stalled", ["2", "right"]), ("waiting", ["2", "right", "right"]),
            ("done", ["2", "right", "right", "right"]),
            ("map", ["2", "m"]), ("rate-zoomed", ["2", "tab", "tab", "tab", "z"]), ("log-zoomed", ["8", "z", "j"]),
        ] {
            var model = Fixture.model
            _ = model.receive(.resize(size))
            for key in keys { _ = model.press(key) }
            try compareGolden(
                render(model, size: size, glyphs: .unicode), name: "state-\(name)-\(size.columns)x\(size.rows)")
        }
    }

    @Test(arguments: sizes)
    func goldenOverlays(size: Size) throws {
        for (name, keys) in [
            ("help", ["?"]), ("palette", [":"]), ("stop", ["X"]), ("limits", ["B"]), ("pause", ["P"]),
            ("failure", ["2", "tab", "enter"]), ("filter", ["/"]),
        ] {
            var model = Fixture.model
            _ = model.receive(.resize(size))
            for key in keys { _ = model.press(key) }
            let grid = render(model, size: size, glyphs: .unicode)
            try compareGolden(grid, name: "overlay-\(name)-\(size.columns)x\(size.rows)")
        }
    }

    @Test("An accessible screen has seven bits, no boxes, and the cursor on the focused row", arguments: sizes)
    func accessible(size: Size) throws {
        var model = Fixture.model(Fixture.operations, accessible: true)
        _ = model.receive(.resize(size))
        for screen in model.screens {
            _ = model.press(String(screen.rawValue))
            let grid = render(model, size: size, glyphs: .unicode)
            #expect(grid.text().allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
            #expect(!grid.text().contains { $0.hasPrefix("+-") })
            if screen != .copy || size.rows > 10 { #expect(grid.cursor != nil, "\(screen) \(size)") }
        }
        let grid = render(model, size: size, glyphs: .unicode)
        try compareGolden(grid, name: "accessible-log-\(size.columns)x\(size.rows)")
    }

    @Test func emptyEngineSaysWhatToDo() throws {
        var state = Fixture.state
        state.copies = []
        state.alerts = []
        state.recentEvents = []
        for screen in Fixture.model(state).screens {
            var model = Fixture.model(state)
            _ = model.press(String(screen.rawValue))
            let grid = render(model, size: Size(columns: 80, rows: 24), glyphs: .unicode)
            try compareGolden(grid, name: "empty-\(screen)-80x24")
        }
    }

    private func frame(_ screen: Screen, _ size: Size, _ glyphs: GlyphSet) -> Grid {
        var model = Fixture.model(screen == .tape ? Fixture.tapes : Fixture.state)
        _ = model.receive(.resize(size))
        _ = model.receive(.key(.character(Unicode.Scalar(UInt8(48 + screen.rawValue)))))
        return render(model, size: size, glyphs: glyphs)
    }

}

/// Holds a picture against the file of that name.
func compareGolden(_ grid: Grid, name: String) throws {
    try compareGolden(grid.text(), name: name)
    // What each cell is, for one size of each screen.
    if name.hasSuffix("80x24-unicode") { try compareGolden(grid.roles(), name: name + "-roles") }
}

private func compareGolden(_ lines: [String], name: String) throws {
    let text = lines.map { $0 + "\n" }.joined()
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Frames")
    let file = folder.appendingPathComponent(name + ".txt")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        return
    }
    let expected = String(decoding: try Data(contentsOf: file), as: UTF8.self)
    let same = expected == text
    #expect(same, "\(name) differs:\n\(text)")
}

extension Model {
    /// Answers questions as an engine with a history and a log would.
    mutating func serve(_ effects: [Effect]) {
        for case .ask(let query) in effects {
            switch query {
            case .jobRuns(let job, let before, let limit):
                let runs = Fixture.pastRuns.filter { run in
                    (job.map { $0 == run.job } ?? true) && before.map { run.startedAt < $0 } ?? true
                }
                serve(receive(.answer(query, .jobRuns(Array(runs.prefix(limit))))))
            case .jobLog(_, let offset):
                let lines = (0..<30).map { "line \(Int(offset) + $0): rsync --archive \\x1b[2J /data" }
                let page = JobLogPage(lines: offset < 60 ? lines : [], next: min(offset + 30, 60), isEnd: false)
                serve(receive(.answer(query, .jobLog(page))))
            case .volumes: serve(receive(.answer(query, .volumes([]))))
            case .nextTape, .volumeContents: serve(receive(.answer(query, .lines(Fixture.tapeLines))))
            default: break
            }
        }
    }
}
