import BackupModel

/// Open requests, alerts, what is told to whom next, and the one under the cursor in full.
extension Painter {
    mutating func drawAttention(_ state: EngineState) {
        if layout.sizeClass == .mini, !model.isZoomed { return drawAttentionLines(in: layout.content) }
        let rows = model.shownAttention
        let index = model.attention.index(in: rows.map(\.id))
        if let inside = frame(
            .attention, "Open \(rows.count), \(model.loudCount) want somebody", right: counter(index, of: rows.count))
        {
            if rows.isEmpty {
                sentence("Nothing needs you.", in: inside, role: .stateOK)
            } else {
                drawAttentionTable(rows, in: inside)
            }
        }
        drawAttentionDetail()
        drawLadder(state)
    }

    private mutating func drawAttentionTable(_ rows: [Attention], in inside: Rect) {
        let isWide = layout.sizeClass == .wide
        let clock = clock
        let columns: [TableColumn] =
            isWide
            ? [
                TableColumn("SEV", minimum: 6, priority: 9),
                TableColumn("SINCE", minimum: 6, align: .right, priority: 8),
                TableColumn("N", minimum: 4, align: .right, priority: 3),
                TableColumn("WHAT", minimum: 30, flex: 3, priority: 9),
                TableColumn("ABOUT", minimum: 14, flex: 1, ellipsis: .middle, priority: 5),
                TableColumn("SEEN BY, TOLD NEXT", minimum: 24, flex: 1, priority: 6),
            ]
            : [
                TableColumn("SEV", minimum: 6, priority: 9),
                TableColumn("SINCE", minimum: 6, align: .right, priority: 6),
                TableColumn("WHAT", minimum: 16, flex: 3, priority: 8),
                TableColumn("SEEN BY, NEXT", minimum: 14, flex: 1, priority: 5),
            ]
        table(.attention, in: inside, columns: columns, ids: rows.map(\.id), position: model.attention) {
            isWide ? rows[$0].wideCells(clock) : rows[$0].cells(clock)
        }
    }

    private mutating func drawAttentionDetail() {
        guard let selected = model.selectedAttention else {
            _ = frame(.alertDetail, "Detail")
            return
        }
        let title: SafeText
        switch selected {
        case .request(let request):
            title = "Request #\(request.number): press \(key(.answerRequest)) or Enter to answer"
        case .alert(let alert):
            let about = SafeText(brief: alert.subject).prefix(cells: 40, ellipsis: .middle)
            title = "Alert \(alert.id)" + (about.isEmpty ? "" : ": " + about)
        }
        guard let inside = frame(.alertDetail, title) else { return }
        let body = layout.hasBorders ? inside.inset(dx: 1) : inside
        let lines: [[Span]]
        switch selected {
        case .request(let request): lines = model.requestFacts(request, width: body.width)
        case .alert(let alert): lines = model.detailLines(DetailPage(subject: .alert(alert)), width: body.width)
        }
        for (row, text) in lines.prefix(body.height).enumerated() { line(text, in: body.row(row), gap: 0) }
    }

    private func key(_ action: Action) -> SafeText {
        model.keymap.keys(for: action, on: model.screen).first?.label ?? ":"
    }

    /// What will be told to whom, before it is: all rungs of all loud alerts in order, and how the voice stands.
    private mutating func drawLadder(_ state: EngineState) {
        guard let inside = frame(.ladder, "Told next") else { return }
        let body = inside.inset(dx: 1)
        var lines: [[Span]] = []
        if let until = state.hold.maintenanceUntil {
            lines.append([Span("muted until \(clock.minute(until))", .stateWarn)])
        }
        let loud = state.alerts.filter { $0.isLoud(at: model.now) }
        let steps = loud.flatMap { alert in alert.escalation.map { (alert, $0) } }.sorted { $0.1.at < $1.1.at }
        let reminders = model.openRequests.flatMap { request in request.reminders.map { (request, $0) } }
        let all =
            steps.map { ($1.at, SafeText(brief: $1.channel), "alert \($0.id)" as SafeText) }
            + reminders.map { ($1, "reminder" as SafeText, "#\($0.number)" as SafeText) }
        for (at, channel, about) in all.sorted(by: { $0.0 < $1.0 }).prefix(max(0, body.height - 4)) {
            lines.append([
                Span(SafeText(clock.minute(at)).padded(right: 12), .logTime), Span(channel.fitted(12)), Span("  "),
                Span(about, .textDim),
            ])
        }
        if all.isEmpty { lines.append([Span("Nobody is told anything next.", .textDim)]) }
        lines.append([])
        lines += deliveryLines(state.delivery)
        for (row, text) in lines.prefix(body.height).enumerated() { line(text, in: body.row(row), gap: 0) }
    }

    private func deliveryLines(_ delivery: DeliveryState) -> [[Span]] {
        var lines: [[Span]] = []
        if delivery.waiting > 0 {
            let since = delivery.oldestWaitingAt.map { ", oldest \(clock.minute($0))" } ?? ""
            lines.append([Span("\(Quantity.count(delivery.waiting)) messages not out yet\(since)", .stateWarn)])
        }
        if let last = delivery.lastDeliveredAt { lines.append([Span("last one out \(clock.minute(last))", .textDim)]) }
        if !delivery.lastProblem.isEmpty {
            lines.append([Span(SafeText(brief: delivery.lastProblem), .stateFailed)])
        }
        return lines
    }

    mutating func drawAttentionLines(in rect: Rect) {
        let rows = model.shownAttention
        guard !rows.isEmpty else { return sentence("Nothing needs you.", in: rect, role: .stateOK) }
        let ids = rows.map(\.id)
        let first = model.attention.firstRow(in: ids, height: rect.height)
        for (offset, item) in rows.dropFirst(first).prefix(rect.height).enumerated() {
            let row = rect.row(offset)
            let cells = item.cells(clock)
            grid.put(item.mark(clock), x: row.x + 1, y: row.y, role: cells[0].role)
            if case .text(let text) = cells[2].content {
                grid.put(text, x: row.x + 4, y: row.y, role: cells[2].role, maxWidth: row.maxX - row.x - 4)
            }
            guard model.attention.index(in: ids) == first + offset else { continue }
            grid.put(">", x: row.x, y: row.y, role: .listCursor)
            grid.mark(row, role: .listCursor)
            park(x: row.x, y: row.y)
        }
    }
}

extension Attention {
    fileprivate func mark(_ clock: Clock) -> SafeText {
        guard case .alert(let alert) = self else { return StateMark.attention.text }
        return alert.isLoud(at: clock.now) ? alert.severity.alertMark.text : StateMark.disabled.text
    }

    fileprivate func cells(_ clock: Clock) -> [TableCell] {
        switch self {
        case .request(let request):
            let tail = request.claim.map { SafeText(brief: $0.by.user) } ?? SafeText(request.deadlineWords(clock.now))
            return [
                TableCell("!!ASK", role: .severityAction),
                TableCell(SafeText(spanWord(clock.now.seconds(since: request.raisedAt)))),
                TableCell("request #\(request.number): " + SafeText(brief: request.what), role: .severityAction),
                TableCell(tail.isEmpty ? "-" : tail, role: .textNormal),
            ]
        case .alert(let alert):
            let isLoud = alert.isLoud(at: clock.now)
            let role: StyleRole = isLoud ? alert.severity.role : .textDim
            return [
                TableCell(alert.severityWord(isLoud: isLoud), role: role),
                TableCell(SafeText(spanWord(clock.now.seconds(since: alert.raisedAt)))),
                TableCell(alert.words, role: role),
                TableCell(alert.standing(clock), role: isLoud ? .textNormal : .stateOK),
            ]
        }
    }

    fileprivate func wideCells(_ clock: Clock) -> [TableCell] {
        let cells = cells(clock)
        switch self {
        case .request(let request):
            let jobs = SafeText(brief: request.jobs.joined(separator: ", "))
            let claim: SafeText = request.claim.map { "\(SafeText(brief: $0.by.user)) is on the way" } ?? ""
            let deadline = SafeText(request.deadlineWords(clock.now))
            let tail = claim.isEmpty ? deadline : claim
            return [
                cells[0], cells[1], TableCell("1"), cells[2], TableCell(jobs), TableCell(tail.isEmpty ? "-" : tail),
            ]
        case .alert(let alert):
            return [
                cells[0], cells[1], TableCell(SafeText(Quantity.count(alert.count))),
                TableCell(alert.failure.words, role: cells[2].role), TableCell(SafeText(brief: alert.subject)),
                cells[3],
            ]
        }
    }
}

extension Alert {
    /// `!!ERR`, `--WARN` once somebody has seen it: read without colours too.
    fileprivate func severityWord(isLoud: Bool) -> SafeText {
        let word = severity == .error ? "ERR" : severity.word
        return SafeText((isLoud ? severity >= .warn ? "!!" : ".." : "--") + word)
    }
}
