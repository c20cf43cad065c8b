import BackupModel

/// Title, tabs, banner and hints: the rows that every screen has.
extension Painter {
    mutating func drawTitle() {
        let row = grid.bounds.row(0)
        grid.clear(row, role: .titleBar)
        var x = grid.put(" holdfast ", x: 0, y: 0, role: .titleBar)
        let time = (layout.sizeClass <= .compact ? "" : clock.today + " ") + clock.titleTime
        let room = row.width - time.utf8.count - 2
        let spans = titleSpans(room: room)
        for (index, span) in spans.enumerated() where !span.text.isEmpty {
            let separator: SafeText = index == 0 ? " " : " | "
            guard x + separator.cells + span.text.cells <= room else { continue }
            x += grid.put(separator, x: x, y: 0, role: .titleBar)
            x += grid.put(span.text, x: x, y: 0, role: span.role)
        }
        grid.put(SafeText(time), x: row.maxX - time.utf8.count - 1, y: 0, role: .titleBar)
    }

    /// What matters most comes first, since the row may be short.
    private func titleSpans(room: Int) -> [Span] {
        let age = model.age
        let host = Span(SafeText(brief: model.shown?.host ?? "").prefix(cells: max(4, room / 3)), .titleHost)
        let data = Span("data \(Int(age))s old", .titleAgeOK)
        let held = Span(model.frozen == nil ? "" : "DISPLAY HELD (f)", .titleAgeLate)
        let access = Span(model.isReadOnly ? "ro" : "rw", model.isReadOnly ? .titleReadOnly : .titleBar)
        let holds = (model.shown?.hold.words(clock) ?? []).map { Span($0, .titleAgeLate) }
        if model.isOld {
            let words: SafeText = "DATA \(Quantity.duration(age)) OLD"
            let tail: SafeText = model.isEngineLost && !model.isRefused ? ", reconnecting" : ""
            let fits = words.cells + tail.cells + 11 <= room
            return [Span(fits ? words + tail : words, .titleAgeLate), host, held] + holds
        }
        if model.frozen != nil { return [held, host] + holds + [access, data] }
        let engine = Span(engineWord, .titleBar)
        return model.isReadOnly
            ? [host, access] + holds + [engine, data] : [host] + holds + [engine, access, data]
    }

    private var engineWord: SafeText {
        if model.isEngineLost { return "engine AWAY" }
        let mirrors = model.runningMirrors.count
        if mirrors > 0 { return "engine RUN \(mirrors) of \(model.engine?.copies.count ?? 0)" }
        let jobs = (model.engine?.jobs ?? []).count(where: \.phase.isActive)
        return jobs == 0 ? "engine idle" : "engine RUN, jobs \(jobs)"
    }

    mutating func drawTabs() {
        var x = 0
        let isNarrow = layout.sizeClass <= .mini
        for screen in model.screens {
            let isActive = screen == model.screen
            let (count, isUrgent) = tabCount(screen)
            let name: SafeText = "\(screen.rawValue) \(screen.title)" + count
            let text = isActive ? "[" + name + "]" : isNarrow ? name + " " : " " + name + " "
            x += grid.put(text, x: x, y: 1, role: isActive ? .tabActive : isUrgent ? .tabAlert : .tabNormal)
        }
    }

    /// `:2!` behind the Alerts tab: what wants somebody; the `!` when it cannot wait.
    private func tabCount(_ screen: Screen) -> (text: SafeText, isUrgent: Bool) {
        guard screen == .alerts, let state = model.shown, model.loudCount > 0 else { return ("", false) }
        let isUrgent =
            state.requests.contains(where: \.isOpen)
            || state.alerts.contains { $0.severity >= .error && $0.isLoud(at: model.now) }
        return (":\(min(model.loudCount, 999))" + (isUrgent ? "!" : ""), true)
    }

    /// The answer to the last act while it is fresh, else the engine's absence, the oldest request, the worst alert.
    mutating func drawBanner() {
        let row = grid.bounds.row(grid.size.rows - 2)
        if let result = model.result {
            let role: StyleRole = result.severity >= .warn ? .bannerAlert : .bannerOK
            let mark: SafeText = result.severity >= .error ? "xx " : result.severity == .warn ? "!! " : "ok "
            grid.clear(row, role: role)
            grid.put(mark + result.text, x: 0, y: row.y, role: role, maxWidth: row.width)
        } else if model.isEngineLost {
            grid.clear(row, role: .bannerAlert)
            grid.put(awayWords, x: 0, y: row.y, role: .bannerAlert, maxWidth: row.width)
        } else if let request = model.openRequests.first {
            drawOldest(request, in: row)
        } else {
            drawWorstAlert(in: row)
        }
    }

    private var awayWords: SafeText {
        switch model.standing {
        case .away(let since, let reason)?:
            let why: SafeText = reason.isEmpty ? "" : ": " + SafeText(brief: reason)
            return "!! the engine is away since \(clock.second(since)), this is old data" + why
        case .refused(let failure)?: return "!! the engine refuses this console: " + failure.words
        default: return "!! the engine is away: this is old data"
        }
    }

    private mutating func drawOldest(_ request: Request, in row: Rect) {
        grid.clear(row, role: .bannerRequest)
        let key = model.keymap.keys(for: .answerRequest, on: model.screen).first?.label ?? ":"
        let claim: SafeText =
            request.claim.map { ", " + SafeText(brief: $0.by.user).prefix(cells: 12) + " on the way" } ?? ""
        let tail: SafeText =
            row.width >= 60 ? "  \(request.waitingWords(model.now))" + claim + "  press \(key)" : "  " + key
        let text = "!! " + request.headline
        grid.put(text, x: 0, y: row.y, role: .bannerRequest, maxWidth: max(8, row.width - tail.cells))
        grid.put(tail, x: max(0, row.maxX - tail.cells), y: row.y, role: .bannerRequest)
    }

    mutating func drawWorstAlert(in row: Rect) {
        guard let alert = model.shownAlerts.first, alert.isLoud(at: model.now) else { return }
        grid.clear(row, role: .bannerAlert)
        let keys = model.keymap.keys(for: .alerts, on: model.screen)
        let hint: SafeText = model.screen == .alerts ? "" : keys.first.map { "  " + $0.label + " shows it" } ?? ""
        let text = alert.severity.alertMark.text + " " + alert.words
        let hasRoom = row.width >= 60
        grid.put(
            text, x: 0, y: row.y, role: .bannerAlert, maxWidth: hasRoom ? row.width - hint.cells : row.width)
        if hasRoom { grid.put(hint, x: row.maxX - hint.cells, y: row.y, role: .bannerAlert) }
    }

    mutating func drawHints() {
        let row = grid.bounds.row(grid.size.rows - 1)
        grid.clear(row)
        switch model.overlay {
        case .filter(let field): drawField(field, label: "/", help: "Enter keeps it, Esc shows all", in: row)
        case .prompt(let prompt):
            drawField(
                prompt.field, label: prompt.label, help: prompt.problem ?? prompt.help,
                helpRole: prompt.problem == nil ? .promptSuggest : .promptError, in: row)
        case .confirmation(let confirmation) where confirmation.level == .ask: drawQuestion(confirmation, in: row)
        case nil: drawKeyHints(in: row)
        default: drawOverlayHints(in: row)
        }
    }

    private mutating func drawField(
        _ field: TextField, label: SafeText, help: SafeText, helpRole: StyleRole = .promptSuggest, in row: Rect
    ) {
        var x = row.x + grid.put(label, x: row.x, y: row.y, role: .promptText)
        let text = SafeText(field.text)
        let shown = text.cells < row.maxX - x ? text : text.prefix(cells: max(0, row.maxX - x - 1), ellipsis: .middle)
        x += grid.put(shown, x: x, y: row.y, role: .promptText)
        grid.cursor = Point(x: min(x, row.maxX - 1), y: row.y)
        if x + help.cells + 3 < row.maxX { grid.put(help, x: row.maxX - help.cells, y: row.y, role: helpRole) }
    }

    private mutating func drawQuestion(_ confirmation: Confirmation, in row: Rect) {
        let choice: SafeText = " y/N "
        let text = confirmation.question.prefix(cells: max(0, row.width - choice.cells))
        var x = row.x + grid.put(text, x: row.x, y: row.y, role: .dialogDanger)
        x += grid.put(choice, x: x, y: row.y, role: .promptText)
        grid.cursor = Point(x: min(x, row.maxX - 1), y: row.y)
    }

    private mutating func drawKeyHints(in row: Rect) {
        var x = row.x
        // Where room is short, what is impossible now makes place for what is possible.
        let hasRoom = layout.sizeClass == .wide
        for hint in KeyHint.all(for: model) where hasRoom || hint.isPossible {
            let gap = x == row.x ? 0 : 2
            guard x + gap + hint.cells <= row.maxX else { break }
            x += gap
            x += grid.put(hint.key, x: x, y: row.y, role: hint.isPossible ? .hintKey : .textDim) + 1
            x += grid.put(hint.text, x: x, y: row.y, role: hint.isPossible ? .hintText : .textDim)
        }
    }
}

/// One entry of the hint row.
struct KeyHint {
    var key: SafeText
    var text: SafeText
    var isPossible: Bool

    var cells: Int { key.cells + 1 + text.cells }

    /// What the keys of this screen do, in the order of the table; what is impossible now comes grey.
    static func all(for model: Model) -> [KeyHint] {
        let context = KeyContext(model.screen)
        return KeyTable.entries.compactMap { entry in
            guard !entry.hint.isEmpty, entry.contexts.contains(context) || entry.contexts.contains(.global),
                let key = model.keymap.keys(for: entry.action, on: model.screen).first
            else { return nil }
            var text = SafeText(entry.hint)
            if entry.action == .quit, model.screen == .dashboard, !model.isZoomed {
                text = model.standing == nil ? "quit" : "detach"
            }
            if entry.action == .holdAfterTape, model.drive?.holdsAfterTape == true { text = "go on" }
            if entry.action == .pauseJob, model.job?.isHeld == true { text = "go on" }
            if entry.action == .pause, model.mirror?.phase == .paused { text = "go on" }
            return KeyHint(key: key.label, text: text, isPossible: entry.refusal(model) == nil)
        }
    }
}
