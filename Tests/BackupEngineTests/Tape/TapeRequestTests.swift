import BackupCatalog
import BackupModel
import TapeArchive
import Testing

@testable import BackupEngine

private func question(_ why: String = "NX0004 is full", part: Int = 2, takesScratch: Bool = true) -> TapeQuestion {
    var question = TapeQuestion(drive: "lto9", job: "films", why: why, pool: "archive")
    question.wanted = [.init(name: "NX0007", place: "slot 1 of shelf"), .init(name: "NX0011", place: "")]
    (question.part, question.takesScratch, question.generation) = (part, takesScratch, "LTO-9")
    return question
}

private func draft(_ why: String = "NX0004 is full", deadline: WallTime? = nil) -> Request {
    .changeTape(question(why), now: start, deadline: deadline)
}

@Suite struct TapeRequestTests {
    @Test("what a request for a tape says: which, where, why, what else, and its answers")
    func words() {
        let request = draft(deadline: start.adding(seconds: 60))
        #expect(request.kind == .changeTape && request.subject == "lto9" && request.jobs == ["films"])
        #expect(request.what == "load NX0007 into drive lto9, part 2 of films")
        #expect(request.why == "job films: NX0004 is full")
        #expect(request.place == "slot 1 of shelf")
        #expect(request.candidates == ["or NX0011", "or a blank LTO-9 tape for pool archive"])
        #expect(request.answers.map(\.word) == ["loaded", "use LABEL", "blank LABEL", "cancel"])
        #expect(request.answers.map(\.isDangerous) == [false, false, false, true])
        #expect(request.atDeadline == .failResumable && draft().atDeadline == .keepWaiting)
        let only = Request.changeTape(question(takesScratch: false), now: start, deadline: nil)
        #expect(only.answers.map(\.word) == ["loaded", "use LABEL", "cancel"])
    }

    @Test(
        "the words of an answer, as a person types them",
        arguments: [
            ("loaded", TapeReply.loaded), (" LOADED ", .loaded), ("use NX0011", .use("NX0011")),
            ("Use  nx11", .use("nx11")), ("blank NX0012", .blank(label: "NX0012")), ("cancel", .cancel),
        ])
    func answers(said: String, reply: TapeReply) throws {
        var board = RequestBoard()
        _ = try board.raise(draft(), now: start)
        let change = try board.answer(1, word: said, by: ana, now: start)
        guard case .answered(let word, _, _)? = change.ended.first?.state else {
            Issue.record("it is not answered")
            return
        }
        #expect(TapeReply(answer: word) == reply)
    }

    @Test(
        "words that are no answer are refused, with those that are",
        arguments: ["use", "use LABEL X", "blank", "load", "", "use \u{1b}[2J evil"])
    func wrongWords(said: String) throws {
        var board = RequestBoard()
        _ = try board.raise(draft(), now: start)
        #expect(throws: Failure.self) { try board.answer(1, word: said, by: ana, now: start) }
        #expect(board.open.count == 1)
    }

    @Test("asked again because the tape was the wrong one: same number, same deadline, the new reason")
    func askedAgain() throws {
        var board = RequestBoard()
        let deadline = start.adding(seconds: 12 * 3600), later = start.adding(seconds: 600)
        _ = try board.raise(draft(deadline: deadline), now: start)
        _ = try board.answer(1, word: "loaded", by: ana, now: later)
        _ = board.take(1, job: "films")
        let again = draft("NX0005 is of pool nightly: NOT usable", deadline: later.adding(seconds: 12 * 3600))
        let raised = try board.raise(again, continuing: 1, now: later).raised
        #expect(raised.request.number == 1 && board.open.map(\.number) == [1])
        #expect(raised.request.deadline == deadline && raised.request.raisedAt == start)
        #expect(raised.request.why == "job films: NX0005 is of pool nightly: NOT usable")
        // Those of minute 0, 5 and 10 are over.
        #expect(raised.request.reminders.first == start.adding(seconds: 15 * 60))
        // The next part is another question.
        _ = try board.answer(1, word: "loaded", by: ana, now: later)
        _ = board.take(1, job: "films")
        #expect(try board.raise(draft(), now: later).raised.request.number == 2)
    }

    @Test("what expired, or is about another drive, is asked anew")
    func notContinued() throws {
        var board = RequestBoard()
        let deadline = start.adding(seconds: 60), later = start.adding(seconds: 120)
        _ = try board.raise(draft(deadline: deadline), now: start)
        _ = board.tick(now: later)
        _ = board.take(1, job: "films")
        #expect(try board.raise(draft(), continuing: 1, now: later).raised.request.number == 2)
        var other = question()
        other.drive = "lto6"
        #expect(
            try board.raise(.changeTape(other, now: later, deadline: nil), continuing: 2, now: later).raised.request
                .number == 3)
    }

    @Test("after a restart the same question is the same request, with what the new run says")
    func joined() throws {
        var board = RequestBoard()
        _ = try board.raise(draft(), now: start)
        let kept = board.open
        var next = RequestBoard(restoring: kept.map { .init($0) }, lastNumber: 1)
        let raised = try next.raise(draft("the drive is empty"), now: start.adding(seconds: 60)).raised.request
        #expect(raised.number == 1 && raised.why == "job films: the drive is empty")
    }
}
