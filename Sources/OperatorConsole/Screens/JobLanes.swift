import BackupModel

/// One day round now as columns: six hours back, eighteen ahead.
struct LaneAxis {
    let now: WallTime
    let width: Int

    static let back = 6.0 * 3600
    static let span = 24.0 * 3600

    /// The column of a time; outside of 0 to `width` where the time is not on the axis.
    func column(_ time: WallTime) -> Int {
        let place = (time.seconds(since: now) + LaneAxis.back) / LaneAxis.span * Double(width)
        return Int(min(max(-1e6, place.rounded(.down)), 1e6))
    }

    var nowColumn: Int { column(now) }

    /// Full hours with their columns, in the operator's clock, `hours` apart.
    func marks(every hours: Int, clock: Clock) -> [(column: Int, hour: Int)] {
        let begin = now.adding(seconds: -LaneAxis.back)
        let local = clock.shifted(begin).civil
        let toNextHour = 3600 - Double(local.minute * 60 + local.second)
        return (0..<24).compactMap { index in
            let time = begin.adding(seconds: toNextHour + Double(index) * 3600)
            let hour = clock.shifted(time).civil.hour
            return hour % max(1, hours) == 0 ? (column(time), hour) : nil
        }
    }
}

/// What one cell of a lane says. ASCII in every set: the letter carries the meaning, the colour repeats it.
enum LaneCell: Character {
    case empty = "."
    case ok = "="
    case warnings = "w"
    case failed = "x"
    case interrupted = "/"
    case working = ">"
    case waiting = "?"
    case planned = "o"
    case expected = "-"
    case conflict = "!"
    case now = "|"

    var role: StyleRole {
        switch self {
        case .empty: .textDim
        case .ok: .stateOK
        case .warnings, .interrupted: .stateWarn
        case .failed: .stateFailed
        case .working: .stateRunning
        case .waiting: .stateWaiting
        case .planned, .expected: .statePlanned
        case .conflict: .severityAction
        case .now: .textStrong
        }
    }

    static let legend: SafeText = "= ok  w warnings  x failed  / interrupted  > at work  o - planned  ! conflict  | now"
}

/// The cells of one job's lane.
func laneCells(_ job: JobState, runs: [JobRun], firings: [Firing], axis: LaneAxis) -> [LaneCell] {
    var cells = [LaneCell](repeating: .empty, count: max(0, axis.width))
    func put(_ cell: LaneCell, from start: WallTime, to end: WallTime) {
        let first = axis.column(start)
        let last = max(first, axis.column(end))
        guard last >= 0, first < cells.count else { return }
        for column in max(0, first)...min(last, cells.count - 1) { cells[column] = cell }
    }
    for firing in firings {
        put(.expected, from: firing.at, to: firing.at.adding(seconds: min(max(0, firing.expectedSeconds ?? 0), 86_400)))
        put(firing.conflict.isEmpty ? .planned : .conflict, from: firing.at, to: firing.at)
    }
    if cells.indices.contains(axis.nowColumn) { cells[axis.nowColumn] = .now }
    // Oldest first, so that the newest of a column wins; a failure is never drawn over.
    for run in runs.reversed() where run.result != .skipped {
        guard let result = run.result else { continue }
        let first = max(0, axis.column(run.startedAt))
        let hadFailed = cells.indices.contains(first) && cells[first] == .failed
        put(result.laneCell, from: run.startedAt, to: run.endedAt ?? run.startedAt)
        if hadFailed { cells[first] = .failed }
    }
    if let current = job.current {
        var isWaiting = false
        if case .waiting = job.phase { isWaiting = true }
        put(.working, from: current.startedAt, to: axis.now)
        if isWaiting { put(.waiting, from: axis.now, to: axis.now) }
    }
    return cells
}

extension JobResult {
    fileprivate var laneCell: LaneCell {
        switch self {
        case .ok, .skipped: .ok
        case .okWithWarnings: .warnings
        case .failed: .failed
        case .interrupted: .interrupted
        }
    }
}

extension Painter {
    mutating func drawLanes() {
        guard let inside = frame(.lanes, "6 h back, 18 h ahead", right: "i runs  o log") else { return }
        let jobs = model.shownJobs
        guard !jobs.isEmpty else { return sentence("No job, no lane.", in: inside) }
        let body = inside.inset(dx: 1)
        let nameWidth = min(16, max(6, body.width / 5))
        let axis = LaneAxis(now: model.now, width: body.width - nameWidth - 1)
        guard axis.width >= 12 else { return sentence("Too narrow for the lanes.", in: inside) }
        drawAxis(axis, x: body.x + nameWidth + 1, y: body.y)
        let hasLegend = body.height >= 5 && body.width >= LaneCell.legend.cells
        let (rows, foot) = body.splitTop(1).rest.splitBottom(hasLegend ? 1 : 0)
        if hasLegend { line([Span(LaneCell.legend, .textDim)], in: foot) }
        let ids = jobs.map(\.name)
        let first = model.jobs.firstRow(in: ids, height: rows.height)
        let runs = Dictionary(grouping: model.laneRuns + jobs.compactMap(\.lastRun).filter(isNotInLanes), by: \.job)
        let firings = Dictionary(grouping: model.shown?.firings ?? [], by: \.job)
        for (offset, job) in jobs.dropFirst(first).prefix(rows.height).enumerated() {
            let row = rows.row(offset)
            let isSelected = job.name == model.job?.name
            let name = SafeText(brief: job.name).fitted(nameWidth, ellipsis: .middle)
            grid.put(name, x: row.x, y: row.y, role: isSelected ? .textStrong : .textNormal)
            let cells = laneCells(job, runs: runs[job.name] ?? [], firings: firings[job.name] ?? [], axis: axis)
            drawLane(cells, x: row.x + nameWidth + 1, y: row.y)
            if isSelected { grid.put(">", x: row.x - 1, y: row.y, role: .listMark) }
            if isSelected, model.focusedPane == .lanes { park(x: row.x, y: row.y) }
        }
    }

    private func isNotInLanes(_ run: JobRun) -> Bool { !model.laneRuns.contains { $0.run == run.run } }

    private mutating func drawAxis(_ axis: LaneAxis, x: Int, y: Int) {
        let isWide = axis.width >= 96
        var free = 0
        for (column, hour) in axis.marks(every: axis.width >= 48 ? 3 : 6, clock: clock) {
            let label = SafeText((hour < 10 ? "0\(hour)" : "\(hour)") + (isWide ? ":00" : ""))
            guard column >= free, column + label.cells <= axis.width else { continue }
            grid.put(label, x: x + column, y: y, role: .graphAxis)
            free = column + label.cells + 1
        }
    }

    /// Runs of equal cells are put at once.
    private mutating func drawLane(_ cells: [LaneCell], x: Int, y: Int) {
        var start = 0
        while start < cells.count {
            let cell = cells[start]
            let end = cells[start...].firstIndex { $0 != cell } ?? cells.count
            let text = SafeText(String(repeating: cell.rawValue, count: end - start))
            grid.put(text, x: x + start, y: y, role: cell.role)
            start = end
        }
    }
}
