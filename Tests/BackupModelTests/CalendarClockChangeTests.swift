import Testing

@testable import BackupModel

/// The days on which a clock changes, where we part from systemd.
@Suite struct CalendarClockChangeTests {
    @Test(
        "C4 a skipped time runs once at the next valid minute, a repeated one once",
        arguments: [
            // Berlin: 2026-03-29 02:00 is 03:00 (01:00Z); 2026-10-25 03:00 is 02:00 (01:00Z).
            ("Europe/Berlin", "02:30", "2026-03-28T12:00:00Z", ["03-29T01:00:00Z", "03-30T00:30:00Z"]),
            ("Europe/Berlin", "02:00", "2026-03-28T12:00:00Z", ["03-29T01:00:00Z", "03-30T00:00:00Z"]),
            ("Europe/Berlin", "03:00", "2026-03-28T12:00:00Z", ["03-29T01:00:00Z", "03-30T01:00:00Z"]),
            ("Europe/Berlin", "2:10,50", "2026-03-28T12:00:00Z", ["03-29T01:00:00Z", "03-30T00:10:00Z"]),
            ("Europe/Berlin", "2,3:0", "2026-03-28T12:00:00Z", ["03-29T01:00:00Z", "03-30T00:00:00Z"]),
            ("Europe/Berlin", "02:30", "2026-03-29T00:59:59Z", ["03-29T01:00:00Z", "03-30T00:30:00Z"]),
            ("Europe/Berlin", "02:30", "2026-03-29T01:00:00Z", ["03-30T00:30:00Z"]),
            ("Europe/Berlin", "02:30", "2026-10-24T12:00:00Z", ["10-25T00:30:00Z", "10-26T01:30:00Z"]),
            ("Europe/Berlin", "02:30", "2026-10-25T00:30:00Z", ["10-26T01:30:00Z"]),
            ("Europe/Berlin", "02:30", "2026-10-25T01:15:00Z", ["10-26T01:30:00Z"]),
            ("Europe/Berlin", "02:00", "2026-10-24T12:00:00Z", ["10-25T00:00:00Z", "10-26T01:00:00Z"]),
            ("Europe/Berlin", "03:00", "2026-10-24T12:00:00Z", ["10-25T02:00:00Z", "10-26T02:00:00Z"]),
            ("Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00Z", ["03-29T01:00:00Z", "03-30T00:30:00Z"]),
            ("UTC", "02:30 Europe/Berlin", "2026-03-28T12:00:00Z", ["03-29T01:00:00Z", "03-30T00:30:00Z"]),
            ("Europe/Berlin", "02:30 UTC", "2026-03-28T12:00:00Z", ["03-29T02:30:00Z", "03-30T02:30:00Z"]),
            // Half an hour: Lord Howe, 2026-10-04 02:00 is 02:30 (04T15:30Z the day before), 2026-04-05 02:00 is 01:30.
            ("Australia/Lord_Howe", "02:15", "2026-10-03T00:00:00Z", ["10-03T15:30:00Z", "10-04T15:15:00Z"]),
            ("Australia/Lord_Howe", "01:45", "2026-04-04T00:00:00Z", ["04-04T14:45:00Z", "04-05T15:15:00Z"]),
            // At midnight: Santiago, 2026-09-06 00:00 is 01:00 (04:00Z); 2026-04-05 00:00 is 23:00 of the 4th (03:00Z).
            ("America/Santiago", "daily", "2026-09-05T12:00:00Z", ["09-06T04:00:00Z", "09-07T03:00:00Z"]),
            ("America/Santiago", "23:30", "2026-04-04T12:00:00Z", ["04-05T02:30:00Z", "04-06T03:30:00Z"]),
            ("America/Santiago", "daily", "2026-04-04T12:00:00Z", ["04-05T04:00:00Z", "04-06T04:00:00Z"]),
            ("America/Santiago", "*-*-06", "2026-09-01T12:00:00Z", ["09-06T04:00:00Z", "10-06T03:00:00Z"]),
        ])
    func once(name: String, text: String, after: String, expected: [String]) throws {
        let found = try CalendarSchedule(text).firings(
            after: moment(after), until: WallTime(milliseconds: .max), in: zone(name), limit: expected.count)
        #expect(found.map { String($0.iso8601().dropFirst(5)) } == expected)
    }

    @Test("C4 a whole day left out: Samoa had no 2011-12-30")
    func missingDay() throws {
        let found = try CalendarSchedule("02:00").firings(
            after: moment("2011-12-29T00:00:00Z"), until: moment("2011-12-31T23:00:00Z"), in: zone("Pacific/Apia"),
            limit: 10)
        // The 29th, the 30th's at the first minute of the 31st, the 31st, and January 1st.
        #expect(
            found.map { $0.iso8601() } == [
                "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T12:00:00Z", "2011-12-31T12:00:00Z",
            ])
    }

    @Test(
        "C4 schedules of every hour run 23 or 25 hours that day",
        arguments: [
            ("Europe/Berlin", "hourly", "2026-03-28T23:00:00Z", 23, 1),
            ("Europe/Berlin", "*:30", "2026-03-28T23:00:00Z", 23, 1),
            ("Europe/Berlin", "*:0/15", "2026-03-28T23:00:00Z", 23, 4),
            ("Europe/Berlin", "15 * * * *", "2026-03-28T23:00:00Z", 23, 1),
            ("Europe/Berlin", "0..23:30", "2026-03-28T23:00:00Z", 23, 1),
            ("Europe/Berlin", "hourly", "2026-10-24T22:00:00Z", 25, 1),
            ("Europe/Berlin", "*:0/15", "2026-10-24T22:00:00Z", 25, 4),
            ("America/Santiago", "*:30", "2026-09-06T04:00:00Z", 23, 1),
            ("America/New_York", "*:*", "2026-11-01T04:00:00Z", 25, 60),
        ])
    func everyHour(name: String, text: String, midnight: String, hours: Int, each: Int) throws {
        let start = try moment(midnight)
        let found = try CalendarSchedule(text).firings(
            after: start.adding(seconds: -0.001), until: start.adding(seconds: Double(hours) * 3600 - 0.001),
            in: zone(name), limit: 10_000)
        #expect(found.count == hours * each)
        let gaps = zip(found, found.dropFirst()).map { $1.seconds(since: $0) }
        #expect(Set(gaps) == [3600 / Double(each)])
    }
}
