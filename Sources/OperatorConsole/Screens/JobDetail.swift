import BackupModel

extension Model {
    /// What there is to say about one job, as lines of words.
    func jobLines(_ job: JobState, width: Int, glyphs: GlyphSet) -> [[Span]] {
        var lines = DetailText(width: max(12, width), clock: clock)
        lines.add("state", job.isEnabled || job.phase != .idle ? job.stage : "disabled", job.stageRole)
        if let run = job.current {
            lines.add(
                "now",
                "\(run.trigger.word), try \(run.attempt), since \(clock.second(run.startedAt)), \(run.done.words)")
        }
        for drive in (shown?.tape?.drives ?? []).filter({ $0.job == job.name }).prefix(2) {
            lines.add("tape", drive.summary, drive.standing.mark.role)
        }
        if !job.schedule.isEmpty || job.nextAt != nil { lines.add("next", nextWords(job)) }
        for firing in (shown?.firings ?? []).filter({ $0.job == job.name && !$0.conflict.isEmpty }).prefix(2) {
            lines.add("clash", "\(clock.minute(firing.at)) with \(SafeText(brief: firing.conflict))", .severityAction)
        }
        if !job.after.isEmpty { lines.add("after", SafeText(brief: job.after.joined(separator: ", "))) }
        let followers = (shown?.jobs ?? []).filter { $0.after.contains(job.name) }.map(\.name)
        if !followers.isEmpty { lines.add("then", SafeText(brief: followers.joined(separator: ", "))) }
        if !job.resources.isEmpty { lines.add("needs", SafeText(brief: job.resources.joined(separator: ", "))) }
        addLastRun(job, to: &lines)
        addTrends(job, glyphs: glyphs, to: &lines)
        for set in (shown?.sets ?? []).filter({ $0.jobs.contains(job.name) }).prefix(3) {
            let role: StyleRole = set.isLate(at: now) ? .ageLate : .ageOK
            lines.add("goal", SafeText(brief: set.name).prefix(cells: 24) + ": " + set.ageWords(now), role)
        }
        return lines.lines
    }

    private func nextWords(_ job: JobState) -> SafeText {
        var words: SafeText = ""
        if let next = job.nextAt {
            words = "\(clock.minute(next)), in \(Quantity.duration(next.seconds(since: now)))"
            if let usual = job.expectedSeconds { words += ", takes about \(Quantity.duration(usual))" }
        }
        guard !job.schedule.isEmpty else { return words }
        return words + (words.isEmpty ? "" : "  ") + "(" + SafeText(brief: job.schedule) + ")"
    }

    private func addLastRun(_ job: JobState, to lines: inout DetailText) {
        guard let run = job.lastRun, let result = run.result else { return }
        let took = run.seconds.map { ", took " + Quantity.duration($0) } ?? ""
        lines.add(
            "last", "\(result.capitals) \(clock.second(run.startedAt))\(took), \(run.done.words)", result.mark.role)
        guard let failure = run.failure else { return }
        lines.add("reason", SafeText(failure.message), .stateFailed)
        lines.add("do", SafeText(failure.hint), .textStrong)
    }

    private func addTrends(_ job: JobState, glyphs: GlyphSet, to lines: inout DetailText) {
        if job.durations.count > 1, let last = job.durations.last {
            lines.add(
                "took", sparkline(job.durations, glyphs: glyphs, limit: 20) + "  last \(Quantity.duration(last))",
                .graphLine)
        }
        if job.sizes.count > 1, let last = job.sizes.last {
            let graph = sparkline(job.sizes.map(Double.init), glyphs: glyphs, limit: 20)
            lines.add("safe", graph + "  last \(Quantity.bytes(last))", .graphLine)
        }
    }
}
