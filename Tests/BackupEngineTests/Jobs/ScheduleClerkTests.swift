import BackupCatalog
import BackupModel
import Synchronization
import Testing

@testable import BackupEngine

/// Hours after the stories begin.
private func at(_ hour: Double) -> WallTime { JobBookStory.epoch.adding(seconds: hour * 3600) }

@Suite struct ScheduleClerkTests {
    /// At every hour after the start, up to an hour if one is given; counts how often it is asked.
    private final class Hours: Sendable {
        let asked = Mutex(0)
        let last: Double

        init(last: Double = .infinity) { self.last = last }

        func next(_ time: WallTime) -> WallTime? {
            asked.withLock { $0 += 1 }
            let hour = (time.seconds(since: JobBookStory.epoch) / 3600).rounded(.down) + 1
            return hour <= last ? JobBookStory.epoch.adding(seconds: hour * 3600) : nil
        }

        var calendar: JobCalendar {
            JobCalendar(next: next) { [self] after, until in
                var latest: WallTime?
                while let time = next(latest ?? after), time <= until { latest = time }
                return latest
            }
        }
    }

    /// A clerk and a book with one job; `handled` is in hours after the start.
    private struct Story {
        var clerk: ScheduleClerk
        var book: JobBook

        init(_ hours: Hours, handled: Double?, persistent: Bool = false) {
            var settings = job("j", schedule: "hourly")
            settings.isPersistent = persistent
            var memory = JobMemory(name: "j")
            memory.handledAt = handled.map { at($0) }
            clerk = ScheduleClerk { _ in hours.calendar }
            clerk.take([settings])
            book = JobBook([settings], memories: [memory], at: JobBookStory.moment(0))
        }

        /// What is due at an hour; taken by the book.
        mutating func due(_ hour: Double, isStart: Bool = false) throws -> [JobInput] {
            let inputs = clerk.dues(book, now: at(hour), isStart: isStart)
            for input in inputs { try book.take(input, at: JobBookStory.moment(hour * 3600)) }
            return inputs
        }
    }

    struct Row: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var handled: Double?
        var now: Double
        var isStart = false
        var isPersistent = false
        var due: JobInput?
    }

    @Test(
        "what is due at a moment",
        arguments: [
            Row(testDescription: "new: from now on", now: 2.5, due: .handled("j", at(2.5))),
            Row(testDescription: "not yet", handled: 2, now: 2.5),
            Row(testDescription: "on time", handled: 2, now: 3, due: .due("j", at: at(3), .schedule)),
            Row(
                testDescription: "C7 several missed: once", handled: 2, now: 6.5, isPersistent: true,
                due: .due("j", at: at(6), .catchUp)),
            Row(
                testDescription: "a start forgets what was missed", handled: 2, now: 6.5, isStart: true,
                due: .handled("j", at(6.5))),
            Row(
                testDescription: "C7 a start catches up once", handled: 2, now: 6.5, isStart: true,
                isPersistent: true, due: .due("j", at: at(6), .catchUp)),
            Row(testDescription: "C2 a correction of a minute repeats nothing", handled: 3, now: 3 - 1.0 / 60),
            Row(
                testDescription: "C2 set back two minutes", handled: 3, now: 3 - 2.0 / 60,
                due: .handled("j", at(3 - 2.0 / 60))),
            Row(testDescription: "C2 set back five hours", handled: 8, now: 3.2, due: .handled("j", at(3.2))),
            Row(testDescription: "C2 set back ten years", handled: 87_600, now: 3.2, due: .handled("j", at(3.2))),
        ])
    func due(_ row: Row) throws {
        var story = Story(Hours(), handled: row.handled, persistent: row.isPersistent)
        #expect(try story.due(row.now, isStart: row.isStart) == [row.due].compactMap(\.self))
    }

    @Test(
        "C2 after the clock was set back a job runs at its next time by the new clock, and once",
        arguments: [0.5, 5, 23])
    func goesOn(back: Double) throws {
        var story = Story(Hours(), handled: 29)
        #expect(try story.due(29.5).isEmpty)
        let now = 29.5 - back
        let next = now.rounded(.down) + 1
        _ = try story.due(now)
        #expect(story.clerk.next("j", after: story.book.cards["j"]?.memory.handledAt, now: at(now)) == at(next))
        let planned = story.clerk.firings(story.book, from: at(now), until: at(now + 2), limit: 5, expected: [:])
        #expect(planned.map(\.at) == [at(next), at(next + 1)])
        #expect(try story.due(next) == [.due("j", at: at(next), .schedule)])
        #expect(try story.due(next + 0.01).isEmpty)
        #expect(try story.due(next + 1) == [.due("j", at: at(next + 1), .schedule)])
    }

    @Test("a schedule that has ended is due no more, and is not searched again at each look")
    func expiry() throws {
        let hours = Hours(last: 3)
        var story = Story(hours, handled: 2)
        #expect(try story.due(3) == [.due("j", at: at(3), .schedule)])
        #expect(try story.due(4).isEmpty)
        let asked = hours.asked.withLock { $0 }
        for hour in 5..<50 { #expect(try story.due(Double(hour)).isEmpty) }
        #expect(hours.asked.withLock { $0 } == asked)
        #expect(story.clerk.next("j", after: at(3), now: at(50)) == nil)
        // The clock set back to before its end: it has times again.
        _ = try story.due(1.5)
        #expect(try story.due(2) == [.due("j", at: at(2), .schedule)])
    }
}
