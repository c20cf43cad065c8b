import BackupCatalog
import BackupModel

/// Runs that people begin without a job of the settings: they have a log and a place in the history like any other.
extension JobDesk {
    func beginByHand(_ run: JobRun) throws(Failure) -> RunLog {
        var change = JobChange()
        change.opened = [run]
        try setting.store.keep(change)
        note(.info, "RUN_BEGUN", run.job, "\(run.kind.rawValue) \(run.run) began by hand")
        let log = setting.logs.begin(run.run)
        log.line("run", "\(run.job) (\(run.kind.rawValue))")
        return log
    }

    func endByHand(_ run: JobRun, _ log: RunLog) {
        let words = run.failure.map { ": " + $0.message } ?? ""
        let result = run.result ?? .failed
        log.line("run", "ended \(result.rawValue)\(words)")
        log.close()
        var change = JobChange()
        change.closed = [run]
        do throws(Failure) { try setting.store.keep(change) } catch {
            note(.error, "JOB_UNKEPT", run.job, "the end of run \(run.run) cannot be written", error)
        }
        note(
            result == .failed ? .error : result == .ok ? .info : .warn, "RUN_OVER", run.job,
            "run \(run.run) ended: \(result.rawValue.replacing("_", with: " "))\(words)")
    }
}
