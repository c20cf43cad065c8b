import BackupModel
import WorkerKit

/// Carries one run through its stages: before, stop, work, start, check, after.
///
/// On a thread of its own, for its log is a file.
actor JobRunner {
    private let thread: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    nonisolated let steering = JobSteering()
    private let run: JobRun
    private let settings: JobSettings
    private let work: JobWork
    private let logs: RunLogs
    private let surroundings: [String: String]
    /// Keeps, and with nil forgets, that the start command must run.
    private let owe: @Sendable (OwedStartOf) async throws(Failure) -> Void

    /// What a run tells about its start command.
    struct OwedStartOf: Sendable {
        var job: String
        var run: RunID
        var command: [String]?
        var timeout: Double
    }

    init(
        _ run: JobRun, _ settings: JobSettings, _ work: JobWork, _ logs: RunLogs,
        surroundings: [String: String],
        owe: @escaping @Sendable (OwedStartOf) async throws(Failure) -> Void
    ) throws(Failure) {
        do throws(ThreadError) { thread = try ThreadExecutor(name: "job") } catch { throw .noThread(error) }
        self.run = run
        self.settings = settings
        self.work = work
        self.logs = logs
        self.surroundings = surroundings
        self.owe = owe
    }

    func perform() async -> JobOutcome {
        let log = logs.begin(run.run)
        defer { log.close() }
        let stages = JobStages(run: run, log: log, steering: steering, surroundings: surroundings)
        log.line("run", "\(run.job) (\(run.kind.rawValue)), try \(run.attempt), by \(run.trigger.rawValue)")
        var outcome = await begin(stages)
        // Always, and whatever is wished meanwhile: it may have to undo what the before hook did.
        if !settings.afterHook.isEmpty {
            let vector = filled(settings.afterHook, run: run, result: outcome.result)
            let failure = await stages.perform(
                "after_hook", vector, timeout: settings.hookTimeout, isSteered: false)
            if let failure { outcome.worsen(failure) }
        }
        let reason = outcome.failure.map { ": " + $0.message } ?? ""
        log.line("run", "ended \(outcome.result.rawValue)\(reason)")
        return outcome
    }

    /// A failed before hook fails the job without running it.
    private func begin(_ stages: JobStages) async -> JobOutcome {
        if !settings.beforeHook.isEmpty {
            let vector = filled(settings.beforeHook, run: run, result: nil)
            let failure = await stages.perform(
                "before_hook", vector, timeout: settings.hookTimeout, isSteered: true)
            if let failure { return JobOutcome(failure) }
        }
        if steering.isCancelled { return .interrupted }
        var outcome = await stopped(stages)
        if outcome.isGood, !settings.checkCommand.isEmpty, !steering.isCancelled {
            let vector = filled(settings.checkCommand, run: run, result: outcome.result)
            let failure = await stages.perform("check", vector, timeout: settings.hookTimeout, isSteered: true)
            if let failure { outcome = JobOutcome(failure.isInterruption ? failure : failure.asCheck) }
        }
        return outcome
    }

    /// The work between stop and start. Once stop has begun, start runs: here, or after a crash at the next start.
    private func stopped(_ stages: JobStages) async -> JobOutcome {
        guard !settings.stopCommand.isEmpty || !settings.startCommand.isEmpty else { return await working(stages) }
        let start = filled(settings.startCommand, run: run, result: nil)
        do throws(Failure) {
            if !start.isEmpty { try await owe(owed(start)) }
        } catch {
            return JobOutcome(error)
        }
        var outcome: JobOutcome
        let failure =
            settings.stopCommand.isEmpty
            ? nil
            : await stages.perform(
                "stop", filled(settings.stopCommand, run: run, result: nil), timeout: settings.hookTimeout,
                isSteered: true)
        if let failure { outcome = JobOutcome(failure) } else { outcome = await working(stages) }
        guard !start.isEmpty else { return outcome }
        if let failure = await stages.perform("start", start, timeout: settings.hookTimeout, isSteered: false) {
            return JobOutcome(
                .failed, failure: failure.asStart, done: outcome.done, warnings: outcome.warnings)
        }
        do throws(Failure) { try await owe(owed(nil)) } catch { outcome.worsen(error) }
        return outcome
    }

    private func owed(_ command: [String]?) -> OwedStartOf {
        OwedStartOf(job: run.job, run: run.run, command: command, timeout: settings.hookTimeout)
    }

    private func working(_ stages: JobStages) async -> JobOutcome {
        if steering.isCancelled { return .interrupted }
        return await work.run(
            JobContext(run: run, settings: settings, log: stages.log, steering: steering, surroundings: surroundings))
    }
}

extension JobOutcome {
    static let interrupted = JobOutcome(.interrupted)

    var isGood: Bool { result == .ok || result == .okWithWarnings }

    /// Something beside the work went wrong: the work stays done, with a warning.
    mutating func worsen(_ failure: Failure) {
        warnings += 1
        if result == .ok { result = .okWithWarnings }
        if self.failure == nil { self.failure = failure }
    }
}

extension Failure {
    var isInterruption: Bool { code == "INTERRUPTED" }

    fileprivate var asCheck: Failure { changed("CHECK_FAILED") }
    fileprivate var asStart: Failure { changed("START_FAILED") }

    private func changed(_ code: String) -> Failure {
        var failure = self
        failure.code = code
        return failure
    }
}

extension JobWork {
    /// The argument vector of the settings, to its end.
    package static let command = JobWork { context in
        let stages = JobStages(
            run: context.run, log: context.log, steering: context.steering, surroundings: context.surroundings)
        let failure = await stages.perform("command", context.settings.command, timeout: nil, isSteered: true)
        return failure.map { JobOutcome($0) } ?? JobOutcome(.ok)
    }
}
