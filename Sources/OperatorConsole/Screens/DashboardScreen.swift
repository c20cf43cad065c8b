import BackupModel

/// All mirrors at a glance, the one under the cursor in a box, and what needs a person.
extension Painter {
    mutating func drawDashboard(_ state: EngineState) {
        if layout.sizeClass == .mini, !model.isZoomed {
            drawMirrorLines(in: layout.content)
            let rest = layout.content.splitTop(model.shownMirrors.count).rest
            let drives = state.tape?.drives ?? []
            for (index, drive) in drives.prefix(rest.height).enumerated() { drawDriveLine(drive, in: rest.row(index)) }
            drawOperationLines(in: rest.splitTop(drives.count).rest)
            return
        }
        drawMirrors(state)
        drawMirrorBox()
        drawVolume()
        drawTapeBox()
        drawAlerts()
        drawEvents()
        drawOperations(state)
    }

    private mutating func drawMirrors(_ state: EngineState) {
        let mirrors = model.shownMirrors
        let running = state.copies.count { $0.phase.isRunning }
        let title: SafeText =
            state.copies.isEmpty ? "Mirrors" : "Mirrors, \(running) of \(state.copies.count) at work"
        let filter: SafeText = model.mirrorFilter.isEmpty ? "" : "/\(model.mirrorFilter)  "
        let note = filter + counter(model.mirrors.index(in: mirrors.map(\.name)), of: mirrors.count)
        guard let inside = frame(.mirrors, title, right: mirrors.isEmpty ? filter : note) else { return }
        guard !mirrors.isEmpty else {
            let text: SafeText =
                state.copies.isEmpty
                ? "No mirrors yet. Name one in the settings, then: holdfast mirror enrol NAME"
                : "No mirror's name holds that text. Esc shows all."
            return sentence(text, in: inside)
        }
        let clock = clock
        let isWide = layout.sizeClass == .wide
        table(
            .mirrors, in: inside, columns: isWide ? Self.wideMirrorColumns : Self.mirrorColumns,
            ids: mirrors.map(\.name), position: model.mirrors
        ) { isWide ? mirrors[$0].wideCells(clock) : mirrors[$0].cells(clock) }
    }

    private static let mirrorColumns: [TableColumn] = [
        TableColumn(" ST", minimum: 3, priority: 9), TableColumn("MIRROR", minimum: 9, flex: 1, priority: 8),
        TableColumn("STAGE", minimum: 9, priority: 7), TableColumn("DONE", minimum: 6, align: .right, priority: 6),
        TableColumn("", minimum: 8, flex: 1, priority: 0),
        TableColumn("RATE", minimum: 10, align: .right, priority: 4),
        TableColumn("ETA, TROUBLE", minimum: 17, flex: 2, priority: 5),
    ]

    private static let wideMirrorColumns: [TableColumn] = [
        TableColumn(" ST", minimum: 3, priority: 9), TableColumn("MIRROR", minimum: 14, flex: 1, priority: 8),
        TableColumn("STAGE", minimum: 9, priority: 7), TableColumn("DONE", minimum: 6, align: .right, priority: 6),
        TableColumn("", minimum: 16, flex: 1, priority: 0),
        TableColumn("BYTES", minimum: 20, align: .right, priority: 1),
        TableColumn("RATE", minimum: 10, align: .right, priority: 4),
        TableColumn("AVERAGE", minimum: 10, align: .right, priority: 1),
        TableColumn("ETA (RANGE)", minimum: 19, priority: 3), TableColumn("TROUBLE", minimum: 16, flex: 1, priority: 2),
    ]

    private mutating func drawMirrorBox() {
        guard let copy = model.mirror else {
            if let inside = frame(.mirrorBox, "Copy") { sentence("Its progress will stand here.", in: inside) }
            return
        }
        let progress = copy.progress
        let counts: SafeText = "  \(Quantity.count(copy.safe.count)) of \(Quantity.count(progress.total.count)) files"
        let title = SafeText(brief: copy.name).prefix(cells: 24, ellipsis: .middle) + counts
        guard let inside = frame(.mirrorBox, title, right: "2") else { return }
        let body = inside.inset(dx: 1)
        drawBar(copy, in: body.row(0))
        pairs(
            [
                ("", SafeText(pair(copy.safe.bytes, of: progress.total.bytes)), .textStrong),
                ("now", SafeText(Quantity.rate(copy.rates.now)), .textNormal),
                ("avg", SafeText(Quantity.rate(copy.rates.average)), .textNormal),
            ], in: body.row(1), gap: 2)
        pairs(
            [
                ("left", SafeText(Quantity.count(progress.remaining.count)), .textNormal),
                ("failed", SafeText(Quantity.count(progress.failed.count)), role(ofFailed: progress.failed.count)),
                ("files/min", SafeText(Quantity.count(whole(copy.rates.blobsPerMinute))), .textNormal),
                ("retries", SafeText(Quantity.count(progress.retries)), .textNormal),
            ], in: body.row(2), gap: 2)
        line(etaSpans(copy), in: body.row(3))
        line(limitSpans(copy), in: body.row(4))
        guard body.height >= 9 else { return }
        drawRate(copy, in: Rect(x: body.x, y: body.y + 6, width: body.width, height: body.height - 6))
    }

    private mutating func drawVolume() {
        guard let copy = model.mirror else {
            if let inside = frame(.volume, "Target") {
                sentence("Where it goes, and how much room is there.", in: inside)
            }
            return
        }
        guard
            let inside = frame(.volume, "Target of " + SafeText(brief: copy.name).prefix(cells: 24, ellipsis: .middle))
        else {
            return
        }
        drawVolumeLines(copy, in: inside.inset(dx: 1))
    }

    private mutating func drawAlerts() {
        let alerts = model.shownAlerts
        let index = model.alerts.index(in: alerts.map(\.id))
        guard let inside = frame(.alerts, "Alerts", right: counter(index, of: alerts.count)) else { return }
        guard !alerts.isEmpty else {
            guard let failed = model.mirror?.progress.failed.count, failed > 0, let name = model.mirror?.name else {
                return sentence("Nothing needs you.", in: inside, role: .stateOK)
            }
            return sentence(
                "No alert. \(Quantity.count(failed)) files of \(name) failed: 2 shows which.", in: inside)
        }
        let clock = clock
        table(
            .alerts, in: inside,
            columns: [
                TableColumn("", minimum: 2), TableColumn("", minimum: 5, priority: -1),
                TableColumn("", minimum: 10, flex: 1),
            ], ids: alerts.map(\.id), position: model.alerts
        ) { row in
            let alert = alerts[row]
            let isLoud = alert.isLoud(at: clock.now)
            let mark = isLoud ? alert.severity.alertMark : .disabled
            return [
                TableCell(mark.text, role: isLoud ? alert.severity.role : .textDim),
                TableCell(SafeText(clock.brief(alert.raisedAt).prefix(5)), role: .logTime),
                TableCell(
                    alert.words,
                    role: isLoud ? alert.severity.role : .textDim),
            ]
        }
    }

    private mutating func drawEvents() {
        let events = model.shownEvents
        guard let inside = frame(.events, "Events", right: "8") else { return }
        guard !events.isEmpty else { return sentence("Nothing has happened yet.", in: inside) }
        drawEventTable(.events, events, position: model.events, in: inside)
    }

    /// One line a mirror, for the smallest screens.
    mutating func drawMirrorLines(in rect: Rect) {
        let mirrors = model.shownMirrors
        guard !mirrors.isEmpty else { return sentence("No mirrors yet: holdfast mirror enrol NAME", in: rect) }
        let names = mirrors.map(\.name)
        let first = model.mirrors.firstRow(in: names, height: rect.height)
        for (offset, copy) in mirrors.dropFirst(first).prefix(rect.height).enumerated() {
            let row = rect.row(offset)
            let tail: SafeText = "\(percent(copy.fraction)) " + SafeText(copy.shortOutlook(clock))
            let name = SafeText(brief: copy.name).prefix(cells: max(4, row.width - tail.cells - 5), ellipsis: .middle)
            grid.put(copy.mark.text, x: row.x + 1, y: row.y, role: copy.mark.role)
            grid.put(name, x: row.x + 4, y: row.y, role: .textNormal)
            grid.put(tail, x: max(row.x + 5 + name.cells, row.maxX - tail.cells), y: row.y, role: .textNormal)
            guard model.mirrors.index(in: names) == first + offset, model.screen == .dashboard else { continue }
            grid.put(">", x: row.x, y: row.y, role: .listCursor)
            grid.mark(row, role: .listCursor)
            park(x: row.x, y: row.y)
        }
    }
}

extension CopyState {
    fileprivate func cells(_ clock: Clock) -> [TableCell] {
        [
            TableCell(" " + mark.text, role: mark.role), TableCell(SafeText(brief: name)),
            TableCell(SafeText(stage), role: mark.role), TableCell(SafeText(percent(fraction))),
            .progress(fraction, stalled: isStalled),
            TableCell(movesBytes ? SafeText(Quantity.rate(rates.now)) : "-"), outlook(clock),
        ]
    }

    /// When it ends and what went wrong, in one cell.
    private func outlook(_ clock: Clock) -> TableCell {
        guard case .seconds = eta, !isStalled, movesBytes else {
            return TableCell(SafeText(brief: trouble == "-" ? clock.word(eta) : trouble), role: troubleRole)
        }
        let end = SafeText(clock.short(eta))
        return trouble == "-" ? TableCell(end) : TableCell(end + ", " + SafeText(brief: trouble), role: troubleRole)
    }

    fileprivate func wideCells(_ clock: Clock) -> [TableCell] {
        [
            TableCell(" " + mark.text, role: mark.role), TableCell(SafeText(brief: name)),
            TableCell(SafeText(stage), role: mark.role), TableCell(SafeText(percent(fraction))),
            .progress(fraction, stalled: isStalled), TableCell(SafeText(pair(safe.bytes, of: progress.total.bytes))),
            TableCell(movesBytes ? SafeText(Quantity.rate(rates.now)) : "-"),
            TableCell(rates.average > 0 ? SafeText(Quantity.rate(rates.average)) : "-"),
            TableCell(SafeText(clock.long(eta))), TableCell(SafeText(brief: trouble), role: troubleRole),
        ]
    }

    /// `41 MiB/s 15:32`, or the word that matters more.
    fileprivate func shortOutlook(_ clock: Clock) -> String {
        if isStalled { return "STALLED " + Quantity.duration(stalledSeconds) }
        guard movesBytes else { return stage }
        return Quantity.rate(rates.now) + (clock.word(eta) == "-" ? etaMinute(clock) : "")
    }

    private func etaMinute(_ clock: Clock) -> String {
        guard case .seconds(let seconds, _, _) = eta, seconds.isFinite else { return "" }
        return " " + clock.minute(clock.base.adding(seconds: min(max(0, seconds), 1e9)))
    }
}
