import BackupModel

/// Boxes over the screen.
extension Painter {
    mutating func drawOverlay() {
        switch model.overlay {
        case .chooser(let chooser): draw(chooser)
        case .confirmation(let confirmation) where confirmation.level > .ask: draw(confirmation)
        case .limits(let form): draw(form)
        case .tapeForm(let form): draw(form)
        case .detail(let page): draw(page)
        case .request(let dialog): draw(dialog)
        case .jobLog(let view): draw(view)
        case .confirmation, .filter, .prompt, nil: break
        }
    }

    /// A box in the middle; the place for text inside.
    private mutating func dialog(_ title: SafeText, width: Int, height: Int, role: StyleRole = .dialogBorder) -> Rect {
        let room = Rect(grid.size).inset(dy: 1)
        guard layout.hasBorders, room.width >= 12, room.height >= 5 else {
            grid.clear(room, role: .dialogText)
            grid.put(title, x: room.x, y: room.y, role: role, maxWidth: room.width)
            return room.splitTop(1).rest.inset(dx: 1)
        }
        let outer = room.centered(width: width + 4, height: height + 2)
        grid.clear(outer, role: .dialogText)
        drawing.lines(on: &grid, around: outer, role: role)
        let text = "[ " + title.prefix(cells: max(1, outer.width - 8)) + " ]"
        grid.put(text, x: outer.x + 2, y: outer.y, role: role)
        return outer.inset(dx: 2, dy: 1)
    }

    private mutating func draw(_ chooser: ActionChooser) {
        let items = model.items(of: chooser)
        let all = model.chooserHeight
        let height = min(all, max(items.count, chooser.field.text.isEmpty ? 1 : min(8, all)))
        let title: SafeText = chooser.kind == .help ? "Keys here" : "Actions"
        let inside = dialog(title, width: min(grid.size.columns - 4, 76), height: height + 1)
        drawInput(chooser.field.text, label: chooser.kind == .help ? "find " : ": ", in: inside.row(0))
        let list = inside.splitTop(1).rest
        guard let cursor = chooser.selected(in: items) else {
            return sentence("Nothing is called so.", in: list)
        }
        let first = chooser.position.firstRow(in: items, height: list.height)
        for (offset, item) in items.dropFirst(first).prefix(list.height).enumerated() {
            let row = list.row(offset)
            draw(item, isHelp: chooser.kind == .help, in: row)
            if first + offset == cursor { grid.mark(row, role: .listCursor) }
        }
        drawing.scrollbar(
            on: &grid, in: Rect(x: list.x, y: list.y, width: list.width + 1, height: list.height), first: first,
            shown: list.height, total: items.count)
    }

    private mutating func draw(_ item: ActionChooser.Item, isHelp: Bool, in row: Rect) {
        var keys: SafeText = ""
        var refusal: String?
        if case .action(let action) = item {
            let labels = model.keymap.keys(for: action, on: model.screen).prefix(2).map(\.label)
            keys = labels.dropFirst().reduce(labels.first ?? "") { $0 + " " + $1 }
            refusal = KeyTable.entry(action)?.refusal(model)
        }
        let role: StyleRole = refusal == nil ? .dialogText : .textDim
        let keyWidth = min(10, row.width / 4)
        grid.put(keys.fitted(keyWidth), x: row.x, y: row.y, role: refusal == nil ? .hintKey : .textDim)
        var x = row.x + keyWidth + 1
        // Names are what the palette looks for, sentences what the help does; both only where there is room.
        if row.width >= 66 || !isHelp {
            let nameWidth = row.width >= 66 ? 18 : row.maxX - x
            let name = SafeText(brief: model.label(of: item)).fitted(nameWidth, ellipsis: .middle)
            x += grid.put(name, x: x, y: row.y, role: role) + 1
        }
        guard row.width >= 66 || isHelp else { return }
        let text = refusal.map { "not now: " + SafeText($0) } ?? SafeText(model.help(of: item))
        grid.put(text, x: x, y: row.y, role: role, maxWidth: row.maxX - x)
    }

    private mutating func drawInput(_ text: String, label: SafeText, in row: Rect) {
        let x = row.x + grid.put(label, x: row.x, y: row.y, role: .dialogText)
        let field = Rect(x: x, y: row.y, width: max(0, row.maxX - x), height: 1)
        grid.clear(field, role: .dialogInput)
        let used = grid.put(
            SafeText(text), x: x, y: row.y, role: .dialogInput, maxWidth: field.width - 1, ellipsis: .middle)
        grid.cursor = Point(x: min(x + used, row.maxX - 1), y: row.y)
    }

    private mutating func draw(_ confirmation: Confirmation) {
        let lines = confirmation.consequences
        let width = max(confirmation.question.cells, lines.map(\.cells).max() ?? 0, 44)
        let inside = dialog("Please confirm", width: width, height: lines.count + 4, role: .dialogDanger)
        grid.put(confirmation.question, x: inside.x, y: inside.y, role: .dialogDanger, maxWidth: inside.width)
        for (index, text) in lines.enumerated() where index + 2 < inside.height {
            grid.put(text, x: inside.x, y: inside.y + index + 2, role: .dialogText, maxWidth: inside.width)
        }
        let word = SafeText(brief: confirmation.word).prefix(cells: 32)
        let label: SafeText =
            confirmation.isWrong
            ? "Not " + word + ". Type it, or Esc: " : "Type " + word + " and Enter, or Esc: "
        drawInput(
            confirmation.field.text, label: label, in: inside.row(min(lines.count + 3, max(0, inside.height - 1))))
    }

    private mutating func draw(_ form: LimitsForm) {
        let fields = LimitsForm.Field.allCases
        let inside = dialog("Limits of \(form.mirror)", width: 66, height: fields.count + 2)
        for (index, field) in fields.enumerated() {
            let row = inside.row(index)
            let isFocused = field == form.focus
            if isFocused { grid.put(">", x: row.x, y: row.y, role: .listMark) }
            grid.put(field.label, x: row.x + 2, y: row.y, role: isFocused ? .textStrong : .dialogText)
            let input = Rect(x: row.x + 13, y: row.y, width: min(12, row.width - 13), height: 1)
            grid.clear(input, role: .dialogInput)
            let text = SafeText(form.text(field))
            let used = grid.put(
                text, x: input.x, y: row.y, role: .dialogInput, maxWidth: input.width, ellipsis: .middle)
            if isFocused { grid.cursor = Point(x: min(input.x + used, max(0, input.maxX - 1)), y: row.y) }
            guard input.maxX + 2 + field.explanation.cells <= inside.maxX else { continue }
            grid.put(field.explanation, x: input.maxX + 2, y: row.y, role: .textDim)
        }
        let foot = inside.row(fields.count + 1)
        if let problem = form.problem {
            grid.put(problem, x: foot.x, y: foot.y, role: .promptError, maxWidth: foot.width)
        } else {
            line(
                [Span("Enter goes on to the question,", .textDim), Span("nothing is changed before it", .textDim)],
                in: foot, gap: 1)
        }
    }

    private mutating func draw(_ form: TapeForm) {
        let inside = dialog(form.title, width: 66, height: form.rows.count + 2)
        for (index, field) in form.rows.enumerated() {
            let row = inside.row(index)
            let isFocused = index == form.focus
            if isFocused { grid.put(">", x: row.x, y: row.y, role: .listMark) }
            grid.put(field.label, x: row.x + 2, y: row.y, role: isFocused ? .textStrong : .dialogText)
            let input = Rect(x: row.x + 10, y: row.y, width: min(24, row.width - 10), height: 1)
            grid.clear(input, role: .dialogInput)
            let used = grid.put(
                SafeText(brief: field.text), x: input.x, y: row.y, role: .dialogInput, maxWidth: input.width,
                ellipsis: .middle)
            if isFocused { grid.cursor = Point(x: min(input.x + used, max(0, input.maxX - 1)), y: row.y) }
            guard input.maxX + 2 + field.explanation.cells <= inside.maxX else { continue }
            grid.put(field.explanation, x: input.maxX + 2, y: row.y, role: .textDim)
        }
        let foot = inside.row(form.rows.count + 1)
        grid.put(
            form.problem ?? form.foot, x: foot.x, y: foot.y, role: form.problem == nil ? .textDim : .promptError,
            maxWidth: foot.width)
    }

    private mutating func draw(_ page: DetailPage) {
        let size = model.detailSize
        let lines = model.detailLines(page, width: size.columns)
        let inside = dialog(model.detailTitle(page), width: size.columns, height: min(size.rows, lines.count))
        draw(lines, scrolled: page.scroll, in: inside)
    }

    private mutating func draw(_ dialog: RequestDialog) {
        guard let request = model.openRequest(numbered: dialog.number) else { return }
        let size = model.requestSize
        let lines = model.requestLines(request, dialog, width: size.columns)
        let inside = self.dialog(
            model.requestTitle(request), width: 71, height: min(size.rows, lines.count), role: .bannerRequest)
        draw(lines, scrolled: dialog.scroll, in: inside)
    }

    private mutating func draw(_ view: JobLogView) {
        let size = model.jobLogSize
        let name = SafeText(brief: view.job).prefix(cells: 40, ellipsis: .middle)
        let state: SafeText = view.isEnd ? "" : view.isFollowing ? "  follow ON" : "  follow off"
        let inside = dialog("Log of " + name + " \(view.run)" + state, width: size.columns, height: size.rows)
        let first = view.first(height: inside.height)
        if view.lines.isEmpty {
            let text: SafeText =
                view.failure.map { "It cannot be read: " + SafeText(brief: $0) }
                ?? (view.isEnd ? "The run wrote nothing." : "Asking for it.")
            return sentence(text, in: inside)
        }
        for (row, text) in view.lines.dropFirst(first).prefix(inside.height).enumerated() {
            grid.put(SafeText(brief: text), x: inside.x, y: inside.y + row, role: .dialogText, maxWidth: inside.width)
        }
        drawing.scrollbar(
            on: &grid, in: Rect(x: inside.x, y: inside.y, width: inside.width + 1, height: inside.height),
            first: first, shown: inside.height, total: view.lines.count)
    }

    private mutating func draw(_ lines: [[Span]], scrolled scroll: Int, in inside: Rect) {
        let first = min(scroll, max(0, lines.count - inside.height))
        for (row, text) in lines.dropFirst(first).prefix(inside.height).enumerated() {
            line(text, in: inside.row(row), gap: 0)
        }
        drawing.scrollbar(
            on: &grid, in: Rect(x: inside.x, y: inside.y, width: inside.width + 1, height: inside.height),
            first: first, shown: inside.height, total: lines.count)
    }

    /// What the keys do inside the box.
    mutating func drawOverlayHints(in row: Rect) {
        let hints: [(SafeText, SafeText)]
        switch model.overlay {
        case .detail(let page):
            switch page.subject {
            case .failure: hints = [("Esc", "back"), ("R", "try this one again"), ("y", "copy")]
            case .alert: hints = [("Esc", "back"), ("A", "acknowledge"), ("Z", "silence"), ("y", "copy")]
            case .event, .runs, .volume: hints = [("Esc", "back"), ("y", "copy")]
            case .nextTape: hints = [("Esc", "back"), ("N", "next pool"), ("y", "copy")]
            }
        case .chooser: hints = [("Esc", "back"), ("Enter", "run"), ("Up Down", "choose"), ("letters", "narrow it")]
        case .limits, .tapeForm: hints = [("Esc", "back"), ("Enter", "go on"), ("Tab", "next field")]
        case .confirmation: hints = [("Esc", "no")]
        case .request: hints = [("Esc", "back"), ("!", "next request"), ("Up Down", "scroll")]
        case .jobLog: hints = [("Esc", "back"), ("f", "follow"), ("g G", "begin, end"), ("PgUp PgDn", "pages")]
        case .filter, .prompt, nil: hints = []
        }
        var x = 0
        for (key, text) in hints where x + key.cells + text.cells + 1 <= row.width {
            x += grid.put(key, x: x, y: row.y, role: .hintKey) + 1
            x += grid.put(text, x: x, y: row.y, role: .hintText) + 2
        }
    }

    /// Under 40x10: the worst alert, the mirrors, and how to get out. No refusal to draw.
    mutating func drawTiny() {
        let bounds = grid.bounds
        guard !bounds.isEmpty else { return }
        if case .confirmation(let confirmation) = model.overlay {
            let word = SafeText(brief: confirmation.word).prefix(cells: 32)
            sentenceAt(confirmation.question + (confirmation.level == .ask ? " y/N" : " type " + word), in: bounds)
            return
        }
        if case .request(let dialog) = model.overlay, let request = model.openRequest(numbered: dialog.number) {
            let lines = model.requestLines(request, dialog, width: bounds.width)
            return draw(lines, scrolled: dialog.scroll, in: bounds)
        }
        if case .prompt(let prompt) = model.overlay {
            return sentenceAt(prompt.label + SafeText(prompt.field.text), in: bounds)
        }
        let (top, rest) = bounds.splitTop(1)
        if let result = model.result {
            grid.put(result.text, x: 0, y: 0, role: .bannerOK, maxWidth: top.width)
        } else if model.isOld {
            grid.put("OLD DATA", x: 0, y: 0, role: .bannerAlert, maxWidth: top.width)
        } else if let request = model.openRequests.first {
            grid.put(
                "!! " + request.headline, x: 0, y: 0, role: .bannerRequest, maxWidth: top.width)
        } else if model.loudCount == 0 {
            grid.put("holdfast", x: 0, y: 0, role: .titleBar, maxWidth: top.width)
        } else {
            drawWorstAlert(in: top)
        }
        guard rest.height > 0 else { return }
        let (lines, foot) = rest.splitBottom(1)
        if lines.height > 0 { drawMirrorLines(in: lines) }
        grid.put("q quit  ? help", x: foot.x, y: foot.y, role: .hintText, maxWidth: foot.width)
    }

    private mutating func sentenceAt(_ text: SafeText, in rect: Rect) {
        for (index, line) in text.wrapped(rect.width).prefix(rect.height).enumerated() {
            grid.put(line, x: rect.x, y: rect.y + index, role: .dialogDanger, maxWidth: rect.width)
        }
    }
}
