package import BackupModel

/// The engine's state and its events as lines, for screen readers, serial lines and cron: no cursor moves, seven-bit
/// marks, foreign text made safe, one fact a line.
package struct PlainText: Sendable {
    /// Seconds east of UTC at a time; nil shows UTC.
    package var utcOffset: (@Sendable (WallTime) -> Int)?
    /// Cells after which a line is cut.
    package var width: Int

    package init(utcOffset: (@Sendable (WallTime) -> Int)? = nil, width: Int = 200) {
        self.utcOffset = utcOffset
        self.width = max(20, width)
    }

    /// How everything stands: a head line, then mirrors, jobs, goals, alerts and open requests.
    package func status(_ state: EngineState, now: WallTime, standing: LinkStanding? = nil) -> [String] {
        let clock = clock(now)
        var lines = [head(state, clock, standing)]
        lines += state.hold.words(clock).map { "!! " + $0 }
        lines += state.copies.map { mirror($0, clock) }
        lines += tapes(state)
        lines += state.jobs.map { job($0, clock) }
        lines += state.sets.worstFirst(now).map { set in
            let mark = set.isLate(at: now) ? "!!" : "ok"
            return "\(SafeText(mark)) set \(SafeText(brief: set.name)): " + set.ageWords(now)
        }
        lines += state.alerts.map { alert($0, clock) }
        let open = state.requests.filter(\.isOpen)
        lines += open.map {
            let what = $0.kind == .changeTape ? $0.headline : SafeText(brief: $0.what)
            return "!! request #\($0.number), \($0.waitingWords(now)): " + what
        }
        if open.isEmpty { lines.append("ok nothing waits for an answer") }
        return lines.map(cut)
    }

    /// `14:02:51 WARN copy: blob ...`
    package func event(_ event: Event, now: WallTime) -> String {
        let clock = clock(now)
        return cut(
            "\(clock.second(event.at)) \(event.severity.word) \(SafeText(brief: event.component)): " + event.line)
    }

    /// A request with all it takes, and how it is answered by typing.
    package func request(_ request: Request, now: WallTime) -> [String] {
        let clock = clock(now)
        var lines: [SafeText] = [
            "!! request #\(request.number), \(request.kind.word), \(request.waitingWords(now))",
            "   what     " + (request.kind == .changeTape ? request.headline : SafeText(brief: request.what)),
        ]
        if !request.jobs.isEmpty {
            lines.append("   jobs     " + SafeText(brief: request.jobs.joined(separator: ", ")))
        }
        if !request.why.isEmpty { lines.append("   why      " + SafeText(brief: request.why)) }
        if !request.place.isEmpty { lines.append("   where    " + SafeText(brief: request.place)) }
        lines += request.candidates.prefix(12).map { "   found    " + SafeText(brief: $0) }
        if let claim = request.claim, claim.until > now {
            lines.append("   claimed  \(claim.by.words), until \(clock.minute(claim.until))")
        }
        lines += request.answers.map { answer in
            "   type     answer \(request.number) \(SafeText(brief: answer.word))"
                + (answer.meaning.isEmpty ? "" : ": " + SafeText(brief: answer.meaning))
        }
        lines.append("   or       claim \(request.number), postpone \(request.number) 15m")
        return lines.map(cut)
    }

    func clock(_ now: WallTime) -> Clock { Clock(now: now, offset: utcOffset) }

    func cut(_ text: SafeText) -> String { text.prefix(cells: width).plain }

    private func head(_ state: EngineState, _ clock: Clock, _ standing: LinkStanding?) -> SafeText {
        let access: SafeText
        switch standing {
        case .attached(_, let isReadOnly)?: access = isReadOnly ? ", read-only" : ""
        case .away(let since, _)?: access = ", ENGINE AWAY since \(clock.second(since)), this is old data"
        case .refused?: access = ", the engine refuses this console"
        case nil: access = ""
        }
        let working = state.jobs.count(where: \.phase.isActive)
        return
            "== \(clock.full(clock.now)) \(SafeText(brief: state.host)): \(working) of \(state.jobs.count) jobs at work, "
            + "\(state.requests.count(where: \.isOpen)) requests, \(state.alerts.count) alerts" + access
    }

    private func mirror(_ copy: CopyState, _ clock: Clock) -> SafeText {
        var words: SafeText = copy.mark.text + " mirror " + SafeText(brief: copy.name) + ": \(copy.stage)"
        words += ", \(percent(copy.fraction)), \(pair(copy.safe.bytes, of: copy.progress.total.bytes))"
        if copy.movesBytes { words += ", \(Quantity.rate(copy.rates.now)), ends \(clock.long(copy.eta))" }
        return copy.trouble == "-" ? words : words + ", " + SafeText(brief: copy.trouble)
    }

    /// A line for each drive, and one for the volumes.
    private func tapes(_ state: EngineState) -> [SafeText] {
        guard let tape = state.tape, !tape.isEmpty else { return [] }
        let drives = tape.drives.map { drive -> SafeText in
            var words = drive.standing.mark.text + " tape " + SafeText(brief: drive.name) + ": " + drive.summary
            if drive.holdsAfterTape { words += ", holds after this tape" }
            return drive.alerts.isEmpty ? words : words + ", " + SafeText(brief: drive.alerts[0])
        }
        let robots = tape.libraries.filter { !$0.trouble.isEmpty }.map {
            "!! library " + SafeText(brief: $0.name) + ": " + SafeText(brief: $0.trouble)
        }
        return drives + robots + [(tape.tally.scratch == 0 ? "!! " : "ok ") + "volumes: " + tape.tally.words]
    }

    private func job(_ job: JobState, _ clock: Clock) -> SafeText {
        var words: SafeText = job.mark.text + " job " + SafeText(brief: job.name) + ": " + job.stage
        if let run = job.current { words += ", since \(clock.minute(run.startedAt))" }
        if let next = job.nextAt { words += ", next \(clock.minute(next))" }
        return words
    }

    private func alert(_ alert: Alert, _ clock: Clock) -> SafeText {
        let mark = alert.isLoud(at: clock.now) ? alert.severity.alertMark.text : "--"
        let standing = alert.standing(clock)
        let tail: SafeText = standing.cells > 1 ? " (" + standing + ")" : ""
        return mark + " alert \(alert.id), \(alert.severity.word), \(clock.minute(alert.raisedAt)), "
            + alert.words + tail
    }
}
