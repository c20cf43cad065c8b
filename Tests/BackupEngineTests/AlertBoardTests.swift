import BackupCatalog
import BackupModel
import Testing

@testable import BackupEngine

@Suite struct AlertBoardTests {
    private func event(
        _ code: String, _ severity: Severity = .error, failure: String? = nil, job: String = "m", at: Int64 = 0
    ) -> Event {
        Event(
            at: WallTime(milliseconds: at), severity: severity, component: "copy", code: code, job: job, message: "x",
            failure: failure.map { Failure(code: $0, side: .destination, message: "x") })
    }

    @Test("one alert a subject and code, counted, with the time of the first")
    func once() {
        var board = AlertBoard()
        for at in 1...3 { board.note(event("BLOB_FAILED", .warn, failure: "SOURCE_CORRUPT", at: Int64(at))) }
        board.note(event("BLOB_FAILED", .warn, failure: "SOURCE_CORRUPT", job: "other"))
        board.note(event("BLOB_FAILED", .warn, failure: "SOURCE_MISSING"))
        #expect(board.open.map(\.failure.code) == ["SOURCE_CORRUPT", "SOURCE_CORRUPT", "SOURCE_MISSING"])
        #expect(board.open.map(\.subject) == ["m", "other", "m"])
        #expect(board.open.map(\.count) == [3, 1, 1])
        #expect(board.open.first?.raisedAt == WallTime(milliseconds: 1))
        #expect(Set(board.open.map(\.id)).count == 3)
    }

    @Test(
        "what is no alert",
        arguments: [("RUN_STARTED", Severity.info, "X"), ("BLOB_RETRY", .warn, "X"), ("RUN_ENDED", .warn, nil)]
            as [(String, Severity, String?)])
    func quiet(code: String, severity: Severity, failure: String?) {
        var board = AlertBoard()
        board.note(event(code, severity, failure: failure))
        #expect(board.open == [])
    }

    @Test(
        "what settles an alert, for its own mirror only",
        arguments: [
            ("DESTINATION_LOST", "DESTINATION_RETURNED"), ("DESTINATION_FULL", "RUN_STARTED"),
            ("DESTINATION_READONLY", "RUN_STARTED"), ("CATALOG_FULL", "RUN_STARTED"),
            ("VOLUME_NOT_ENROLLED", "RUN_STARTED"),
        ])
    func settled(alert: String, by code: String) {
        var board = AlertBoard()
        board.note(event("SOME", failure: alert))
        board.note(event("SOME", failure: alert, job: "other"))
        board.note(event("SOME", failure: "ELSE"))
        let change = board.note(event(code, .info))
        #expect(change.cleared.map(\.failure.code) == [alert])
        #expect(board.open.map(\.failure.code) == [alert, "ELSE"])
        #expect(board.open.first?.subject == "other")
    }

    @Test("an acknowledged alert is quiet and stays until its condition is gone")
    func acknowledged() throws {
        var board = AlertBoard()
        board.note(event("SOME", .warn, failure: "DESTINATION_FULL"))
        let id = try #require(board.open.first?.id)
        _ = try board.acknowledge(id, note: "disk \u{1b}ordered", by: ana, now: start)
        board.note(event("SOME", .warn, failure: "DESTINATION_FULL"))
        #expect(board.open.map(\.acknowledgement) == [Acknowledgement(by: ana, at: start, note: "disk \\eordered")])
        #expect(board.open.map(\.count) == [2])
        #expect(board.loud(hold: HoldState(), now: start).isEmpty)
        board.note(event("RUN_STARTED", .info))
        #expect(board.open.isEmpty)
        #expect(throws: Failure.self) { try board.acknowledge(id, note: "", by: ana, now: start) }
    }

    @Test("what only a person can end leaves with the acknowledgement, and what happens again is a new one")
    func ended() throws {
        var board = AlertBoard()
        board.note(event("SOME", failure: "X"))
        let id = try #require(board.open.first?.id)
        let change = try board.acknowledge(id, note: "", by: ana, now: start)
        #expect(board.open.isEmpty && change.cleared.map(\.id) == [id])
        board.note(event("SOME", failure: "X"))
        #expect(board.open.map(\.id) == [id + 1])
    }

    @Test("what grows worse than what was acknowledged is loud again")
    func worse() throws {
        var board = AlertBoard()
        board.note(event("SOME", .warn, failure: "DESTINATION_FULL"))
        _ = try board.acknowledge(1, note: "", by: ana, now: start)
        _ = try board.snooze(1, seconds: 60, now: start)
        board.note(event("SOME", .error, failure: "DESTINATION_FULL"))
        #expect(board.loud(hold: HoldState(), now: start).map(\.severity) == [.error])
    }

    @Test("a snooze ends by itself; maintenance mutes and does not hide")
    func snoozed() throws {
        var board = AlertBoard()
        board.note(event("SOME", failure: "X"))
        _ = try board.snooze(1, seconds: 60, now: start)
        #expect(board.loud(hold: HoldState(), now: start.adding(seconds: 59)).isEmpty)
        let later = start.adding(seconds: 60)
        #expect(board.loud(hold: HoldState(), now: later).count == 1)
        var hold = HoldState()
        hold.maintenanceUntil = start.adding(seconds: 3600)
        #expect(board.loud(hold: hold, now: later).isEmpty && board.open.count == 1)
        #expect(board.loud(hold: hold, now: start.adding(seconds: 3600)).count == 1)
        for seconds: Double in [0, -5, 2_678_400, .nan] {
            #expect(throws: Failure.self) { try board.snooze(1, seconds: seconds, now: start) }
        }
    }

    @Test("a storm of different alerts is bounded")
    func bounded() {
        var board = AlertBoard()
        for number in 0..<1000 { board.note(event("SOME", failure: "X\(number)")) }
        #expect(board.open.count == 150)
    }
}
