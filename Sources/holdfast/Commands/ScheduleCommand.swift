import Settings
import ArgumentParser
import BackupModel

/// `holdfast schedule ...`: what will run when, also for other schedulers.
struct ScheduleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "What runs when, here and for other schedulers.",
        subcommands: [ScheduleNext.self, ScheduleExport.self, ScheduleFirings.self])
}

struct ScheduleNext: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "The planned starts, with how long they usually take.")

    @OptionGroup var place: PlaceOptions

    @Option(help: "How many days ahead.")
    var days = 14

    @Flag(help: "Answer in JSON.")
    var json = false

    func validate() throws {
        guard (1...366).contains(days) else { throw ValidationError("--days must be 1 to 366") }
    }

    func run() async throws {
        let reach = try await Reach.attach(place)
        guard case .firings(let firings) = try await reach.ask(.firings(days: days)) else { return }
        await reach.close()
        if json { return Standard.json(firings) }
        let lines = firings.map { firing in
            let took = firing.expectedSeconds.map { "about " + Quantity.duration($0) } ?? "duration unknown"
            let conflict = firing.conflict.isEmpty ? "" : "  meets " + firing.conflict
            return "\(firing.at.iso8601())  \(firing.job.padded(to: 16)) \(took)\(conflict)"
        }
        Standard.out(lines.isEmpty ? "nothing is planned within \(days) days" : lines.joined(separator: "\n"))
    }
}

/// The schedule for those who keep another scheduler.
struct ScheduleExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Print the jobs for another scheduler.")

    @Option(name: .customLong("as"), help: "systemd, cron, airflow or kubernetes.")
    var format: ScheduleFormat

    @Option(help: "The container image, for kubernetes.")
    var image = "holdfast:latest"

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let settings = try CommandPlace(place).load().settings
        let exported = ExportedSchedule(
            jobs: settings.jobs.filter(\.isEnabled), image: image, localZone: CalendarZone.local.name)
        Standard.raw(exported.text(as: format), to: 1)
    }
}

enum ScheduleFormat: String, CaseIterable, ExpressibleByArgument { case systemd, cron, airflow, kubernetes }
