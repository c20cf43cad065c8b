import BackupModel

/// Parts that the Dashboard and the Copy screen share.
extension Painter {
    /// The bar with its percentage behind it.
    mutating func drawBar(_ copy: CopyState, in row: Rect) {
        let text = SafeText(percent(copy.fraction))
        let (bar, right) = row.splitRight(text.cells + 2)
        drawing.progress(on: &grid, in: bar, fraction: copy.fraction, stalled: copy.isStalled)
        grid.put(text, x: right.maxX - text.cells, y: row.y, role: .textStrong)
    }

    func role(ofFailed count: Int) -> StyleRole { count > 0 ? .stateFailed : .textNormal }

    /// `ETA 15:32 (15:21-15:46)`, or the word why there is none.
    func etaSpans(_ copy: CopyState) -> [Span] {
        switch (copy.phase, copy.eta) {
        case (.waiting(let reason), _): [Span("WAITING", .stateWaiting), Span(SafeText(brief: reason), .stateWaiting)]
        case (.paused, _): [Span("PAUSED", .stateParked), Span("P lets it go on", .textDim)]
        case (.finished, _): lastRunSpans(copy)
        case (.idle, _): copy.lastRun == nil ? [Span("has not run yet: U runs it", .textDim)] : lastRunSpans(copy)
        case (.scanning(let seen, let all), _):
            [Span("SCANNING", .stateRunning), Span("\(Quantity.count(seen)) of \(Quantity.count(all)) folders")]
        case (.reconciling, _): [Span("SETTLING", .stateRunning), Span("what an ended run left behind", .textDim)]
        case (_, .stalled(let seconds)):
            [
                Span("STALLED", .stateWarn),
                Span("for \(Quantity.duration(seconds)): nothing moves, no end can be told", .stateWarn),
            ]
        case (_, .waiting(let reason)): [Span("WAITING", .stateWaiting), Span(SafeText(brief: reason), .stateWaiting)]
        case (_, .seconds): [Span("ETA", .textDim), Span(SafeText(clock.long(copy.eta)), .textStrong)]
        case (_, .unknown): [Span("ETA", .textDim), Span("not known yet", .textDim)]
        case (_, .done): [Span("done", .stateOK)]
        }
    }

    private func lastRunSpans(_ copy: CopyState) -> [Span] {
        guard let run = copy.lastRun else { return [Span(SafeText(copy.stage), copy.mark.role)] }
        let word = run.result?.word ?? "died"
        let role: StyleRole = run.result == .ok ? .stateOK : run.result == .okWithWarnings ? .stateWarn : .stateFailed
        return [
            Span("last \(run.kind.rawValue) \(word)", role),
            Span("\(clock.minute(run.endedAt ?? run.startedAt))", .textNormal),
            Span(run.done.words, .textDim),
        ]
    }

    /// `slowest: target 62 %`: what would have to be faster.
    func limitSpans(_ copy: CopyState) -> [Span] {
        guard copy.movesBytes, let limit = copy.bottleneck.limit else { return [] }
        return [
            Span("slowest part", .textDim), Span("\(limit.name) \(whole(limit.share * 100))%"),
            Span("workers \(copy.activeWorkers)/\(copy.limits.workers)", .textDim),
        ]
    }

    mutating func drawVolumeLines(_ copy: CopyState, in body: Rect) {
        let volume = copy.volume
        let state = copy.presence
        let kind = SafeText(brief: volume.fileSystem)
        let path = SafeText(brief: copy.target).prefix(
            cells: max(4, body.width - kind.cells - state.text.cells - 4), ellipsis: .middle)
        line([Span(path, .pathFolder), Span(kind, .textDim), state], in: body.row(0))
        guard volume.capacity > 0 else {
            line([Span("the next run sees its room", .textDim)], in: body.row(1))
            return
        }
        let used = 1 - Double(volume.free) / Double(volume.capacity)
        let label: SafeText = "\(percent(used)) used"
        let (bar, right) = body.row(1).splitRight(label.cells + 1)
        drawing.gauge(on: &grid, in: bar, fraction: used)
        grid.put(label, x: right.maxX - label.cells, y: right.y, role: .textNormal, maxWidth: right.width)
        line(labelled("free", SafeText(pair(volume.free, of: volume.capacity))), in: body.row(2))
        let needed = copy.progress.remaining.bytes
        guard needed > 0 else { return line([Span("everything known is on it", .stateOK)], in: body.row(3)) }
        let fits = needed <= volume.free
        line(
            [
                Span("to come", .textDim), Span(SafeText(Quantity.bytes(needed))),
                fits
                    ? Span("fits", .stateOK)
                    : Span("!! short by \(Quantity.bytes(needed - volume.free))", .stateFailed),
            ], in: body.row(3))
        let uuid = SafeText(volume.uuid)
        let fitsWhole = uuid.cells + 8 <= body.width
        line(labelled("volume", fitsWhole ? uuid : SafeText(volume.uuid.prefix(8))), in: body.row(4))
    }

    /// The rate over the last minutes or seconds, with its time axis.
    mutating func drawRate(_ copy: CopyState, in rect: Rect) {
        guard rect.height >= 3 else { return }
        let isMinute = model.rateSpan(copy) == .minute
        let values = isMinute ? copy.rates.seconds : copy.rates.minutes
        guard values.contains(where: { $0 > 0 }) else {
            return sentence("No rate to draw in the last \(isMinute ? "minute" : "hour").", in: rect.inset(dx: -1))
        }
        let (plot, axis) = rect.splitBottom(1)
        let top = SafeText(Quantity.rate(values.max() ?? 0))
        // Each slot gets the same number of columns, so that sixty slots fill the width.
        let capacity = drawing.graphCapacity(width: max(1, plot.width - top.cells - 1))
        let series = Painter.stretched(values, to: capacity)
        drawing.graph(on: &grid, in: plot, GraphValues(series, topLabel: top))
        let (past, now): (SafeText, SafeText) = (isMinute ? "-60 s" : "-60 min", "now")
        grid.put(past, x: axis.x + top.cells + 1, y: axis.y, role: .graphAxis)
        grid.put(now, x: axis.maxX - now.cells, y: axis.y, role: .graphAxis)
    }

    /// The values repeated so that they fill that many columns; the newest stays at the right.
    static func stretched(
        _ values: [Double], slots: Int = 60, to count: Int, by pick: ([Double]) -> Double? = { $0.max() }
    ) -> [Double] {
        guard count > 0 else { return [] }
        let padded = Array(repeating: 0, count: max(0, slots - values.count)) + values.suffix(slots)
        guard count >= slots else {
            return (0..<count).map { column in
                let low = column * slots / count
                return pick(Array(padded[low..<max(low + 1, (column + 1) * slots / count)])) ?? 0
            }
        }
        return (0..<count).map { padded[$0 * slots / count] }
    }

    /// Time, level and text of events, newest first.
    mutating func drawEventTable(
        _ pane: Pane, _ events: [Event], position: ListPosition<Int64>, in rect: Rect
    ) {
        let isWide = rect.width >= 70
        let clock = clock
        var columns = [
            TableColumn("", minimum: 8), TableColumn("", minimum: isWide ? 5 : 1),
            TableColumn("", minimum: 10, flex: 1),
        ]
        if isWide { columns.insert(TableColumn("", minimum: 7), at: 2) }
        table(pane, in: rect, columns: columns, ids: events.lazy.map(\.number), position: position) { row in
            let event = events[row]
            let role = event.severity.role
            var cells = [
                TableCell(SafeText(clock.brief(event.at)), role: .logTime),
                TableCell(SafeText(isWide ? event.severity.word : String(event.severity.word.prefix(1))), role: role),
                TableCell(event.line, role: role),
            ]
            if isWide { cells.insert(TableCell(SafeText(brief: event.component), role: .textDim), at: 2) }
            return cells
        }
    }
}

extension Event {
    /// `cold: run begun`; the mirror's name only where the message does not begin with it.
    var line: SafeText {
        job.isEmpty || message.hasPrefix(job)
            ? SafeText(brief: message) : SafeText(brief: job) + ": " + SafeText(brief: message)
    }
}

extension RunResult {
    var word: String {
        switch self {
        case .ok: "ok"
        case .okWithWarnings: "with warnings"
        case .failed: "failed"
        case .interrupted: "interrupted"
        }
    }
}

extension CopyState {
    var activeWorkers: Int { workers.count { $0.activity != .idle } }
}

extension Bottleneck {
    var parts: [(name: SafeText, share: Double)] {
        [("source", source), ("hash", hash), ("target", target), ("commit", commit)]
    }

    /// The part that takes most of the time; nil while nothing was measured or the workers mostly have nothing to do.
    var limit: (name: SafeText, share: Double)? {
        guard let most = parts.max(by: { $0.share < $1.share }), most.share > 0.01, most.share >= idle else {
            return nil
        }
        return most
    }
}
