import BackupCatalog
package import BackupModel
import Glibc
import WorkerKit

/// What keeps jobs from starting, and start commands that are owed.
extension JobDesk {
    // MARK: Holds

    /// Changes what holds the jobs, durably; the stop file is a file and needs no memory.
    func hold(_ change: (inout HoldState) -> Void) throws(Failure) {
        var hold = book.hold
        change(&hold)
        guard hold != book.hold else { return }
        try step(.held(hold), facts: hold.facts)
    }

    package func maintenance(until: WallTime?) throws(Failure) -> String {
        if let until, until <= setting.time.wall() {
            throw .jobRefused("TIME_PAST", "that time is over already", "Give a time to come.")
        }
        try hold { $0.maintenanceUntil = until }
        guard let until else { return "maintenance ended" }
        return "jobs are held and alerts muted until \(until.iso8601())"
    }

    package func drain(_ isOn: Bool) throws(Failure) -> String {
        try hold { $0.isDraining = isOn }
        return isOn ? "draining: what runs ends, nothing begins" : "jobs may begin again"
    }

    func lookForMaintenanceEnd() {
        guard let until = book.hold.maintenanceUntil, until <= setting.time.wall() else { return }
        guard (try? hold { $0.maintenanceUntil = nil }) != nil else { return }
        note(.info, "MAINTENANCE_ENDED", "", "maintenance is over: jobs may begin")
    }

    /// The file STOP in the state folder; its first line says why (B32). What cannot be looked at changes nothing.
    func lookForStopFile() {
        let files = LinuxFiles(side: .engine)
        guard let root = try? files.openRoot(PathBytes(setting.stateFolder)) else { return }
        defer { try? files.close(root) }
        let why: String?
        do throws(FileError) {
            let text = try files.withFile("STOP", beneath: root, .read) { file throws(FileError) in
                try files.readAll(file, limit: 64 << 10)
            }
            why = printable(text.split(separator: 10).first?.prefix(200) ?? [])
        } catch {
            // There, but unreadable: it still forbids.
            why = error.errno == ENOENT ? nil : ""
        }
        guard why != book.hold.stopFile else { return }
        var hold = book.hold
        hold.stopFile = why
        guard (try? step(.held(hold))) != nil else { return }
        let words = why.map { "the stop file forbids all work" + ($0.isEmpty ? "" : ": \($0)") }
        note(why == nil ? .info : .warn, why == nil ? "STOP_LIFTED" : "STOP_FILE", "", words ?? "the stop file is gone")
    }

    /// Why nothing may begin now, for what begins beside the jobs; nil: it may.
    package var obstacle: Failure? {
        lookForStopFile()
        if let why = book.hold.stopFile { return .stopped(why) }
        guard book.hold.isDraining else { return nil }
        return .jobRefused("DRAINING", "the engine drains: nothing begins", "holdfast engine drain --off")
    }

    // MARK: Owed starts

    /// Start commands whose stop command began in an engine that died, or that failed.
    func runOwedStarts() {
        let now = JobDesk.moment(setting.time).seconds
        for name in book.names {
            guard let card = book.cards[name], card.active == nil, let owed = card.memory.owedStart,
                now - owedTriedAt[name, default: -.infinity] >= JobDesk.owedPause
            else { continue }
            owedTriedAt[name] = .infinity
            note(.warn, "START_OWED", name, "its start command runs now: the run \(owed.run) did not")
            Task { [setting] in
                var command = ChildCommand(
                    owed.command, environment: JobStages.environment(name, setting.surroundings), timeout: owed.timeout,
                    run: owed.run.text)
                command.patience = 5
                let failure: Failure?
                do throws(Failure) {
                    let result = try await command.run()
                    failure = result.isSuccess ? nil : .jobRefused("START_FAILED", "its start command failed", "")
                } catch { failure = error }
                self.startRan(name, failure, at: Double(setting.time.monotonic()) / 1e9)
            }
        }
    }

    private func startRan(_ name: String, _ failure: Failure?, at now: Double) {
        owedTriedAt[name] = now
        if let failure { return note(.error, "START_FAILED", name, failure.message, failure) }
        guard (try? step(.owesStart(name, nil))) != nil else { return }
        owedTriedAt[name] = nil
        note(.info, "START_DONE", name, "its start command ended well")
    }

    /// Seconds between tries of a start command that fails.
    private static let owedPause = 300.0

    // MARK: Words

    func note(_ severity: Severity, _ code: String, _ job: String, _ message: String, _ failure: Failure? = nil) {
        setting.events(
            Event(
                at: setting.time.wall(), severity: severity, component: "jobs", code: code, job: job,
                message: message, failure: failure))
    }

    func tellOverlap(_ name: String, _ at: WallTime, _ count: Int) {
        let words =
            "the start of \(at.iso8601()) was left out: the run before goes on"
            + (count > 1 ? " (\(count) in a row)" : "")
        note(count >= JobDesk.alarmingOverlaps ? .error : .warn, "SKIPPED_OVERLAP", name, words)
    }

    /// C8: an alarm at the third in a row.
    private static let alarmingOverlaps = 3
}

extension HoldState {
    /// As the catalog keeps it.
    var facts: [String: String?] {
        [
            "maintenance_until": maintenanceUntil.map { "\($0.milliseconds)" },
            "draining": isDraining ? "1" : nil, "clock_frozen": clockFrozen,
        ]
    }

    init(facts: [String: String]) {
        self.init()
        maintenanceUntil = facts["maintenance_until"].flatMap { Int64($0) }.map { WallTime(milliseconds: $0) }
        isDraining = facts["draining"] != nil
        clockFrozen = facts["clock_frozen"]
    }
}
