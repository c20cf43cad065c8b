import BackupModel
import WorkerKit

/// Runs the commands of a job by argument vector, each with a time limit and in the run's log.
struct JobStages: Sendable {
    let run: JobRun
    let log: RunLog
    let steering: JobSteering
    /// Of the engine's environment, what may be passed on.
    var surroundings: [String: String] = [:]
    /// Seconds from SIGTERM to SIGKILL.
    var patience = 5.0

    /// Nil when it ended well. One that is not steered runs to its end whatever is wished meanwhile.
    func perform(
        _ stage: String, _ vector: [String], timeout: Double?, isSteered: Bool
    ) async -> Failure? {
        log.line(stage, "start " + vector.map { quoted($0) }.joined(separator: " "))
        // Without a limit of its own the run's limit rules.
        var command = ChildCommand(vector, environment: environment, timeout: timeout ?? 1e9, run: run.run.text)
        command.patience = patience
        let reins = ChildReins(), cutter = LineCutter(log, stage: stage)
        let failure = await steering.followed(by: { if isSteered { reins.take($0) } }) { () async -> Failure? in
            do throws(Failure) {
                let result = try await command.run(reins) { cutter.take(isError: $0, $1) }
                cutter.finish()
                return verdict(stage, vector, result, reins)
            } catch {
                return error
            }
        }
        log.line(stage, failure.map { "failed: " + $0.message } ?? "ended well")
        return failure
    }

    private func verdict(
        _ stage: String, _ vector: [String], _ result: ChildResult, _ reins: ChildReins
    ) -> Failure? {
        if reins.isStopped, !result.isSuccess {
            return Failure(code: "INTERRUPTED", side: .engine, message: "\(stage) was ended as asked")
        }
        guard !result.isSuccess else { return nil }
        let name = printable((vector.first ?? "").utf8)
        let how =
            switch result.end {
            case _ where result.timedOut: "took too long and was ended"
            case .exited(let status): "ended with status \(status)"
            case .signalled(let number): "was ended by signal \(number)"
            }
        // Cleaned before it is cut: half a secret would not be known any more.
        let last = result.errors.bytes.split(separator: 10).last.map {
            ": " + log.clean(printable($0.prefix(2000))).prefix(200)
        }
        return Failure(
            code: result.timedOut ? "COMMAND_TIMEOUT" : "COMMAND_FAILED", side: .engine,
            message: "\(stage) \(name) \(how)\(last ?? "")", operation: stage,
            hint: "Its words are in the run's log: holdfast job log \(run.run)")
    }

    private var environment: [String: String] { JobStages.environment(run.job, surroundings) }

    /// All that a job's program gets, beside `PATH`, `LANG` and `HOLDFAST_RUN`.
    static func environment(_ job: String, _ surroundings: [String: String]) -> [String: String] {
        surroundings.filter { passed.contains($0.key) }.merging(["HOLDFAST_JOB": job]) { $1 }
    }

    /// Whose programs they are, what time it is there and where they may write: nothing that holds a secret.
    private static let passed: Set<String> = ["HOME", "USER", "LOGNAME", "TZ", "TMPDIR"]

    /// Where one argument ends and the next begins; the log escapes what is in them.
    private func quoted(_ argument: String) -> String {
        argument.isEmpty || argument.contains(" ") ? "'\(argument)'" : argument
    }
}

extension ChildReins {
    func take(_ wish: JobSteering.Wish) {
        switch wish {
        case .cancel: stop()
        case .pause: pause(true)
        case .resume: pause(false)
        }
    }
}

/// Puts the run's facts into the arguments of a hook.
func filled(_ vector: [String], run: JobRun, result: JobResult?) -> [String] {
    vector.map { argument in
        var text = "", rest = Substring(argument)
        let facts = [("{job}", run.job), ("{run}", run.run.text), ("{result}", result?.rawValue ?? "")]
        // One pass, so that a job's name is never taken for a placeholder.
        while let open = rest.firstIndex(of: "{") {
            text += rest[..<open]
            rest = rest[open...]
            let fact = facts.first { rest.hasPrefix($0.0) }
            text += fact?.1 ?? "{"
            rest = rest.dropFirst(fact?.0.count ?? 1)
        }
        return text + rest
    }
}
