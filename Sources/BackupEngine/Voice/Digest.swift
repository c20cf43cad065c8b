package import BackupModel

/// The daily report as text: sent when all is well too, so that its absence says something.
package struct Digest: Sendable {
    package var state: EngineState
    /// Runs that ended since the last report, newest first.
    package var runs: [JobRun]
    package var since: WallTime
    package var now: WallTime

    package init(state: EngineState, runs: [JobRun], since: WallTime, now: WallTime) {
        self.state = state
        self.runs = runs
        self.since = since
        self.now = now
    }

    /// What is not as it should be, in one word for the subject.
    package var severity: Severity {
        let late = state.sets.contains { $0.isLate(at: now) }
        if late || runs.contains(where: { $0.result == .failed })
            || state.alerts.contains(where: { $0.severity == .error })
        {
            return .error
        }
        let isOpen = !state.requests.isEmpty || !state.alerts.isEmpty || !notRun.isEmpty || state.delivery.waiting > 0
        return isOpen || state.hold.holdsJobs ? .warn : .info
    }

    package func subject(day: String) -> String {
        let late = state.sets.count { $0.isLate(at: now) }
        let bad = runs.count { $0.result == .failed || $0.result == .interrupted }
        let open = state.requests.count(where: \.isOpen)
        var words: [String] = []
        if late > 0 { words.append("\(late) of \(state.sets.count) sets late") }
        if bad > 0 { words.append("\(bad) runs not well") }
        if !notRun.isEmpty { words.append("\(notRun.count) jobs did not run") }
        if open > 0 { words.append("\(open) requests open") }
        if !state.alerts.isEmpty { words.append("\(state.alerts.count) alerts") }
        return "[\(state.host)] daily report \(day): " + (words.isEmpty ? "all well" : words.joined(separator: ", "))
    }

    package var body: String {
        sections.map { title, lines in
            "\(title)\n" + (lines.isEmpty ? "  none\n" : lines.map { "  \($0)\n" }.joined())
        }.joined(separator: "\n")
    }

    /// Jobs that wanted to run and did not: held, waiting, or their time has passed.
    private var notRun: [JobState] {
        let ran = Set(runs.map(\.job))
        return state.jobs.filter { job in
            guard job.isEnabled, !job.phase.isActive else { return false }
            if case .queued = job.phase { return true }
            return !ran.contains(job.name) && (job.nextAt.map { $0 < now.adding(seconds: -300) } ?? false)
        }
    }

    private var sections: [(String, [String])] {
        [
            ("SETS (age of the newest verified copy)", bounded(state.sets.map(line))),
            ("RAN since \(since.iso8601())", bounded(runs.filter { $0.result != .skipped }.map(line))),
            ("DID NOT RUN", bounded(notRun.map(line) + runs.filter { $0.result == .skipped }.map(line) + held)),
            ("OPEN REQUESTS", bounded(state.requests.filter(\.isOpen).map(line))),
            ("OPEN ALERTS", bounded(state.alerts.map(line))),
            ("NEEDED in the next 24 hours", bounded(needed)),
            ("NOT DELIVERED", undelivered),
        ] + (media.isEmpty ? [] : [("TAPES to look at", bounded(media))])
    }

    private func line(_ set: RecoverySetState) -> String {
        let age = set.newestVerifiedAt.map { Quantity.duration(now.seconds(since: $0)) } ?? "never"
        let goal = set.goal.map { ", goal \(Quantity.duration($0))" } ?? ", no goal"
        let mark = set.isLate(at: now) ? "LATE " : "ok   "
        return mark + printable(set.name.utf8) + ": \(age)\(goal)"
            + (set.evidence.isEmpty ? "" : ", \(printable(set.evidence.utf8))")
    }

    private func line(_ run: JobRun) -> String {
        let result = run.result?.rawValue.replacing("_", with: " ") ?? "running"
        let time = run.seconds.map { " in \(Quantity.duration($0))" } ?? ""
        let done = run.done.count > 0 ? ", \(Quantity.count(run.done.count)) (\(Quantity.bytes(run.done.bytes)))" : ""
        let reason = run.failure.map { ": \($0.message)" } ?? ""
        return "\(run.startedAt.iso8601()) \(printable(run.job.utf8)) \(result)\(time)\(done)\(reason)"
    }

    private func line(_ job: JobState) -> String {
        let name = printable(job.name.utf8)
        if case .queued(let reason) = job.phase { return "\(name): waits, \(printable(reason.utf8))" }
        return "\(name): planned for \(job.nextAt?.iso8601() ?? "never")"
    }

    private var held: [String] {
        var lines: [String] = []
        if let until = state.hold.maintenanceUntil { lines.append("all jobs are held until \(until.iso8601())") }
        if state.hold.isDraining { lines.append("the engine is draining: nothing begins") }
        if let why = state.hold.stopFile { lines.append("the stop file forbids all work: \(printable(why.utf8))") }
        if let jump = state.hold.clockFrozen { lines.append("nothing is deleted, the clock jumped: \(jump)") }
        let off = state.jobs.filter { !$0.isEnabled }.map { printable($0.name.utf8) }
        if !off.isEmpty { lines.append("disabled: " + off.joined(separator: ", ")) }
        return lines
    }

    private func line(_ request: Request) -> String {
        let age = Quantity.duration(now.seconds(since: request.raisedAt))
        let until = request.deadline.map { ", until \($0.iso8601())" } ?? ""
        return "#\(request.number) \(printable(request.what.utf8)) (open for \(age)\(until))"
    }

    private func line(_ alert: Alert) -> String {
        let seen = alert.acknowledgement.map { ", seen by \(printable($0.by.user.utf8))" } ?? ""
        return "\(alert.severity.word) \(printable(alert.subject.utf8)): \(alert.failure.message)\(seen)"
    }

    /// Volumes that are asked for, and what the planned starts need.
    private var needed: [String] {
        let asked = state.requests.filter { $0.isOpen && ($0.kind == .attachVolume || $0.kind == .changeTape) }.map {
            "now: \(printable($0.what.utf8))" + ($0.place.isEmpty ? "" : ", last seen \(printable($0.place.utf8))")
        }
        let day = now.adding(seconds: 86_400)
        let planned = state.firings.filter { $0.at >= now && $0.at <= day }.compactMap { firing -> String? in
            guard let job = state.jobs.first(where: { $0.name == firing.job }), !job.resources.isEmpty else {
                return nil
            }
            return "\(firing.at.iso8601()) \(printable(job.name.utf8)): "
                + job.resources.map { printable($0.utf8) }.joined(separator: ", ")
        }
        return asked + (state.tape?.needs ?? []) + planned
    }

    /// Cartridges that somebody should look at: write-protected in a drive, worn, faulty.
    private var media: [String] {
        guard let tape = state.tape else { return [] }
        let shut = tape.drives.compactMap { drive -> String? in
            guard let medium = drive.medium, medium.isWriteProtected else { return nil }
            let name = medium.label.isEmpty ? medium.barcode : medium.label
            return "\(printable(name.utf8)) in drive \(printable(drive.name.utf8)) is write-protected"
        }
        let bad = tape.volumes.filter { $0.volume.isWorn || $0.volume.state == .error }.map { row in
            "\(row.volume.name) \(row.volume.isWorn ? "is worn" : "has errors"): copy what is on it and retire it"
        }
        return shut + bad
    }

    private var undelivered: [String] {
        guard state.delivery.waiting > 0 else { return [] }
        return ["\(state.delivery.waiting) messages wait: \(state.delivery.lastProblem)"]
    }

    private func bounded(_ lines: [String]) -> [String] {
        lines.count > 60 ? lines.prefix(60) + ["and \(lines.count - 60) more"] : lines
    }
}
