import ArgumentParser
import BackupModel
import Settings

/// `holdfast job ...`: what should run, what runs, what ran.
struct JobCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "job", abstract: "List, run, hold and look back at jobs.",
        subcommands: [
            JobList.self, JobShow.self, JobRunNow.self, JobCancel.self, JobPause.self, JobResume.self, JobEnable.self,
            JobDisable.self, JobSkip.self, JobHistory.self, JobLogCommand.self, JobCreate.self,
        ])
}

struct JobList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Every job and where it stands.")

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Answer in JSON.")
    var json = false

    func run() async throws {
        let state = try await Reach.look(place).state
        if json { return Standard.json(state.jobs) }
        let lines = state.jobs.map { $0.line(at: state.at) }
        Standard.out(
            lines.isEmpty ? "no jobs: they are the [job.NAME] tables of the settings" : lines.joined(separator: "\n"))
    }
}

/// What every command about one job takes.
struct JobOptions: ParsableArguments {
    @Argument(help: "The job's name: [job.NAME] in the settings.")
    var name: String

    @OptionGroup var place: PlaceOptions

    /// Gives an order about the job and prints what the engine says.
    func order(_ intent: (String) -> Intent) async throws {
        let reach = try await Reach.attach(place)
        let words = try await reach.order(intent(name))
        await reach.close()
        Standard.out("\(name): \(words)")
    }
}

struct JobShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "One job in full.")

    @OptionGroup var job: JobOptions

    @Flag(help: "Answer in JSON.")
    var json = false

    func run() async throws {
        let look = try await Reach.look(job.place)
        let settings = try look.settings.job(named: job.name)
        guard let standing = look.state.jobs.first(where: { $0.name == job.name }) else {
            throw Ended(.usage, words: "holdfast: the engine does not know \(job.name) yet: holdfast config reload")
        }
        if json { return Standard.json(standing) }
        Standard.out(standing.line(at: look.state.at))
        Standard.out(SettingsFragment.text(settings))
    }
}

struct JobRunNow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a job now; --wait ends with its exit status.")

    @OptionGroup var job: JobOptions

    @Flag(help: "Wait for its end; the exit status is the job's.")
    var wait = false

    func run() async throws {
        let reach = try await Reach.attach(job.place, stay: wait ? .console : .brief)
        let before = try await reach.state().jobs.first { $0.name == job.name }?.lastRun?.run
        let words = try await reach.order(.runJob(name: job.name))
        guard wait else {
            await reach.close()
            return Standard.out("\(job.name): \(words)")
        }
        let ended = await JobFollower(reach: reach, name: job.name, before: before).end()
        await reach.close()
        guard let ended, let result = ended.result else {
            throw Ended(.failed, words: "holdfast: the job is gone from the settings")
        }
        Standard.out("\(job.name): \(result.words)")
        guard result != .ok else { return }
        throw Ended(result.status, words: ended.failure.map { FailureText(failure: $0).paragraph })
    }
}

/// Follows a job to the end of its next run, across restarts of the engine.
struct JobFollower {
    var reach: Reach
    var name: String
    var before: RunID?

    func end() async -> JobRun? {
        for await state in await reach.states() {
            guard let job = state.jobs.first(where: { $0.name == name }) else { return nil }
            let isQueued = if case .queued = job.phase { true } else { false }
            if let last = job.lastRun, last.run != before, last.result != nil, !job.phase.isActive, !isQueued {
                return last
            }
        }
        return nil
    }
}

struct JobCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End a job's run in seconds; what is safe stays safe.")
    @OptionGroup var job: JobOptions
    func run() async throws { try await job.order { .cancelJob(name: $0) } }
}

struct JobPause: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pause", abstract: "Pause a job's run.")
    @OptionGroup var job: JobOptions
    func run() async throws { try await job.order { .pauseJob(name: $0) } }
}

struct JobResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let a paused job go on.")
    @OptionGroup var job: JobOptions
    func run() async throws { try await job.order { .resumeJob(name: $0) } }
}

struct JobEnable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "enable", abstract: "Let a job run by its schedule.")
    @OptionGroup var job: JobOptions
    func run() async throws { try await job.order { .enableJob(name: $0, isEnabled: true) } }
}

struct JobDisable: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Keep a job from running until it is enabled again.")
    @OptionGroup var job: JobOptions
    func run() async throws { try await job.order { .enableJob(name: $0, isEnabled: false) } }
}

struct JobSkip: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "skip", abstract: "Leave out the next planned start.")
    @OptionGroup var job: JobOptions
    func run() async throws { try await job.order { .skipNext(job: $0) } }
}
