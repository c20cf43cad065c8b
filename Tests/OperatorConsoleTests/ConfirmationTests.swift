import BackupModel
import Testing

@testable import OperatorConsole

@Suite struct ConfirmationTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var intent: Intent
        var keys: [String]
        var level: ConfirmationLevel
        var state: CopyPhase = .copying
        var job: JobPhase = .running
        /// What the intent asks for by itself, where the request makes it more.
        var standing: ConfirmationLevel?

        var testDescription: String { "\(keys.joined(separator: " ")) \(level)" }
    }

    /// Every intent there is, the keys that lead to it, and how much it wants to be meant.
    static let cases: [Case] = [
        Case(
            intent: .runMirror(name: "cold", overrides: RunOverrides()), keys: ["U"], level: .ask, state: .idle),
        Case(intent: .scanMirror(name: "cold"), keys: [":", "s", "c", "a", "n", "enter"], level: .none, state: .idle),
        Case(intent: .verifyMirror(name: "cold"), keys: ["V"], level: .ask, state: .idle),
        Case(intent: .pauseMirror(name: "cold"), keys: ["P"], level: .ask),
        Case(intent: .resumeMirror(name: "cold"), keys: ["P"], level: .ask, state: .paused),
        Case(intent: .stopMirror(name: "cold"), keys: ["X"], level: .word),
        Case(
            intent: .limitMirror(name: "cold", limits: Fixture.cold.limits), keys: ["B", "enter"], level: .ask),
        Case(intent: .requeue(name: "cold", blob: nil), keys: ["R"], level: .ask),
        Case(
            intent: .requeue(name: "cold", blob: Fixture.failures[0].id), keys: ["2", "tab", "enter", "R"],
            level: .ask),
        Case(intent: .acknowledge(alert: 7, note: "me"), keys: ["A", "m", "e", "enter"], level: .none),
        Case(intent: .snooze(alert: 7, seconds: 7_200), keys: ["Z", "2", "h", "enter"], level: .none),
        Case(intent: .runJob(name: "dump-db"), keys: ["7", "j", "j", "R"], level: .ask),
        Case(intent: .cancelJob(name: "nightly"), keys: ["7", "X"], level: .word),
        Case(intent: .pauseJob(name: "nightly"), keys: ["7", "P"], level: .ask),
        Case(intent: .resumeJob(name: "nightly"), keys: ["7", "P"], level: .ask, job: .paused),
        Case(intent: .enableJob(name: "nightly", isEnabled: false), keys: ["7", "E"], level: .ask),
        Case(intent: .skipNext(job: "nightly"), keys: ["7", "K"], level: .ask),
        Case(intent: .answer(request: 17, word: "attached"), keys: ["!", "A"], level: .none),
        Case(
            intent: .answer(request: 17, word: "abandon"), keys: ["!", "B"], level: .word,
            standing: ConfirmationLevel.none),
        Case(intent: .claim(request: 17), keys: ["!", "M"], level: .none),
        Case(intent: .postpone(request: 17, seconds: 900), keys: ["!", "Z", "1", "5", "enter"], level: .none),
        Case(intent: .cancelJob(name: "offsite"), keys: ["!", "X"], level: .word),
        Case(intent: .maintenance(until: nil), keys: [":", "m", "a", "i", "n", "enter"], level: .ask),
        Case(intent: .drain(isOn: true), keys: [":", "d", "r", "a", "i", "n", "enter"], level: .ask),
        Case(intent: .acceptClock, keys: [":", "a", "c", "c", "e", "p", "enter"], level: .word),
        Case(intent: .reloadSettings, keys: [":", "r", "e", "l", "o", "enter"], level: .ask),
        Case(intent: .stopEngine, keys: [":", "s", "t", "o", "p", "-", "enter"], level: .word),
    ]

    /// Fails to compile when an intent is added, so that it gets its row above; nil for what has no key.
    private static func row(of intent: Intent) -> Int? {
        switch intent {
        case .enrolMirror: nil
        case .runMirror: 0
        case .scanMirror: 1
        case .verifyMirror: 2
        case .pauseMirror: 3
        case .resumeMirror: 4
        case .stopMirror: 5
        case .limitMirror: 6
        case .requeue: 7
        case .acknowledge: 8
        case .snooze: 9
        case .runJob: 10
        case .cancelJob: 11
        case .pauseJob: 12
        case .resumeJob: 13
        case .enableJob: 14
        case .skipNext: 15
        case .answer: 16
        case .claim: 17
        case .postpone: 18
        case .maintenance: 19
        case .drain: 20
        case .acceptClock: 21
        case .reloadSettings: 22
        case .stopEngine: 23
        // Its orders have a table of their own.
        case .tape: nil
        }
    }

    @Test func everyIntentHasARow() {
        #expect(Set(Self.cases.compactMap { Self.row(of: $0.intent) }) == Set(0...23))
    }

    @Test("H11 each act needs its confirmation: Enter is No, nothing counts in the first half second", arguments: cases)
    func path(case row: Case) {
        var state = Fixture.operations
        state.copies[0].phase = row.state
        state.jobs[0].phase = row.job
        state.hold.clockFrozen = "the clock jumped by 3 days"
        if row.intent == .maintenance(until: nil) { state.hold.maintenanceUntil = Fixture.now.adding(seconds: 600) }
        #expect(row.intent.confirmation == row.standing ?? row.level)

        var model = Fixture.model(state)
        let effects = row.keys.flatMap { model.press($0) }
        guard row.level > .none else {
            #expect(effects.filter { if case .send = $0 { true } else { false } } == [.send(row.intent)])
            return
        }
        #expect(effects.last == .flushInput, "typed-ahead keys are thrown away")
        #expect(!effects.contains(.send(row.intent)))

        var hasty = model
        for _ in 0..<3 { #expect(hasty.receive(.key(.character("y"))).isEmpty) }
        #expect(hasty.overlay != nil)

        var declined = model
        #expect(declined.press("enter").isEmpty && !declined.asks)

        var pasted = model
        #expect(pasted.receive(.paste(Array("y\nyes\n".utf8))).isEmpty && pasted.overlay != nil)
        #expect(pasted.press("esc").isEmpty && !pasted.asks)

        if row.level == .word {
            var wrong = model
            #expect(wrong.press("y", "enter").isEmpty && wrong.overlay != nil)
            #expect(model.press("y", "e", "s", "enter") == [.send(row.intent)])
        } else {
            #expect(model.press("y") == [.send(row.intent)])
        }
        #expect(model.overlay == nil)
    }

    @Test func confirmationNamesCountsAndConsequences() {
        var model = Fixture.model
        _ = model.press("X")
        let text = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text().joined(separator: "\n")
        #expect(text.contains("Stop the run of cold?"))
        #expect(text.contains("18 402 files") && text.contains("3 167 files"))
    }

    @Test func impossibleActsSayWhy() {
        for (keys, reason) in [(["U"], "at work already"), (["j", "R"], "nothing has failed")] {
            var model = Fixture.model
            for key in keys { #expect(model.press(key).isEmpty) }
            #expect(model.overlay == nil && model.result?.text.plain.contains(reason) == true)
        }
    }
}

extension Model {
    fileprivate var asks: Bool {
        if case .confirmation? = overlay { true } else { false }
    }
}
