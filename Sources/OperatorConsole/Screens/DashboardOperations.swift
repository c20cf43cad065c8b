import BackupModel

/// How old the newest copies are, what comes next, what works and what waits.
extension Painter {
    mutating func drawOperations(_ state: EngineState) {
        drawSets(state)
        drawNext(state)
        drawActiveJobs(state)
        drawRequests(state)
    }

    private mutating func drawSets(_ state: EngineState) {
        let sets = state.sets.worstFirst(model.now)
        let late = sets.count { $0.isLate(at: model.now) }
        let note: SafeText = sets.isEmpty ? "" : late == 0 ? "none late" : "\(late) of \(sets.count) LATE"
        guard let inside = frame(.sets, "Newest verified copy", right: note) else { return }
        guard !sets.isEmpty else {
            return sentence("No goals yet. Name what matters as [set.NAME] with newest_verified_within.", in: inside)
        }
        let body = inside.inset(dx: 1)
        for (index, set) in sets.prefix(body.height).enumerated() {
            let row = body.row(index)
            let hidden = sets.count - body.height
            if hidden > 0, index == body.height - 1 {
                line([Span("and \(hidden + 1) more", .textDim)], in: row)
                break
            }
            drawSet(set, in: row)
        }
        if model.focusedPane == .sets { park(x: body.x, y: body.y) }
    }

    /// `31h !! db/orders     goal 26h LATE`: late is a word, not only a colour.
    private mutating func drawSet(_ set: RecoverySetState, in row: Rect) {
        let isLate = set.isLate(at: model.now)
        let role: StyleRole = isLate ? .ageLate : .ageOK
        let age = set.age(model.now).map(spanWord) ?? "none"
        let mark: StateMark = isLate ? .attention : set.goal == nil ? .queued : .ok
        let goal: SafeText = set.goal.map { "goal \(spanWord($0))" } ?? "no goal"
        let tail = isLate ? goal + " LATE" : goal
        grid.put(SafeText(age).padded(left: 4), x: row.x, y: row.y, role: role)
        grid.put(mark.text, x: row.x + 5, y: row.y, role: isLate ? .ageLate : mark.role)
        let room = row.width - 8 - tail.cells - 1
        guard room > 3 else { return }
        let name = SafeText(brief: set.name).prefix(cells: room, ellipsis: .middle)
        grid.put(name, x: row.x + 8, y: row.y, role: .textNormal)
        grid.put(tail, x: row.maxX - tail.cells, y: row.y, role: isLate ? .ageLate : .textDim)
    }

    private mutating func drawNext(_ state: EngineState) {
        let end = model.now.adding(seconds: 12 * 3600)
        let firings = state.firings.filter { $0.at <= end }
        guard let inside = frame(.next, "Next 12 h", right: "7") else { return }
        let body = inside.inset(dx: 1)
        var lines: [[Span]] = state.hold.words(clock).map { [Span($0, .stateWarn)] }
        for firing in firings.prefix(max(0, body.height)) {
            lines.append(spans(firing, width: body.width))
        }
        if firings.isEmpty { lines.append([Span("Nothing is planned.", .textDim)]) }
        for (row, spans) in lines.prefix(body.height).enumerated() { line(spans, in: body.row(row)) }
        if model.focusedPane == .next { park(x: body.x, y: body.y) }
    }

    /// `21:00 !! verify-weekly  ~2h  with nightly`
    private func spans(_ firing: Firing, width: Int) -> [Span] {
        let usual: SafeText = firing.expectedSeconds.map { "~\(spanWord($0))" } ?? ""
        let mark: SafeText = firing.conflict.isEmpty ? "  " : "!!"
        let time = SafeText(clock.minute(firing.at))
        let name = SafeText(brief: firing.job).prefix(cells: max(6, width - time.cells - 12), ellipsis: .middle)
        return [
            Span(time, .logTime), Span(mark + " " + name, firing.conflict.isEmpty ? .textNormal : .severityAction),
            Span(usual, .textDim),
            Span(firing.conflict.isEmpty ? "" : "with " + SafeText(brief: firing.conflict), .severityAction),
        ]
    }

    private mutating func drawActiveJobs(_ state: EngineState) {
        let jobs = state.jobs.filter { $0.phase != .idle }
        guard let inside = frame(.activeJobs, "Jobs at work, \(jobs.count(where: \.phase.isActive))", right: "7") else {
            return
        }
        guard !jobs.isEmpty else { return sentence("No job runs.", in: inside) }
        let body = inside.inset(dx: 1)
        for (index, job) in jobs.prefix(body.height).enumerated() { drawActive(job, in: body.row(index)) }
        if model.focusedPane == .activeJobs { park(x: body.x, y: body.y) }
    }

    private mutating func drawActive(_ job: JobState, in row: Rect) {
        grid.put(job.mark.text, x: row.x, y: row.y, role: job.mark.role)
        let name = SafeText(brief: job.name).prefix(cells: max(4, row.width / 2 - 3), ellipsis: .middle)
        grid.put(name, x: row.x + 3, y: row.y, role: .textNormal)
        let x = row.x + 4 + name.cells
        var words = job.stage
        if job.current != nil { words += " " + SafeText(job.took(model.now)) }
        grid.put(words, x: x, y: row.y, role: job.stageRole, maxWidth: max(0, row.maxX - x))
    }

    private mutating func drawRequests(_ state: EngineState) {
        let open = state.requests.filter(\.isOpen)
        guard let inside = frame(.requests, "Waits for you, \(open.count)", right: "!") else { return }
        guard !open.isEmpty else { return sentence("Nobody waits for an answer.", in: inside, role: .stateOK) }
        let body = inside.inset(dx: 1)
        for (index, request) in open.prefix(body.height).enumerated() {
            let waiting = SafeText(Quantity.duration(model.now.seconds(since: request.raisedAt)))
            let claim: SafeText =
                request.claim.map { "  " + SafeText(brief: $0.by.user).prefix(cells: 12) + " on the way" } ?? ""
            let room = body.width - waiting.cells - claim.cells - 1
            let text = ("#\(request.number) " + SafeText(brief: request.what)).prefix(cells: max(4, room))
            let row = body.row(index)
            grid.put(text, x: row.x, y: row.y, role: .severityAction, maxWidth: row.width)
            guard room > 4 else { continue }
            grid.put(waiting + claim, x: row.maxX - waiting.cells - claim.cells, y: row.y, role: .textNormal)
        }
        if model.focusedPane == .requests { park(x: body.x, y: body.y) }
    }

    /// After the mirrors of the smallest screens: jobs at work and late sets, as far as there is room.
    mutating func drawOperationLines(in rect: Rect) {
        guard let state = model.shown else { return }
        let late = state.sets.worstFirst(model.now).filter { $0.isLate(at: model.now) }
        let jobs = state.jobs.filter { $0.phase != .idle }
        for (index, set) in late.prefix(rect.height).enumerated() { drawSet(set, in: rect.row(index).inset(dx: 1)) }
        for (index, job) in jobs.prefix(max(0, rect.height - late.count)).enumerated() {
            drawActive(job, in: rect.row(late.count + index).inset(dx: 1))
        }
    }
}
