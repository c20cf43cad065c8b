import BackupModel
import Testing

@testable import OperatorConsole

@Suite struct PlainTests {
    private func session(_ state: EngineState = Fixture.operations) -> PlainSession {
        var session = PlainSession(interval: 60)
        _ = session.take(state, now: Fixture.now)
        return session
    }

    @Test("The status block has a line for everything, seven-bit marks, and no control characters")
    func status() {
        let lines = PlainText(width: 120).status(Fixture.operations, now: Fixture.now)
        #expect(lines[0].hasPrefix("== 2026-10-04T14:02:51Z vault1: 2 of 6 jobs at work, 2 requests, 2 alerts"))
        #expect(lines.contains { $0.hasPrefix("!! set db/orders: verified copy 31h old, goal 24h, LATE") })
        #expect(lines.contains { $0.hasPrefix("xx job dump-db: FAILED") })
        #expect(lines.contains { $0.hasPrefix("-- alert 8, WARN") && $0.hasSuffix("(ben: on it, new cable)") })
        #expect(lines.count == 1 + 4 + 6 + 5 + 2 + 2)
        for state in [HostileTests.state, HostileTests.operations] {
            for line in PlainText(width: 80).status(state, now: Fixture.now) {
                #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7f && $0.value != 0x9b })
                #expect(SafeText(line).cells <= 80)
            }
        }
    }

    @Test("The first state gives the block; then only what is new, and the block again when it is due")
    func stream() {
        var session = PlainSession(interval: 60)
        let first = session.take(Fixture.operations, now: Fixture.now)
        #expect(first[0].hasPrefix("== ") && first.contains { $0.contains("answer 17 attached") })
        #expect(session.take(Fixture.operations, now: Fixture.now).isEmpty)
        var state = Fixture.operations
        state.recentEvents.append(
            Event(number: 9_811, at: Fixture.now, severity: .warn, component: "copy", code: "X", message: "new\u{1b}"))
        state.requests[0].state = .answered(word: "attached", by: Fixture.ben, at: Fixture.now)
        #expect(
            session.take(state, now: Fixture.now) == [
                "14:02:51 WARN copy: new\\e",
                "-- request #17: answered \"attached\" by ben (command line) 14:02",
            ])
        #expect(session.tick(now: Fixture.now.adding(seconds: 59)).isEmpty)
        #expect(session.tick(now: Fixture.now.adding(seconds: 60)).first?.hasPrefix("== ") == true)
    }

    @Test(arguments: [
        ("17 attached", Intent.answer(request: 17, word: "attached")),
        ("answer #18 2", .answer(request: 18, word: "2")),
        ("claim 17", .claim(request: 17)), ("postpone 17 15m", .postpone(request: 17, seconds: 900)),
        ("run mail", .runJob(name: "mail")), ("ack 7 on it now", .acknowledge(alert: 7, note: "on it now")),
        ("snooze 8 2h", .snooze(alert: 8, seconds: 7_200)), ("pause nightly", .pauseJob(name: "nightly")),
    ])
    func commands(line: String, intent: Intent) {
        var session = session()
        #expect(session.take(line: line, now: Fixture.now).orders == [intent])
    }

    @Test(arguments: [
        ("answer 17 atached", "did you mean `attached`?"), ("17 nonsense", "one of attached, abandon"),
        ("99 yes", "no open request #99"), ("runn mail", "did you mean `run`?"), ("run mial", "did you mean `mail`?"),
        ("postpone 17 soon", "not a time"), ("ack 99", "which alert?"),
    ])
    func complaints(line: String, words: String) {
        var session = session()
        let step = session.take(line: line, now: Fixture.now)
        #expect(step.orders.isEmpty && step.lines.first?.contains(words) == true, "\(step.lines)")
    }

    @Test("What ends or loses something wants a yes of its own")
    func dangerous() {
        for line in ["cancel nightly", "answer 17 abandon"] {
            var session = session()
            #expect(session.take(line: line, now: Fixture.now).orders.isEmpty)
            #expect(session.take(line: "y", now: Fixture.now).orders.isEmpty)
            _ = session.take(line: line, now: Fixture.now)
            #expect(session.take(line: "yes", now: Fixture.now).orders.count == 1)
        }
    }

    @Test func readOnlyAndAwaySendNothing() {
        var session = session()
        _ = session.take(.attached(version: "1", isReadOnly: true), now: Fixture.now)
        #expect(session.take(line: "run mail", now: Fixture.now).lines.first?.contains("read-only") == true)
        #expect(session.take(.away(since: Fixture.now, reason: "x"), now: Fixture.now).count == 1)
        #expect(session.take(.away(since: Fixture.now, reason: "x"), now: Fixture.now).isEmpty, "told once")
        #expect(session.take(line: "run mail", now: Fixture.now).lines.first?.contains("away") == true)
        #expect(session.take(line: "quit", now: Fixture.now).isEnd)
    }
}
