import BackupCatalog
import BackupModel
import Foundation
import Testing

@testable import BackupEngine

private let voiceStart = WallTime(milliseconds: 1_760_000_000_000)

private func alert(_ severity: Severity = .error, at: WallTime = voiceStart) -> Alert {
    Alert(
        id: 7, severity: severity, raisedAt: at, subject: "nightly",
        failure: Failure(code: "DESTINATION_LOST", side: .destination, message: "the target is away"))
}

@Suite struct EscalationTests {
    private var ladder: Escalation {
        var settings = VoiceSettings(
            channels: ["mail", "chat", "phone"].map { ChannelSettings(name: $0, kind: .desktop) })
        settings.escalation.rungs = [
            EscalationRung(after: 900, channels: ["mail", "phone"]),
            EscalationRung(after: 0, channels: ["mail", "chat"]),
            EscalationRung(after: 3600, channels: ["phone", "nobody"]),
        ]
        return Escalation(settings)
    }

    @Test("the ladder is known in advance, in order of time, without channels that are not there")
    func ahead() {
        #expect(
            ladder.ahead(of: alert()) == [
                EscalationStep(at: voiceStart, channel: "mail"), EscalationStep(at: voiceStart, channel: "chat"),
                EscalationStep(at: voiceStart.adding(seconds: 900), channel: "mail"),
                EscalationStep(at: voiceStart.adding(seconds: 900), channel: "phone"),
                EscalationStep(at: voiceStart.adding(seconds: 3600), channel: "phone"),
            ])
        #expect(
            Escalation(VoiceSettings(channels: [ChannelSettings(name: "a", kind: .desktop)])).firstChannels == ["a"])
        #expect(
            ladder.channels(after: 0) == ["mail", "chat"] && ladder.channels(after: 901) == ["mail", "chat", "phone"])
    }

    @Test(
        "rungs that are due",
        arguments: [
            (-1.0, [String]()), (0, ["chat", "mail"]), (899, ["chat", "mail"]),
            (900, ["chat", "mail", "phone"]),
            (99_999, ["chat", "mail", "phone"]),
        ] as [(Double, [String])])
    func due(seconds: Double, channels: [String]) {
        let due = ladder.due(for: alert(), told: [], now: voiceStart.adding(seconds: seconds))
        #expect(due.map(\.step.channel).sorted() == channels)
    }

    @Test("each rung is told once, and none after a later one was")
    func once() {
        var told: Set<String> = []
        var calls: [Escalation.Call] = []
        for second in stride(from: 0.0, through: 10_000, by: 30) {
            let due = ladder.due(for: alert(), told: told, now: voiceStart.adding(seconds: second))
            calls += due
            told.formUnion(due.map(\.id))
        }
        #expect(calls.map(\.step.channel) == ["chat", "mail", "mail", "phone", "phone"])
        #expect(Set(calls.map(\.id)).count == 5)
        let late = ladder.due(for: alert(), told: [], now: voiceStart.adding(seconds: 10_000))
        #expect(late.map(\.rung).sorted() == [0, 1, 2], "one for each channel, the last rung of each")
        #expect(ladder.due(for: alert(), told: Set(late.map(\.id)), now: voiceStart.adding(seconds: 10_001)).isEmpty)
    }

    @Test("nobody is told of what was seen, of what is below the level, or in a snooze; then the ladder begins again")
    func silence() {
        var seen = alert()
        seen.acknowledgement = Acknowledgement(by: .engine, at: voiceStart, note: "")
        #expect(ladder.calls(for: seen).isEmpty && ladder.calls(for: alert(.info)).isEmpty)
        var snoozed = alert()
        snoozed.snoozedUntil = voiceStart.adding(seconds: 5000)
        #expect(ladder.due(for: snoozed, told: [], now: voiceStart.adding(seconds: 4999)).isEmpty)
        let told = Set(ladder.calls(for: alert()).map(\.id))
        #expect(ladder.due(for: snoozed, told: told, now: voiceStart.adding(seconds: 5000)).count == 2)
    }
}

@Suite struct CoalescerTests {
    private func message(
        _ number: Int, _ topic: String, at seconds: Double, _ occasion: Message.Occasion = .alert
    ) -> Message {
        Message(
            id: "m\(number)", channel: "ops", occasion: occasion, topic: topic, subject: "\(topic) \(number)", body: "",
            severity: .error, createdAt: voiceStart.adding(seconds: seconds))
    }

    /// What a channel gets when these come in and every delivery succeeds at once.
    private func played(_ messages: [Message], seconds: Int) -> [(at: Int, batch: [Message])] {
        let rule = Coalescer(gather: 20)
        var waiting: [Message] = [], sent: [SentMessage] = [], out: [(Int, [Message])] = []
        var coming = messages
        for second in 0..<seconds {
            let now = voiceStart.adding(seconds: Double(second))
            while let next = coming.first, next.createdAt <= now { waiting.append(coming.removeFirst()); _ = next }
            let batch = rule.batch(waiting, sent: sent, now: now)
            if batch.isEmpty { continue }
            out.append((second, batch))
            waiting.removeAll { batch.contains($0) }
            for (index, part) in batch.enumerated() {
                sent.append(
                    SentMessage(
                        channel: "ops", occasion: part.occasion, topic: part.topic, severity: part.severity, at: now,
                        wasJoined: index > 0))
            }
        }
        return out
    }

    @Test("L7 two hundred alerts in a minute are a handful of messages, and none is left out")
    func storm() {
        let storm = (0..<200).map { message($0, "job\($0)", at: Double($0) * 0.3) }
        let out = played(storm, seconds: 7200)
        #expect(out.count <= 5)
        #expect(out.first?.at == 20)
        #expect(Set(out.flatMap(\.batch).map(\.id)).count == 200)
        #expect(out.allSatisfy { $0.batch.count <= Coalescer.batchLimit })
    }

    @Test("L7 one job that fails every minute is told once an hour")
    func perHour() {
        let out = played((0..<180).map { message($0, "nightly", at: Double($0) * 60) }, seconds: 3 * 3600 + 100)
        #expect(out.count == 4)
        #expect(out.dropFirst().allSatisfy { $0.batch.count > 50 })
        #expect(Set(out.flatMap(\.batch).map(\.id)).count == 180)
    }

    @Test("L7 a storm on ever new topics makes ten messages in its first hour and eight in each later one")
    func longStorm() {
        let out = played((0..<1080).map { message($0, "job\($0)", at: Double($0) * 10) }, seconds: 3 * 3600 + 1000)
        for hour in 0..<3 { #expect(out.count { $0.at / 3600 == hour } <= (hour == 0 ? 10 : 8)) }
        #expect(Set(out.flatMap(\.batch).map(\.id)).count == 1080)
    }

    @Test("requests, the digest and further rungs go at once and alone")
    func alone() {
        let out = played(
            [
                message(0, "a", at: 0), message(1, "a", at: 1, .request), message(2, "a", at: 2, .escalation),
                message(3, "a", at: 3, .digest), message(4, "a", at: 4, .recovery),
            ], seconds: 60)
        #expect(out.map(\.at) == [1, 2, 3, 20])
        #expect(out.last?.batch.map(\.id) == ["m0", "m4"])
    }

    @Test("a server that asks for a day gets it, and is not asked again at once")
    func askedForLong() {
        let rule = Coalescer(gather: 20)
        var tried = message(0, "a", at: 0)
        tried.attempts = 1
        tried.notBefore = voiceStart.adding(seconds: Backoff.delay(attempts: 1, asked: 1e9, random: 999))
        #expect(rule.batch([tried], sent: [], now: voiceStart).isEmpty)
        #expect(rule.batch([tried], sent: [], now: voiceStart.adding(seconds: 86_300)).isEmpty)
        #expect(rule.batch([tried], sent: [], now: voiceStart.adding(seconds: 95_100)) == [tried])
    }

    @Test("what was tried keeps its content, and waits for its time even when the clock is set back")
    func frozen() {
        let rule = Coalescer(gather: 20)
        var tried = message(0, "a", at: 0)
        tried.attempts = 1
        tried.notBefore = voiceStart.adding(seconds: 100)
        let fresh = message(1, "b", at: 0)
        #expect(rule.batch([tried, fresh], sent: [], now: voiceStart.adding(seconds: 50)) == [fresh])
        #expect(rule.batch([tried, fresh], sent: [], now: voiceStart.adding(seconds: 100)) == [tried])
        #expect(rule.batch([tried], sent: [], now: voiceStart.adding(seconds: -86_400 * 365)) == [tried])
        #expect(rule.batch([fresh], sent: [], now: voiceStart.adding(seconds: -86_400 * 365)) == [fresh])
    }

    @Test(
        "back-off doubles to an hour, obeys the other side up to a day",
        arguments: [
            (1, nil, 30.0), (2, nil, 60), (5, nil, 480), (20, nil, 3600), (1, 120, 120), (1, 1e9, 86_400), (3, 5, 120),
        ] as [(Int, Double?, Double)])
    func backoff(attempts: Int, asked: Double?, seconds: Double) {
        for dice in [UInt64(0), 500, 999] {
            let delay = Backoff.delay(attempts: attempts, asked: asked, random: dice)
            #expect(delay >= seconds * 0.9 && delay <= seconds * 1.1)
            #expect(delay >= min(asked ?? 0, 86_400))
        }
    }

    @Test("several as one: the first one's id, the gravest severity, every subject; bounded")
    func together() throws {
        let parts = (0..<100).map { number in
            var part = message(number, "job\(number)", at: 0)
            part.body = String(repeating: "x", count: 1000)
            part.severity = number == 50 ? .error : .warn
            return part
        }
        let whole = try #require(JoinedMessage.make(parts, host: "host"))
        #expect(whole.id == "m0" && whole.severity == .error)
        #expect(parts.allSatisfy { whole.body.contains("- \($0.subject)\n") })
        #expect(whole.body.utf8.count < 30_000)
        #expect(whole.subject == "[host] ERROR 100 alerts: job0, job1, job2 and 97 more")
        #expect(JoinedMessage.make([parts[0]], host: "host") == parts[0])
        #expect(JoinedMessage.make([], host: "host") == nil)
    }
}

@Suite struct JoinedHeadingTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var parts: [(Message.Occasion, String, Severity)]
        var heading: String
        var testDescription: String { heading }
    }

    @Test(
        "the heading of several as one: good news never stands under the name of trouble",
        arguments: [
            Row(parts: [(.alert, "a", .warn), (.alert, "b", .error)], heading: "ERROR 2 alerts: a, b"),
            Row(parts: [(.recovery, "a", .info), (.recovery, "b", .info)], heading: "well again: a, b"),
            Row(
                parts: [(.recovery, "a", .info), (.alert, "b", .error), (.recovery, "a", .info)],
                heading: "ERROR 1 alert: b; well again: a"),
            Row(parts: [(.completion, "a", .info), (.completion, "a", .warn)], heading: "2 runs ended: a"),
            Row(
                parts: [(.completion, "n", .info), (.recovery, "n", .info), (.alert, "x", .warn)],
                heading: "WARN 1 alert: x; well again: n; 1 run ended: n"),
        ])
    func heading(_ row: Row) {
        let parts = row.parts.enumerated().map { number, part in
            Message(
                id: "m\(number)", channel: "ops", occasion: part.0, topic: part.1, subject: part.1, body: "",
                severity: part.2, createdAt: voiceStart)
        }
        #expect(JoinedMessage.make(parts, host: "h")?.subject == "[h] " + row.heading)
    }
}

@Suite struct DigestClockTests {
    private func time(_ text: String) throws -> WallTime {
        let date = try #require(ISO8601DateFormatter().date(from: text))
        return WallTime(milliseconds: Int64(date.timeIntervalSince1970 * 1000))
    }

    @Test(
        "the hour of the day, on the days of a clock change too",
        arguments: [
            ("2026-10-04T05:00:00Z", "2026-10-04T05:00:00Z"), ("2026-10-04T04:59:59Z", "2026-10-03T05:00:00Z"),
            ("2026-10-25T06:00:00Z", "2026-10-25T06:00:00Z"), ("2026-10-25T05:30:00Z", "2026-10-24T05:00:00Z"),
            ("2026-03-29T12:00:00Z", "2026-03-29T05:00:00Z"),
        ])
    func hours(now: String, hour: String) throws {
        let clock = try #require(DigestClock(DigestSettings(hour: "07:00", zone: "Europe/Berlin", channels: [])))
        #expect(clock.latest(before: try time(now)) == (try time(hour)))
    }

    @Test("an hour that the day has not counts at the next minute there is")
    func gap() throws {
        let clock = try #require(DigestClock(DigestSettings(hour: "02:30", zone: "Europe/Berlin", channels: [])))
        #expect(clock.latest(before: try time("2026-03-29T12:00:00Z")) == (try time("2026-03-29T01:00:00Z")))
    }

    @Test("once a day through a year, whenever the engine looks, and after a night off")
    func year() throws {
        let clock = try #require(DigestClock(DigestSettings(hour: "07:00", zone: "Europe/Berlin", channels: [])))
        let begin = try time("2026-01-01T00:00:00Z")
        var last: WallTime?, days: [String] = []
        for step in 0..<(365 * 24) where !(100...120).contains(step) {
            let now = begin.adding(seconds: Double(step) * 3600 + 17)
            guard let hour = clock.due(now: now, last: last, startedAt: begin) else { continue }
            days.append(clock.day(of: hour))
            last = now
        }
        #expect(days.count == 365 && Set(days).count == 365)
    }

    @Test("an engine installed in the afternoon waits for the next morning")
    func fresh() throws {
        let clock = try #require(DigestClock(DigestSettings(hour: "07:00", zone: "UTC", channels: [])))
        let begin = try time("2026-10-04T15:00:00Z")
        #expect(clock.due(now: begin.adding(seconds: 60), last: nil, startedAt: begin) == nil)
        #expect(clock.due(now: try time("2026-10-05T07:00:00Z"), last: nil, startedAt: begin) != nil)
        #expect(DigestClock(DigestSettings(hour: "25:00", channels: [])) == nil)
        #expect(DigestClock(DigestSettings(hour: "07:00", zone: "No/Where", channels: [])) == nil)
    }
}

@Suite struct DeadManTests {
    @Test("L9 one sign of life per period, not two at once, also when one failed")
    func periods() {
        var man = DeadMan(every: 60)
        var at: [Int] = []
        for second in 0..<300 {
            if man.begin(at: Int64(second) * 1_000_000_000) {
                at.append(second)
                if second != 120 { man.end() }
            }
            if second == 200 { man.end() }
        }
        #expect(at == [0, 60, 120, 201, 261])
    }
}
