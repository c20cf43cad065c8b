import Testing

@testable import BackupModel

@Suite struct CalendarCronTests {
    @Test(
        "cron in systemd's words",
        arguments: [
            ("0 2 * * *", ["*-*-* 02:00:00"]), ("*/15 * * * *", ["*-*-* *:00/15:00"]),
            ("30 2 1 * *", ["*-*-01 02:30:00"]), ("0 0 * * mon-fri", ["Mon..Fri *-*-* 00:00:00"]),
            ("0 0 * * 0", ["Sun *-*-* 00:00:00"]), ("0 0 * * 7", ["Sun *-*-* 00:00:00"]),
            ("0 0 * * 5-7", ["Fri..Sun *-*-* 00:00:00"]), ("0 0 * * sat-sun", ["Sat,Sun *-*-* 00:00:00"]),
            ("0 0 * jan,JUL *", ["*-01,07-* 00:00:00"]), ("0 9-17/4 * * *", ["*-*-* 09..17/4:00:00"]),
            ("0 0 * * 1-5/2", ["Mon,Wed,Fri *-*-* 00:00:00"]), ("0 0 * * 1/2", ["Mon,Wed,Fri *-*-* 00:00:00"]),
            ("5/20 * * * *", ["*-*-* *:05/20:00"]), ("0,0,30 * * * *", ["*-*-* *:00,30:00"]),
            ("0 0 13 * fri", ["*-*-13 00:00:00", "Fri *-*-* 00:00:00"]),
            ("0 0 */2 * 1", ["Mon *-*-01/2 00:00:00"]), ("@daily", ["*-*-* 00:00:00"]),
            ("@weekly", ["Sun *-*-* 00:00:00"]), ("@hourly Europe/Berlin", ["*-*-* *:00:00 Europe/Berlin"]),
            ("@yearly", ["*-01-01 00:00:00"]), ("cron:0 2 * * *", ["*-*-* 02:00:00"]),
            ("*/1 * * * *", ["*-*-* *:*:00"]),
            ("0\t2  * * * Asia/Tokyo", ["*-*-* 02:00:00 Asia/Tokyo"]), ("*/59 * * * *", ["*-*-* *:00/59:00"]),
            ("*/90 * * * *", ["*-*-* *:00:00"]),
        ])
    func meanings(text: String, lines: [String]) throws {
        #expect(try CalendarSchedule(text).systemdLines == lines)
        for line in lines { #expect(problem(line) == nil) }
    }

    @Test(
        "C9 cron is refused where it is wrong",
        arguments: [
            ("60 * * * *", 0), ("* 24 * * *", 2), ("* * 0 * *", 4), ("* * * 13 *", 6), ("* * * * 8", 8),
            ("5-2 * * * *", 0), ("*/0 * * * *", 2), ("* * * * * *", 10), ("cron: * * *", 11), ("* * * foo *", 6),
            ("* * L * *", 4), ("1, * * * *", 2), ("@reboot", 0), ("@sometimes", 0), ("0 0 31 feb *", 0),
            ("* * * * * root", 10), ("*5 * * * *", 1), ("0 0 1-5-7 * *", 7),
        ])
    func refusals(text: String, column: Int) throws {
        let found = try #require(problem(text), "\(text) was read")
        #expect(found.column == column, "\(text): \(found.message)")
    }

    @Test(
        "what cron can say",
        arguments: [
            ("*-*-* 02:00", "0 2 * * *"), ("Mon..Fri 02:30", "30 2 * * 1-5"), ("Sun", "0 0 * * 0"),
            ("*:0/15", "*/15 * * * *"), ("*-*-01,15 0/6:05", "5 */6 1,15 * *"), ("quarterly", "0 0 1 */3 *"),
            ("*:3/8", "3-59/8 * * * *"), ("8..12,20:0", "0 8-12,20 * * *"), ("0 0 13 * fri", "0 0 13 * 5"),
            ("0 0 1-31 * 1", "0 0 1-31 * 1"), ("1 1 1-31/2 * sun,tue,thu,sat", "1 1 1-31/2 * 0-6/2"),
            ("*:*:30", nil), ("2027-*-*", nil), ("*-*~01", nil), ("Mon *-*-01", nil), ("*:*:*", nil),
            ("*-*-* 02:00 UTC", "0 2 * * *"),
        ] as [(String, String?)])
    func fields(text: String, expected: String?) throws {
        #expect(try CalendarSchedule(text).cronFields == expected)
    }

    @Test(
        "a schedule and its cron fields fire alike",
        arguments: [
            "Mon..Fri 02:30", "*:3/8", "*-*-01,15 0/6:05", "0 0 13 * fri", "1 1 1-31/2 * sun,tue,thu,sat",
            "8..12,20:0", "*-02,08-* 1:0/7", "Mon,Wed,Fri *:15,45",
        ])
    func roundTrip(text: String) throws {
        let schedule = try CalendarSchedule(text)
        let again = try CalendarSchedule(try #require(schedule.cronFields))
        let berlin = try zone("Europe/Berlin")
        let (start, end) = (try moment("2026-01-01T00:00:00Z"), try moment("2030-01-01T00:00:00Z"))
        let found = schedule.firings(after: start, until: end, in: berlin, limit: 2000)
        #expect(found == again.firings(after: start, until: end, in: berlin, limit: 2000))
        #expect(found.count > 100)
    }
}
