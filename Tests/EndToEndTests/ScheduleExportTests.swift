import Foundation
import Testing

/// `holdfast schedule export`: each target gets the schedule in its own words, the zone included.
@Suite struct ScheduleExportTests {
    private let jobs = """

        [job.plain]
        kind = "command"
        command = ["/bin/true"]
        schedule = "30 2 * * *"

        [job.rome]
        kind = "command"
        command = ["/bin/true"]
        schedule = "Mon..Fri 02:00 Europe/Rome"

        [job.either]
        kind = "command"
        command = ["/bin/true"]
        schedule = "0 4 1 * 0"

        [job.last]
        kind = "command"
        command = ["/bin/true"]
        schedule = "*-*~01 03:00"

        """

    private func export(as format: String) throws -> String {
        let program = try Program(blobs: 0)
        defer { program.remove() }
        let text = try String(contentsOf: program.settings, encoding: .utf8)
        try program.write(settings: text + jobs)
        let result = try program.run(
            ["schedule", "export", "--as", format, "--config", program.settings.path], environment: ["TZ": "Asia/Tokyo"]
        )
        #expect(result.status == 0, "\(result.error)")
        return result.out
    }

    @Test("systemd has its own syntax, also for what was written as cron, in as many lines as it takes")
    func systemd() throws {
        let text = try export(as: "systemd")
        #expect(text.contains("OnCalendar=*-*-* 02:30:00\n"))
        #expect(text.contains("OnCalendar=Mon..Fri *-*-* 02:00:00 Europe/Rome\n"))
        #expect(text.contains("OnCalendar=*-*-01 04:00:00\nOnCalendar=Sun *-*-* 04:00:00\n"))
        #expect(text.contains("OnCalendar=*-*~01 03:00:00\n"))
        #expect(text.components(separatedBy: "OnCalendar=").count == 6)
    }

    @Test("cron has those without a zone first, then each zone under its name")
    func cron() throws {
        let lines = try export(as: "cron").split(separator: "\n").map(String.init)
        #expect(
            lines == [
                "0 4 1 * 0 holdfast job run either --wait",
                "# last: *-*~01 03:00 cannot be said in cron's five fields",
                "30 2 * * * holdfast job run plain --wait",
                "# cronie reads CRON_TZ; a cron without it runs these in the machine's zone",
                "CRON_TZ=Europe/Rome", "0 2 * * 1-5 holdfast job run rome --wait",
            ])
    }

    @Test(
        "schedulers on other machines are told the zone, also that of this machine",
        arguments: ["airflow", "kubernetes"])
    func elsewhere(_ format: String) throws {
        let text = try export(as: format)
        #expect(text.contains("Europe/Rome"))
        #expect(text.contains("Asia/Tokyo"))
        #expect(text.contains("# last: *-*~01 03:00 cannot be said in cron's five fields"))
    }
}
