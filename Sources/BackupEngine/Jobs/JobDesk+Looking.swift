import BackupCatalog
package import BackupModel
import WorkerKit

/// What people see of the jobs.
extension JobDesk {
    /// Jobs, planned starts and holds of one moment.
    package struct Picture: Sendable {
        package var jobs: [JobState]
        package var firings: [Firing]
        package var hold: HoldState
        package var overlaps: [String: Int]
        package var lastGood: [JobRun]
    }

    package var picture: Picture {
        Picture(
            jobs: book.names.compactMap { state($0) }, firings: firings, hold: book.hold, overlaps: overlaps,
            lastGood: book.names.compactMap { lastGood[$0] })
    }

    private func state(_ name: String) -> JobState? {
        guard let card = book.cards[name] else { return nil }
        let now = setting.time.wall()
        var state = JobState(name: name, kind: card.settings.kind)
        state.phase = card.phase
        state.isEnabled = card.isEnabled
        state.schedule = card.settings.schedule ?? ""
        let next = card.isEnabled ? clerk.next(name, after: card.memory.handledAt, now: now) : nil
        state.nextAt = card.memory.skipsNext ? next.flatMap { clerk.following(name, $0) } : next
        state.after = card.settings.after
        state.priority = card.settings.priority
        state.resources = card.slots
        state.current = card.active?.record
        let runs = recents[name] ?? []
        state.lastRun = runs.last
        let done = runs.filter { $0.result != .skipped }.suffix(JobDesk.shownRuns)
        state.durations = done.compactMap(\.seconds)
        state.sizes = done.map(\.done.bytes)
        state.expectedSeconds = expected(name)
        return state
    }

    /// Seconds: the median of its last good runs.
    private func expected(_ name: String) -> Double? {
        let good = (recents[name] ?? []).filter { $0.result == .ok || $0.result == .okWithWarnings }
        let spans = good.suffix(JobDesk.shownRuns).compactMap(\.seconds).sorted()
        return spans.isEmpty ? nil : spans[spans.count / 2]
    }

    private static let shownRuns = 20

    func over(_ run: JobRun) {
        recents[run.job, default: []].append(run)
        if let count = recents[run.job]?.count, count > 60 { recents[run.job]?.removeFirst(count - 60) }
        let words = run.failure.map { ": " + $0.message } ?? ""
        switch run.result ?? .failed {
        case .ok, .okWithWarnings:
            let span = run.seconds.map { " in \(Quantity.duration($0))" } ?? ""
            note(
                run.result == .ok ? .info : .warn, "JOB_OK", run.job,
                "run \(run.run) ended \(run.result == .ok ? "well" : "with warnings")\(span)\(words)")
        // Without the failure itself: the alert is raised from the state.
        case .failed: note(.error, "JOB_FAILED", run.job, "run \(run.run) failed\(words)")
        case .interrupted: note(.warn, "JOB_INTERRUPTED", run.job, "run \(run.run) was interrupted\(words)")
        case .skipped: note(.info, "JOB_SKIPPED", run.job, "left out\(words)")
        }
        if run.result == .ok {
            lastGood[run.job] = run
            bearWitness(run)
        }
        setting.ended(run)
        prune()
    }

    /// Old logs go when a run has ended, one in twenty times, for it lists the folder.
    private func prune() {
        guard setting.time.random() % 20 == 0 else { return }
        let alive = Set(book.names.compactMap { book.cards[$0]?.active?.record.run })
        setting.logs.prune(setting.retention, sparing: alive)
    }

    /// Reads a job's newest runs.
    func recall(_ name: String) {
        recents[name] = (try? setting.store.runs(of: name, before: nil, limit: 60))?.reversed() ?? []
        lastGood[name] = try? setting.store.newestGood(of: name)
    }

    /// Starts left out in a row, by job (C8).
    var overlaps: [String: Int] {
        Dictionary(book.names.map { ($0, book.cards[$0]?.memory.overlaps ?? 0) }) { $1 }.filter { $1 > 0 }
    }

    // MARK: Planned starts

    func refreshFirings() {
        let now = JobDesk.moment(setting.time)
        guard now.seconds - firingsAt >= 60 || firings.first.map({ $0.at <= now.wall }) == true else { return }
        firingsAt = now.seconds
        let fresh = planned(days: 1, limit: 100)
        guard fresh != firings else { return }
        firings = fresh
        setting.changed()
    }

    package func planned(days: Int, limit: Int) -> [Firing] {
        let now = setting.time.wall()
        var spans: [String: Double] = [:]
        for name in book.names { spans[name] = expected(name) }
        return clerk.firings(
            book, from: now, until: now.adding(seconds: Double(max(0, min(days, 400))) * 86_400), limit: limit,
            expected: spans)
    }

    // MARK: Pages

    package func runs(of job: String?, before: WallTime?, limit: Int) throws(Failure) -> [JobRun] {
        try setting.store.runs(of: job, before: before, limit: limit)
    }

    package func log(_ run: RunID, from offset: Int64) throws(Failure) -> JobLogPage {
        guard let record = try setting.store.run(run) else {
            throw .jobRefused("RUN_UNKNOWN", "no run has the id \(run)", "holdfast job history shows them.")
        }
        // Judged before its lines are read, so that none can follow the last page.
        let isOver = record.result != nil
        return try setting.logs.page(run, from: offset, isOver: isOver)
    }

    // MARK: Settings

    /// Takes new settings; runs in progress keep theirs (J10).
    package func reload(
        _ jobs: [JobSettings], works: [JobKind: JobWork], atOnce: Int, retention: RunLogRetention
    ) throws(Failure) {
        setting.works = works
        setting.retention = retention
        clerk.take(jobs)
        try step(.settings(jobs, slots: JobDesk.slots(jobs, works), atOnce: atOnce))
        firingsAt = -.infinity
        refreshFirings()
        for name in book.names where recents[name] == nil { recall(name) }
    }
}
