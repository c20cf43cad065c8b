import BackupModel

/// All jobs, their lanes round now, and the one under the cursor with its past runs.
extension Painter {
    mutating func drawJobs(_ state: EngineState) {
        if layout.sizeClass == .mini, !model.isZoomed { return drawJobLines(in: layout.content) }
        drawJobTable(state)
        drawLanes()
        drawJobDetail()
        drawHistory()
    }

    private mutating func drawJobTable(_ state: EngineState) {
        let jobs = model.shownJobs
        let filter: SafeText = model.jobFilter.isEmpty ? "" : "/\(model.jobFilter)  "
        let title: SafeText =
            state.jobs.isEmpty
            ? "Jobs" : "Jobs, \(state.jobs.count(where: \.phase.isActive)) of \(state.jobs.count) at work"
        let note = filter + counter(model.jobs.index(in: jobs.map(\.name)), of: jobs.count)
        guard let inside = frame(.jobs, title, right: note) else { return }
        guard !jobs.isEmpty else { return sentence(noJobs(state), in: inside) }
        let isWide = layout.sizeClass == .wide
        let clock = clock
        let glyphs = drawing.glyphs
        table(
            .jobs, in: inside, columns: isWide ? Self.wideJobColumns(model.jobSort) : Self.jobColumns(model.jobSort),
            ids: jobs.map(\.name), position: model.jobs
        ) { isWide ? jobs[$0].wideCells(clock, glyphs) : jobs[$0].cells(clock) }
    }

    private func noJobs(_ state: EngineState) -> SafeText {
        state.jobs.isEmpty
            ? "No jobs yet. Name one in the settings as [job.NAME], or: holdfast job create NAME"
            : "No job's name holds that text. Esc shows all."
    }

    private static func jobColumns(_ sort: JobSort) -> [TableColumn] {
        [
            TableColumn(" ST", minimum: 3, priority: 9, isSorted: sort == .state),
            TableColumn("JOB", minimum: 10, flex: 2, ellipsis: .middle, priority: 8, isSorted: sort == .name),
            TableColumn("STATE, LAST RESULT", minimum: 14, flex: 3, priority: 7),
            TableColumn("LAST RUN", minimum: 11, priority: 4),
            TableColumn("TOOK", minimum: 7, align: .right, priority: 3),
            TableColumn("NEXT", minimum: 11, priority: 6, isSorted: sort == .next),
        ]
    }

    private static func wideJobColumns(_ sort: JobSort) -> [TableColumn] {
        [
            TableColumn(" ST", minimum: 3, priority: 9, isSorted: sort == .state),
            TableColumn("JOB", minimum: 14, flex: 2, ellipsis: .middle, priority: 8, isSorted: sort == .name),
            TableColumn("KIND", minimum: 13, priority: 2),
            TableColumn("STATE, LAST RESULT", minimum: 22, flex: 4, priority: 7),
            TableColumn("LAST RUN", minimum: 11, priority: 4),
            TableColumn("TOOK", minimum: 7, align: .right, priority: 3),
            TableColumn("USUAL", minimum: 6, align: .right, priority: 3),
            TableColumn("TREND", minimum: 10, priority: 1), TableColumn("SAFE", minimum: 9, align: .right, priority: 2),
            TableColumn("TREND", minimum: 10, priority: 1),
            TableColumn("NEXT", minimum: 11, priority: 6, isSorted: sort == .next),
            TableColumn("SCHEDULE", minimum: 14, flex: 2, priority: 2),
        ]
    }

    private mutating func drawJobDetail() {
        guard let job = model.job else {
            if let inside = frame(.jobDetail, "Job") {
                sentence("Its chain and its last run will stand here.", in: inside)
            }
            return
        }
        let name = SafeText(brief: job.name).prefix(cells: 40, ellipsis: .middle)
        guard let inside = frame(.jobDetail, name + "  \(job.kind.rawValue)") else { return }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        let lines = model.jobLines(job, width: body.width, glyphs: drawing.glyphs)
        for (row, text) in lines.prefix(body.height).enumerated() { line(text, in: body.row(row), gap: 0) }
        if model.focusedPane == .jobDetail { park(x: body.x, y: body.y) }
    }

    private mutating func drawHistory() {
        let history = model.history
        let index = history.position.index(in: history.ids)
        let more = history.reachedEnd || history.runs.isEmpty ? "" : "+"
        let name = SafeText(brief: history.job).prefix(cells: 30, ellipsis: .middle)
        guard
            let inside = frame(
                .history, "Runs of " + name, right: counter(index, of: history.runs.count) + SafeText(more))
        else {
            return
        }
        guard !history.runs.isEmpty else {
            let isRefused = !model.refusedQueries.isEmpty
            return sentence(
                history.wasAnswered
                    ? "It has not ended a run yet." : isRefused ? "They could not be read." : "Asking for them.",
                in: inside)
        }
        let clock = clock
        table(
            .history, in: inside,
            columns: [
                TableColumn("BEGUN", minimum: 11, priority: 8), TableColumn("RESULT", minimum: 11, priority: 9),
                TableColumn("TOOK", minimum: 6, align: .right, priority: 6),
                TableColumn("SAFE", minimum: 9, align: .right, priority: 5),
                TableColumn("WHY", minimum: 8, priority: 3), TableColumn("TRY", minimum: 3, align: .right, priority: 2),
                TableColumn("TROUBLE", minimum: 12, flex: 1, priority: 7),
            ], ids: history.ids, position: history.position
        ) { history.runs[$0].cells(clock) }
    }

    /// One line a job, for the smallest screens.
    mutating func drawJobLines(in rect: Rect) {
        let jobs = model.shownJobs
        guard !jobs.isEmpty else {
            return model.shown.map { sentence(noJobs($0), in: rect) } ?? ()
        }
        let names = jobs.map(\.name)
        let first = model.jobs.firstRow(in: names, height: rect.height)
        for (offset, job) in jobs.dropFirst(first).prefix(rect.height).enumerated() {
            let row = rect.row(offset)
            let tail = job.shortStage(clock)
            let name = SafeText(brief: job.name).prefix(cells: max(4, row.width / 2 - 5), ellipsis: .middle)
            grid.put(job.mark.text, x: row.x + 1, y: row.y, role: job.mark.role)
            grid.put(name, x: row.x + 4, y: row.y, role: .textNormal)
            let x = row.x + 5 + max(name.cells, row.width / 3)
            grid.put(tail, x: x, y: row.y, role: job.stageRole, maxWidth: row.maxX - x)
            guard model.jobs.index(in: names) == first + offset, model.screen == .jobs else { continue }
            grid.put(">", x: row.x, y: row.y, role: .listCursor)
            grid.mark(row, role: .listCursor)
            park(x: row.x, y: row.y)
        }
    }
}

extension JobState {
    /// When it runs next, unless something else matters more.
    fileprivate func shortStage(_ clock: Clock) -> SafeText {
        let isWell = lastRun?.result == nil || lastRun?.result == .ok
        guard phase == .idle, isEnabled, isWell, let nextAt else { return stage }
        return "next \(clock.minute(nextAt))"
    }

    fileprivate func cells(_ clock: Clock) -> [TableCell] {
        let run = current ?? lastRun
        return [
            TableCell(" " + mark.text, role: mark.role), TableCell(SafeText(brief: name)),
            TableCell(stage, role: stageRole),
            TableCell(SafeText(run.map { clock.minute($0.startedAt) } ?? "-"), role: .logTime),
            TableCell(SafeText(took(clock.now))), nextCell(clock),
        ]
    }

    fileprivate func wideCells(_ clock: Clock, _ glyphs: GlyphSet) -> [TableCell] {
        let run = current ?? lastRun
        return [
            TableCell(" " + mark.text, role: mark.role), TableCell(SafeText(brief: name)),
            TableCell(SafeText(kind.rawValue), role: .textDim), TableCell(stage, role: stageRole),
            TableCell(SafeText(run.map { clock.minute($0.startedAt) } ?? "-"), role: .logTime),
            TableCell(SafeText(took(clock.now))), TableCell(SafeText(expectedSeconds.map(Quantity.duration) ?? "-")),
            TableCell(sparkline(durations, glyphs: glyphs, limit: 10), role: .graphLine),
            TableCell(SafeText(sizes.last.map(Quantity.bytes) ?? "-")),
            TableCell(sparkline(sizes.map(Double.init), glyphs: glyphs, limit: 10), role: .graphLine),
            nextCell(clock), TableCell(schedule.isEmpty ? "-" : SafeText(brief: schedule), role: .textDim),
        ]
    }

    private func nextCell(_ clock: Clock) -> TableCell {
        guard isEnabled else { return TableCell("disabled", role: .stateDisabled) }
        return TableCell(SafeText(nextAt.map(clock.minute) ?? "-"), role: .statePlanned)
    }
}

extension JobRun {
    fileprivate func cells(_ clock: Clock) -> [TableCell] {
        [
            TableCell(SafeText(clock.minute(startedAt)), role: .logTime),
            TableCell(result?.capitals ?? "running", role: result?.mark.role ?? .stateRunning),
            TableCell(SafeText(seconds.map(Quantity.duration) ?? "-")),
            TableCell(done.count == 0 && done.bytes == 0 ? "-" : SafeText(Quantity.bytes(done.bytes))),
            TableCell(SafeText(trigger.word), role: .textDim),
            TableCell(SafeText(String(attempt)), role: attempt > 1 ? .stateWarn : .textDim),
            TableCell(
                failure?.words ?? (warnings > 0 ? "\(Quantity.count(warnings)) warnings" : ""),
                role: failure == nil ? .stateWarn : .stateFailed),
        ]
    }
}
