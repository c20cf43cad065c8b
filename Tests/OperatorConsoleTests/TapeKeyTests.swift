import BackupModel
import Testing

@testable import OperatorConsole

@Suite struct TapeKeyTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var keys: [String]
        var intent: Intent
        var level: ConfirmationLevel
        var state: EngineState = Fixture.ready { _ in }
        /// What is typed at levels 2 and 3.
        var word = "yes"

        var testDescription: String { "\(keys.joined(separator: " ")) \(level)" }
    }

    static let cases: [Case] = [
        Case(keys: ["E"], intent: .tape(.eject(drive: "lto9")), level: .ask),
        Case(keys: ["U"], intent: .tape(.unload(drive: "lto9")), level: .ask),
        Case(keys: ["W"], intent: .tape(.rewind(drive: "lto9")), level: .ask),
        Case(keys: ["C"], intent: .tape(.clean(drive: "lto9")), level: .ask),
        Case(keys: ["H"], intent: .tape(.holdAfterTape(drive: "lto9", isOn: true)), level: .none),
        Case(
            keys: ["L", "enter"],
            intent: .tape(.label(drive: "lto9", label: "NX0006", pool: "nightly", overwriting: nil)), level: .ask,
            state: Fixture.ready { $0.isBlank = true }),
        Case(
            keys: ["L", "ctrl+u", "A", "1", "tab", "right", "enter"],
            intent: .tape(.label(drive: "lto9", label: "A1", pool: "films", overwriting: "NX0006")), level: .name,
            word: "NX0006"),
        Case(
            keys: ["L", "enter"],
            intent: .tape(.label(drive: "lto9", label: "OLD001", pool: "nightly", overwriting: "OLD001L6")),
            level: .name, state: Fixture.ready { $0 = LoadedMedium(barcode: "OLD001L6") }, word: "OLD001L6"),
        Case(
            keys: ["tab", "j", "O", "b", "a", "n", "k", "enter"],
            intent: .tape(.markOffsite(volume: "NX0007", place: "bank")), level: .none),
        Case(
            keys: ["tab", "j", "O", "enter"], intent: .tape(.markOffsite(volume: "NX0007", place: "")), level: .none),
        Case(keys: ["tab", "j", "j", "V"], intent: .tape(.verify(volume: "NX0002", drive: nil)), level: .none),
        Case(keys: ["G", "k", "k", "k", "V"], intent: .tape(.verify(volume: "NX0002", drive: nil)), level: .none),
        Case(keys: ["I"], intent: .tape(.inventory(library: "shelf")), level: .none),
        Case(keys: ["P", "right", "enter"], intent: .tape(.setFlow(drive: "lto9", policy: .adaptive)), level: .none),
        Case(
            keys: ["P", "left", "tab", "ctrl+u", "9", "0", "enter"],
            intent: .tape(.setFlow(drive: "lto9", policy: .watermark(high: 90, low: 20))), level: .none),
        Case(keys: ["X"], intent: .cancelJob(name: "nightly/home"), level: .word, state: Fixture.tapes),
        Case(
            keys: ["X"], intent: .tape(.cancel(drive: "lto9")), level: .word,
            state: {
                var state = Fixture.tapes
                state.jobs = []
                return state
            }()),
        Case(keys: ["!", "L"], intent: .answer(request: 17, word: "loaded"), level: .none, state: Fixture.tapes),
        Case(
            keys: ["!", "O", "N", "X", "5", "enter"], intent: .answer(request: 17, word: "use NX5"), level: .none,
            state: Fixture.tapes),
        Case(
            keys: ["!", "B", "N", "X", "8", "enter"], intent: .answer(request: 17, word: "blank NX8"), level: .ask,
            state: Fixture.tapes),
        Case(keys: ["!", "M"], intent: .claim(request: 17), level: .none, state: Fixture.tapes),
        Case(
            keys: ["!", "Z", "1", "5", "m", "enter"], intent: .postpone(request: 17, seconds: 900), level: .none,
            state: Fixture.tapes),
        Case(keys: ["!", "X"], intent: .cancelJob(name: "nightly/vm"), level: .word, state: Fixture.tapes),
        Case(
            keys: ["!", "X"], intent: .tape(.cancel(drive: "lto6")), level: .word,
            state: {
                var state = Fixture.tapes
                state.jobs = []
                return state
            }()),
    ]

    @Test(
        "H11 each order about tapes needs its confirmation; what destroys a tape wants its name typed", arguments: cases
    )
    func path(case row: Case) {
        var model = Fixture.model(row.state)
        _ = model.press("3")
        #expect(row.state.level(of: row.intent) == row.level)
        let sent = row.keys.flatMap { model.press($0) }.filter { if case .ask = $0 { false } else { true } }
        guard row.level > .none else {
            #expect(sent == [.send(row.intent)] && model.overlay == nil)
            return
        }
        #expect(sent == [.flushInput], "typed-ahead keys are thrown away")
        guard case .confirmation? = model.overlay else {
            Issue.record("nothing is asked")
            return
        }
        var declined = model
        #expect(declined.press("enter").isEmpty)
        var pasted = model
        #expect(pasted.receive(.paste(Array((row.word + "\n").utf8))).isEmpty)
        #expect(pasted.press("enter").isEmpty)
        guard row.level > .ask else {
            #expect(model.press("y") == [.send(row.intent)])
            return
        }
        var wrong = model
        for key in row.level == .name ? ["y", "e", "s", "enter"] : ["y", "enter"] {
            #expect(wrong.press(key).isEmpty, "yes is not the name")
        }
        for scalar in row.word.unicodeScalars { _ = model.press(String(Character(scalar))) }
        #expect(model.press("enter") == [.send(row.intent)])
    }

    @Test(
        "What is impossible says why",
        arguments: [
            (["E"], "eject-tape: lto9 is writing"), (["W"], "rewind-tape: lto9 is writing"),
            (["L"], "label-tape: lto9 is writing"), (["]", "E"], "eject-tape: lto6 is empty"),
            (["]", "L"], "label-tape: lto6 is empty"), (["O"], "mark-offsite: it lies in lto9: eject it first"),
            (["]", "V"], "verify-tape: there is no volume under the cursor"),
        ])
    func refusals(keys: [String], words: String) {
        var model = Fixture.model(Fixture.tapes)
        _ = model.press("3")
        for key in keys { #expect(model.press(key).isEmpty) }
        #expect(model.overlay == nil && model.result?.text.plain == words)
    }

    @Test(
        "A tape that cannot be labelled says why",
        arguments: [
            (LoadedMedium(), "neither label nor barcode tells what it is"),
            (
                {
                    var medium = LoadedMedium(label: "NX0006")
                    medium.isWriteProtected = true
                    return medium
                }(), "the tape is write-protected: slide its tab back"
            ),
        ])
    func unlabellable(medium: LoadedMedium, words: String) {
        var model = Fixture.model(Fixture.ready { $0 = medium })
        _ = model.press("3")
        #expect(model.press("L").isEmpty && model.overlay == nil)
        #expect(model.result?.text.plain == "label-tape: " + words)
    }

    @Test("A drive in another program's use refuses with the program's name")
    func held() {
        var state = Fixture.ready { _ in }
        state.tape?.drives[0].standing = .held(by: "bareos-sd (4711)")
        var model = Fixture.model(state)
        _ = model.press("3", "E")
        #expect(model.result?.text.plain == "eject-tape: lto9 is in use by bareos-sd (4711)")
    }

    @Test("A read-only console refuses every order about tapes and says why, and still explains the next tape")
    func readOnly() {
        var model = Fixture.model(Fixture.ready { _ in })
        _ = model.receive(.standing(.attached(version: "0.1", isReadOnly: true)))
        _ = model.press("3")
        for key in ["E", "U", "W", "C", "H", "L", "O", "I", "V", "P", "X"] {
            _ = model.receive(.state(Fixture.ready { _ in }))
            #expect(model.press(key).isEmpty && model.overlay == nil, "\(key)")
            #expect(model.result?.text.plain.hasSuffix("this console may only look (read-only)") == true, "\(key)")
        }
        #expect(model.press("N") == [.ask(.nextTape(pool: "nightly", drive: "lto9"))])
        model = Fixture.model(Fixture.tapes)
        _ = model.receive(.standing(.attached(version: "0.1", isReadOnly: true)))
        _ = model.press("3", "!")
        for key in ["L", "O", "B", "M", "Z", "X"] { #expect(model.press(key).isEmpty) }
        guard case .request(let dialog)? = model.overlay else {
            Issue.record("the box went away")
            return
        }
        #expect(dialog.problem == "this console may only look (read-only)")
    }

    @Test("The box shows the drive as it is now, and what was read; Enter and hasty keys answer nothing")
    func live() {
        var model = Fixture.model(Fixture.tapes)
        _ = model.press("3")
        _ = model.receive(.key(.character("!")))
        #expect(model.receive(.key(.character("L"))).isEmpty, "H11")
        #expect(model.press("enter", "space", "l", "y").isEmpty && model.overlay != nil)
        var state = Fixture.tapes
        var medium = LoadedMedium(label: "NX0005", barcode: "NX0005L6", pool: "nightly")
        medium.words = "read label NX0005, pool nightly, keep until 2027-01-03 - NOT usable"
        state.tape?.drives[1].medium = medium
        state.tape?.drives[1].checkedAt = model.now
        _ = model.receive(.state(state))
        let text = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text().joined(separator: "\n")
        #expect(text.contains("lto6: NX0005, read label NX0005, pool nightly, keep until"))
        #expect(text.contains("(checked 0 s ago)"))
        _ = model.press("B")
        guard case .prompt(let prompt)? = model.overlay else {
            Issue.record("no prompt")
            return
        }
        #expect(prompt.field.text == "NX0005", "the barcode suggests the label")
        #expect(model.press("ctrl+u", "enter").isEmpty, "a label is needed")
        _ = model.press("esc")
        state.requests[0].state = .answered(word: "use NX0005", by: Fixture.ben, at: Fixture.now)
        _ = model.receive(.state(state))
        #expect(model.overlay == nil)
        #expect(model.result?.text.plain == "request #17: answered \"use NX0005\" by ben (command line) 14:02")
    }

    @Test("Where no blank tape will do, B says so, and typing it is no answer")
    func noBlank() {
        var state = Fixture.tapes
        state.requests[0].answers.removeAll { $0.word == "blank LABEL" }
        var model = Fixture.model(state)
        #expect(model.press("!", "B").isEmpty)
        guard case .request(let dialog)? = model.overlay else {
            Issue.record("the box went away")
            return
        }
        #expect(dialog.problem == "a blank tape will not do here")
        #expect(!state.requests[0].takes("blank NX1") && state.requests[0].takes("use NX1"))
    }

    @Test("A concrete answer that the engine adds has its own key; the kind's words keep theirs")
    func listed() {
        var request = Fixture.changeTape
        request.answers.append(RequestAnswer(word: "use NX0005", meaning: "it lies in the drive and fits"))
        #expect(RequestDialog.keys(of: request).map(\.answer.word) == ["use NX0005"])
        #expect(RequestDialog.keys(of: request).map(\.key) == ["U"])
    }

    @Test("A label that is no text to type never counts as typed by an empty Enter")
    func emptyName() {
        var question = Confirmation(
            .intent(.tape(.erase(drive: "lto9", typed: "", isLong: false))), level: .name, question: "Erase?", word: "",
            openedAt: 0)
        #expect(question.take(.enter, at: 10) == .no)
    }

    @Test("Marks that are no marks are told, and the hasty Enter sets nothing")
    func policyForm() {
        var model = Fixture.model(Fixture.tapes)
        _ = model.press("3")
        _ = model.receive(.key(.character("P")))
        #expect(model.receive(.key(.enter)).isEmpty && model.overlay != nil)
        _ = model.press("tab", "ctrl+u", "2", "0", "0")
        #expect(model.press("enter").isEmpty)
        guard case .tapeForm(let form)? = model.overlay else {
            Issue.record("the form is closed")
            return
        }
        #expect(form.problem?.plain.contains("must have a high mark of 1 to 100") == true)
    }
}
