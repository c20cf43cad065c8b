import ArgumentParser
import BackupModel
import Foundation

/// The firings of an expression, one a line, for programs that compare schedulers.
struct ScheduleFirings: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "firings",
        abstract: "Print when a calendar expression fires, in UTC.",
        discussion: """
            Without an expression it reads expressions from standard input, one a line. Each then begins with a line \
            '= NORMALIZED FORM' or '! COLUMN PROBLEM'.
            """,
        shouldDisplay: false)

    @Argument(help: "The expression: systemd calendar syntax or cron.")
    var expression: String?

    @Option(help: "The time zone's name, where the expression has none. Default: the machine's.")
    var zone: String?

    @Option(help: "Firings after this time: 2026-03-10T12:00:00Z. Default: now.")
    var after: String?

    @Option(help: "How many.")
    var count = 10

    func validate() throws {
        guard (0...100_000).contains(count) else { throw ValidationError("--count must be 0 to 100000") }
    }

    func run() async throws {
        let zone = try chosenZone()
        let after = try chosenTime()
        if let expression {
            do {
                print(Self.lines(try CalendarSchedule(expression), after, zone, count))
            } catch {
                throw Ended(.usage, words: "holdfast: column \(error.column + 1): \(error.message)")
            }
            return
        }
        while let line = readLine() {
            do throws(CalendarProblem) {
                let schedule = try CalendarSchedule(line)
                print("= " + schedule.normalized)
                print(Self.lines(schedule, after, zone, count))
            } catch {
                print("! \(error.column) \(error.message)")
            }
        }
    }

    private static func lines(
        _ schedule: CalendarSchedule, _ after: WallTime, _ zone: CalendarZone, _ count: Int
    ) -> String {
        let end = WallTime(milliseconds: .max)
        return schedule.firings(after: after, until: end, in: zone, limit: count).map { $0.iso8601() }
            .joined(separator: "\n")
    }

    private func chosenZone() throws -> CalendarZone {
        guard let zone else { return .local }
        guard let found = CalendarZone(named: zone) else { throw ValidationError("--zone: no such time zone") }
        return found
    }

    private func chosenTime() throws -> WallTime {
        guard let after else { return WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
        guard let date = try? Date(after, strategy: .iso8601) else {
            throw ValidationError("--after takes a time in UTC: 2026-03-10T12:00:00Z")
        }
        return WallTime(milliseconds: Int64((date.timeIntervalSince1970 * 1000).rounded()))
    }
}
