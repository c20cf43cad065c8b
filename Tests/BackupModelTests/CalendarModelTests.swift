import Foundation
import Testing

@testable import BackupModel

/// One minute of local time, as the model sees it.
struct LocalMinute {
    var year: Int, month: Int, day: Int, weekday: Int, hour: Int, minute: Int, daysLeft: Int
}

/// Three years, minute by minute, by the plainest rule there is: look at the clock, compare, remember what was shown.
struct MinuteModel {
    private let days: [LocalMinute]
    private let firstDay: Int
    /// For each minute of the three years the local minute since 1970.
    private let shown: [Int]
    private let start: Int

    init(zone: TimeZone, from: Date, until: Date) {
        let first = Int(from.timeIntervalSince1970) / 60
        start = first
        shown = (first..<Int(until.timeIntervalSince1970) / 60).map {
            $0 + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0 * 60))) / 60
        }
        firstDay = first / 1440 - 2
        var utc = Calendar(identifier: .gregorian)
        utc.timeZone = .gmt
        days = (firstDay..<firstDay + 1110).map { number in
            let date = Date(timeIntervalSince1970: Double(number) * 86_400)
            let parts = utc.dateComponents([.year, .month, .day, .weekday], from: date)
            let length = utc.range(of: .day, in: .month, for: date)?.count ?? 0
            return LocalMinute(
                year: parts.year ?? 0, month: parts.month ?? 0, day: parts.day ?? 0,
                weekday: ((parts.weekday ?? 0) + 5) % 7, hour: 0, minute: 0, daysLeft: length - (parts.day ?? 0))
        }
    }

    /// Minutes since 1970, UTC.
    func firings(isEveryHour: Bool, _ matches: (LocalMinute) -> Bool) -> [Int] {
        var found: [Int] = []
        var highest = shown[0] - 1
        for (index, local) in shown.enumerated() {
            if isEveryHour {
                if matches(minute(local)) { found.append(start + index) }
            } else if local > highest {
                if (highest + 1...local).contains(where: { matches(minute($0)) }) { found.append(start + index) }
                highest = local
            }
        }
        return found
    }

    private func minute(_ local: Int) -> LocalMinute {
        var minute = days[local / 1440 - firstDay]
        (minute.hour, minute.minute) = (local % 1440 / 60, local % 60)
        return minute
    }
}

@Suite struct CalendarModelTests {
    private static let cases: [(String, Bool, @Sendable (LocalMinute) -> Bool)] = [
        ("02:30", false, { $0.hour == 2 && $0.minute == 30 }),
        (
            "Mon..Fri *-*-* 1,2,23:0/20", false,
            { $0.weekday < 5 && [1, 2, 23].contains($0.hour) && $0.minute % 20 == 0 }
        ),
        ("*:7/13", true, { $0.minute >= 7 && ($0.minute - 7) % 13 == 0 }),
        ("Sun *-*~07/1", false, { $0.weekday == 6 && $0.daysLeft < 7 && $0.hour == 0 && $0.minute == 0 }),
        (
            "0 0 13 * fri", false,
            { ($0.day == 13 || $0.weekday == 4) && $0.hour == 0 && $0.minute == 0 }
        ),
        (
            "2027..2028-2/2-29,31 0/5:59", false,
            { at in
                (2027...2028).contains(at.year) && at.month % 2 == 0 && [29, 31].contains(at.day) && at.hour % 5 == 0
                    && at.minute == 59
            }
        ),
    ]

    @Test(
        "C4 C5 three simulated years fire as the model says",
        arguments: ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"])
    func threeYears(name: String) throws {
        let (from, until) = (try moment("2026-01-01T00:00:00Z"), try moment("2029-01-01T00:00:00Z"))
        let model = MinuteModel(
            zone: try #require(TimeZone(identifier: name)), from: date(from), until: date(until))
        for (text, isEveryHour, matches) in Self.cases {
            let expected = model.firings(isEveryHour: isEveryHour, matches)
            let found = try CalendarSchedule(text).firings(
                after: from.adding(seconds: -1), until: until.adding(seconds: -1), in: zone(name), limit: .max)
            #expect(found.allSatisfy { $0.milliseconds % 60_000 == 0 })
            let minutes = found.map { Int($0.milliseconds / 60_000) }
            let first = zip(minutes, expected).first { $0 != $1 }
            #expect(
                minutes == expected,
                "\(text): \(minutes.count) and \(expected.count), first \(String(describing: first))")
            #expect(minutes.count > 2)
        }
    }

    private func date(_ time: WallTime) -> Date { Date(timeIntervalSince1970: Double(time.milliseconds) / 1000) }
}
