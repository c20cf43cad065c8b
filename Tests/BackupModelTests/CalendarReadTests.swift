import Foundation
import Testing

@testable import BackupModel

@Suite struct CalendarReadTests {
    @Test(
        "every spelling has one normal form, that of systemd",
        arguments: [
            ("*:0/15", "*-*-* *:00/15:00"), ("Mon..Fri 02:00", "Mon..Fri *-*-* 02:00:00"),
            ("Sat,Sun,Mon", "Mon,Sat,Sun *-*-* 00:00:00"), ("Mon-Wed,friday,", "Mon..Wed,Fri *-*-* 00:00:00"),
            ("Mon..Sun", "*-*-* 00:00:00"), ("*-*-01", "*-*-01 00:00:00"), ("3-5", "*-03-05 00:00:00"),
            ("Sun *-*~07/1", "Sun *-*~07/1 00:00:00"), ("02~03 1:0", "*-02~03 01:00:00"),
            ("*-*~*", "*-*-* 00:00:00"), ("*-*~5/3,1", "*-*~01,05/3 00:00:00"),
            ("2026-3-1,5,7..9 1,2:0", "2026-03-01,05,07..09 01,02:00:00"), ("26-3-20", "2026-03-20 00:00:00"),
            ("99-1-1", "1999-01-01 00:00:00"), ("*-*-1..20/5", "*-*-01..16/5 00:00:00"),
            ("*:0..59/15", "*-*-* *:00..45/15:00"), ("1..3/9:0", "*-*-* 01:00:00"), ("1,5,1:0", "*-*-* 01,05:00:00"),
            ("10:00:00.123456789", "*-*-* 10:00:00.123457"), ("10:0:0/0.25", "*-*-* 10:00:00/0.250000"),
            ("10:0:0.5..10", "*-*-* 10:00:00.500000..09.500000"), ("*:*:*", "*-*-* *:*:*"),
            ("weekly Europe/Berlin", "Mon *-*-* 00:00:00 Europe/Berlin"), ("daily utc", "*-*-* 00:00:00 UTC"),
            ("quarterly", "*-01,04,07,10-01 00:00:00"), ("semiannually", "*-01,07-01 00:00:00"),
            ("minutely", "*-*-* *:*:00"), ("HOURLY", "*-*-* *:00:00"), ("yearly", "*-01-01 00:00:00"),
            ("monthly", "*-*-01 00:00:00"), ("@1795716396", "2026-11-26 18:06:36 UTC"), ("  daily ", "*-*-* 00:00:00"),
        ])
    func normalForms(text: String, expected: String) throws {
        let schedule = try CalendarSchedule(text)
        #expect(schedule.normalized == expected)
        #expect(try CalendarSchedule(expected).normalized == expected)
    }

    @Test(
        "C9 what cannot be read is refused where it is wrong",
        arguments: [
            ("", 0), ("5", 1), ("24:00", 0), ("12:60", 3), ("*:0/0", 4), ("*:59/1", 2), ("5..3:0", 0), ("1..:0", 3),
            ("Fri..Mon", 0), ("Mon Tue", 4), ("Montag 1:0", 0), ("*/2:00", 1), ("*-13-1", 2), ("*-1-32", 4),
            ("2200-1-1", 0), ("*-*~29", 4), ("*-*~01/1", 4), ("10:0 Foo/Bar", 4), ("10:0 CEST", 4),
            ("99999999999999999999:0", 0), ("*-*-* 10:00:0.", 14), ("~07/1", 0), ("0:0:37.5..38", 4),
            ("1:0\u{1b}[2J", 3), ("@", 0),
            ("2026-5", 0), ("@every 5m", 0), ("Mon\u{1F600}", 3),
        ])
    func refusals(text: String, column: Int) throws {
        let found = try #require(problem(text), "\(text) was read")
        #expect(found.column == column, "\(text): \(found.message)")
        #expect(found.message.utf8.allSatisfy { (32..<127).contains($0) } && !found.message.contains("\u{1b}"))
    }

    @Test(
        "C9 what never fires is refused",
        arguments: [
            "*-02-30", "2027-02-29", "Mon 2024-02-29", "*-04,06-31", "30 2 31 2,4 *", "cron: 0 0 30 feb *",
        ])
    func neverFires(text: String) throws { #expect(problem(text) != nil) }

    @Test func whatNeverFiresIsToldAsSuch() throws {
        #expect(problem("*-02-30")?.message.contains("never fires") == true)
        #expect(problem("*-02-29") == nil)
    }

    @Test(
        "C5 days that months lack are told",
        arguments: [
            ("*-*-31", "February, April, June, September, November"), ("*-*-30", "February"), ("*-02-29", "leap years"),
            ("*-*-28", nil), ("*-*~01", nil), ("*-*-30,15", nil), ("daily", nil), ("*-02-28..29", nil),
        ] as [(String, String?)])
    func cautions(text: String, words: String?) throws {
        let caution = try CalendarSchedule(text).caution
        if let words { #expect(caution?.contains(words) == true) } else { #expect(caution == nil) }
    }

    @Test(
        "C5 leap days, ends of months and the end of time",
        arguments: [
            ("*-02-29", "2026-01-01T00:00:00Z", ["2028-02-29", "2032-02-29"]),
            ("*-02-29", "2096-03-01T00:00:00Z", ["2104-02-29"]),
            ("*-*-31", "2026-03-31T00:00:00Z", ["2026-05-31", "2026-07-31"]),
            ("*-*~01", "2027-12-31T00:00:00Z", ["2028-01-31", "2028-02-29", "2028-03-31"]),
            ("Sun *-*~07/1", "2026-03-01T00:00:00Z", ["2026-03-29", "2026-04-26"]),
            ("*-*~01..03", "2026-02-01T00:00:00Z", ["2026-02-26", "2026-02-27", "2026-02-28", "2026-03-29"]),
            ("*-*-14/16", "2026-12-20T00:00:00Z", ["2026-12-30", "2027-01-14", "2027-01-30", "2027-02-14"]),
            ("2199-12-31", "2026-01-01T00:00:00Z", ["2199-12-31"]),
        ])
    func dates(text: String, after: String, days: [String]) throws {
        let found = try CalendarSchedule(text).firings(
            after: moment(after), until: WallTime(milliseconds: .max), in: .utc, limit: days.count)
        #expect(found.map(\.date) == days)
        #expect(found.allSatisfy { $0.timeOfDay == "00:00:00" })
    }

    @Test func noMoreFiringsAreNone() throws {
        #expect(try CalendarSchedule("2025-*-*").next(after: moment("2025-12-31T00:00:00Z"), in: .utc) == nil)
        #expect(try CalendarSchedule("daily").next(after: WallTime(milliseconds: .max), in: .utc) == nil)
        let first = try CalendarSchedule("daily").next(after: WallTime(milliseconds: .min), in: .utc)
        #expect(first == WallTime(milliseconds: 0))
    }

    @Test func fractionsFireOnceAMillisecond() throws {
        let found = try CalendarSchedule("0:0:0/0.3333").firings(
            after: WallTime(milliseconds: -1), until: WallTime(milliseconds: 1000), in: .utc, limit: 10)
        #expect(found.map(\.milliseconds) == [0, 333, 666, 999])
    }

    @Test("C6 the zone of the expression goes before the machine's, which is asked anew for every firing")
    func zones() throws {
        let start = try moment("2026-07-01T00:00:00Z")
        let plain = try CalendarSchedule("02:00")
        let named = try CalendarSchedule("02:00 Asia/Tokyo")
        for (name, clock) in [("UTC", "02:00:00"), ("America/New_York", "06:00:00"), ("Asia/Kathmandu", "20:15:00")] {
            #expect(plain.next(after: start, in: try zone(name))?.timeOfDay == clock)
            #expect(named.next(after: start, in: try zone(name))?.timeOfDay == "17:00:00")
        }
        #expect(named.zone?.name == "Asia/Tokyo")
    }

    @Test(arguments: ["BST", "PST", "GMT+3", "europe/berlin", "", "Europe/", "../etc/passwd", "Mon"])
    func noZones(name: String) { #expect(CalendarZone(named: name) == nil) }

    @Test func schedulesAreStoredAsTheirText() throws {
        let schedule = try CalendarSchedule("mon 2:0")
        let stored = try JSONEncoder().encode([schedule])
        #expect(String(decoding: stored, as: UTF8.self) == #"["mon 2:0"]"#)
        #expect(try JSONDecoder().decode([CalendarSchedule].self, from: stored) == [schedule])
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode([CalendarSchedule].self, from: Data(#"["*-02-30"]"#.utf8))
        }
    }
}
