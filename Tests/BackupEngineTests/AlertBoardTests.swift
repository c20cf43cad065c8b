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

    @Test("one alert a subject and code, with the time of the first")
    func once() {
        var board = AlertBoard()
        for at in 1...3 { board.note(event("BLOB_FAILED", .warn, failure: "SOURCE_CORRUPT", at: Int64(at))) }
        board.note(event("BLOB_FAILED", .warn, failure: "SOURCE_CORRUPT", job: "other"))
        board.note(event("BLOB_FAILED", .warn, failure: "SOURCE_MISSING"))
        #expect(board.open.map(\.failure.code) == ["SOURCE_CORRUPT", "SOURCE_CORRUPT", "SOURCE_MISSING"])
        #expect(board.open.map(\.subject) == ["m", "other", "m"])
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
        board.note(event(code, .info))
        #expect(board.open.map(\.failure.code) == [alert, "ELSE"])
        #expect(board.open.first?.subject == "other")
    }

    @Test("an acknowledged alert is gone, and what happens again is a new one")
    func acknowledged() throws {
        var board = AlertBoard()
        board.note(event("SOME", failure: "X"))
        let id = try #require(board.open.first?.id)
        let isTaken = board.acknowledge(id)
        #expect(isTaken)
        let isTakenAgain = board.acknowledge(id)
        #expect(!isTakenAgain)
        board.note(event("SOME", failure: "X"))
        #expect(board.open.count == 1)
        #expect(board.open.first?.id != id)
    }
}
