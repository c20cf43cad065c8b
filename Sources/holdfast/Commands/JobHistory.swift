import ArgumentParser
import BackupModel
import Foundation
import Settings

struct JobHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Runs that ended, newest first.")

    @Argument(help: "The job; all jobs without it.")
    var name: String?

    @OptionGroup var place: PlaceOptions

    @Option(help: "How many.")
    var limit = 20

    @Flag(help: "Answer in JSON.")
    var json = false

    func run() async throws {
        let reach = try await Reach.attach(place)
        var runs: [JobRun] = []
        while runs.count < limit {
            let query = Query.jobRuns(job: name, before: runs.last?.startedAt, limit: min(200, limit - runs.count))
            guard case .jobRuns(let page) = try await reach.ask(query), !page.isEmpty else { break }
            // A page ends with its last millisecond and may be longer than asked for.
            runs += page.prefix(limit - runs.count)
        }
        await reach.close()
        if json { return Standard.json(runs) }
        Standard.out(runs.isEmpty ? "no run yet" : runs.map(\.line).joined(separator: "\n"))
    }
}

extension JobRun {
    /// `3f2a...  nightly  ok  2026-11-21T02:00:00Z  12 min  1.2 GiB`
    var line: String {
        let took = seconds.map { Quantity.duration($0) } ?? "-"
        let why = failure.map { "  " + $0.message } ?? ""
        return "\(run)  \(job.padded(to: 16)) \((result?.words ?? "running").padded(to: 16)) \(startedAt.iso8601())  "
            + "\(took.padded(to: 9)) \(Quantity.bytes(done.bytes))\(why)"
    }
}

/// The kept log of one run: argument vectors, standard errors, what happened.
struct JobLogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "log", abstract: "The log of one run.")

    @Argument(help: "The run, as job history names it, or a job's name for its newest run.")
    var run: String

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Follow it until the run ends.")
    var follow = false

    func run() async throws {
        let reach = try await Reach.attach(place)
        let run = try await named(reach)
        var offset: Int64 = 0
        while true {
            guard case .jobLog(let page) = try await reach.ask(.jobLog(run: run, offset: offset)) else { break }
            for line in page.lines { Standard.out(line) }
            let isMore = page.next > offset
            offset = page.next
            if page.isEnd || (!isMore && !follow) { break }
            if !isMore { try? await Task.sleep(for: .milliseconds(500)) }
        }
        await reach.close()
    }

    private func named(_ reach: Reach) async throws -> RunID {
        if let id = RunID(run) { return id }
        let state = try await reach.state()
        guard let job = state.jobs.first(where: { $0.name == run }), let newest = job.current ?? job.lastRun else {
            throw Ended(.usage, words: "holdfast: \(printable(run.utf8)) is neither a run nor a job that has run")
        }
        return newest.run
    }
}

/// Writes a checked `[job.NAME]` into the include folder: settings stay the one truth about what should be.
struct JobCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Write a new job into the settings' include folder, checked before.")

    @Argument(help: "The new job's name.")
    var name: String

    @OptionGroup var place: PlaceOptions

    @Option(help: "What it does: mirror.run, mirror.scan, mirror.verify or command.")
    var kind: JobKind

    @Option(help: "The mirror of a mirror job.")
    var mirror: String?

    @Option(help: "When: systemd calendar syntax or five cron fields.")
    var schedule: String?

    @Option(help: "A job that goes before; may be given again.")
    var after: [String] = []

    @Flag(help: "Catch up once after a time switched off.")
    var persistent = false

    @Argument(parsing: .postTerminator, help: "The command and its arguments, after --.")
    var command: [String] = []

    func run() async throws {
        let here = try CommandPlace(place)
        var job = JobSettings(name: name, kind: kind)
        job.mirror = mirror ?? ""
        job.schedule = schedule
        job.after = after
        job.isPersistent = persistent
        job.command = command
        let path = try SettingsFragment.write(job, settings: here.file, user: geteuid())
        Standard.out("written to \(path)")
        guard let reach = try? await Reach.attach(place) else { return }
        Standard.out(try await reach.order(.reloadSettings))
        await reach.close()
    }
}

extension JobKind: ExpressibleByArgument {}
