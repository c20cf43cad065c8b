import BackupModel

/// One coloured word of a line.
struct Span {
    var text: SafeText
    var role: StyleRole

    init(_ text: SafeText, _ role: StyleRole = .textNormal) {
        self.text = text
        self.role = role
    }
}

/// Draws one frame of a model.
struct Painter {
    var grid: Grid
    let model: Model
    let layout: ScreenLayout
    let drawing: Drawing
    let clock: Clock

    init(_ model: Model, glyphs: GlyphSet, hasBorders: Bool) {
        self.model = model
        layout = ScreenLayout(model, hasBorders: hasBorders)
        drawing = Drawing(glyphs: glyphs, hasBorders: layout.hasBorders)
        grid = Grid(size: model.size)
        clock = model.clock
    }

    /// The pane's frame; nil when the pane has no place on this screen.
    mutating func frame(_ pane: Pane, _ title: SafeText, right: SafeText = "") -> Rect? {
        guard let place = layout.places[pane], !place.isEmpty else { return nil }
        let focused = model.focusedPane == pane && model.overlay == nil
        return drawing.box(on: &grid, in: place, title: title, right: right, focused: focused)
    }

    /// Words with two spaces between them; those that do not fit whole are left out, but for the first.
    mutating func line(_ spans: [Span], in row: Rect, gap: Int = 2) {
        guard !row.isEmpty else { return }
        var x = row.x
        for (index, span) in spans.enumerated() where !span.text.isEmpty {
            let room = row.maxX - x
            guard index == 0 || span.text.cells <= room else { break }
            x += grid.put(span.text, x: x, y: row.y, role: span.role, maxWidth: room) + gap
        }
    }

    /// `label value`: the label dim, the value as told.
    func labelled(_ label: SafeText, _ value: SafeText, _ role: StyleRole = .textNormal) -> [Span] {
        [Span(label, .textDim), Span(value, role)]
    }

    /// Pairs of label and value; a pair that does not fit whole is left out.
    mutating func pairs(_ pairs: [(label: SafeText, value: SafeText, role: StyleRole)], in row: Rect, gap: Int = 3) {
        guard !row.isEmpty else { return }
        var x = row.x
        for pair in pairs where !pair.value.isEmpty {
            let needed = pair.value.cells + (pair.label.isEmpty ? 0 : pair.label.cells + 1)
            guard x + needed <= row.maxX else { continue }
            if !pair.label.isEmpty { x += grid.put(pair.label, x: x, y: row.y, role: .textDim) + 1 }
            x += grid.put(pair.value, x: x, y: row.y, role: pair.role) + gap
        }
    }

    /// A sentence in an empty pane.
    mutating func sentence(_ text: SafeText, in rect: Rect, role: StyleRole = .textDim) {
        let place = rect.inset(dx: 1)
        for (index, line) in text.wrapped(place.width).prefix(place.height).enumerated() {
            grid.put(line, x: place.x, y: place.y + index, role: role, maxWidth: place.width)
        }
    }

    /// Lets the terminal's cursor stand on a row, for screen readers.
    mutating func park(x: Int, y: Int) {
        if model.isAccessible, grid.cursor == nil { grid.cursor = Point(x: max(0, x), y: max(0, y)) }
    }

    /// A table with the cursor of a list.
    mutating func table<ID>(
        _ pane: Pane, in rect: Rect, columns: [TableColumn], ids: some RandomAccessCollection<ID>,
        position: ListPosition<ID>, row: @escaping (Int) -> [TableCell]
    ) {
        let hasHeader = layout.hasHeader(pane)
        let height = drawing.tableRows(in: rect, hasHeader: hasHeader)
        let first = position.firstRow(in: ids, height: height)
        let cursor = position.index(in: ids)
        let isFocused = model.focusedPane == pane
        drawing.table(
            on: &grid, in: rect,
            Table(
                columns: columns, rowCount: ids.count, cursor: cursor, first: first, isFocused: isFocused,
                hasHeader: hasHeader, row: row))
        if isFocused, let cursor { park(x: rect.x, y: rect.y + cursor - first + (hasHeader ? 1 : 0)) }
    }

    func counter(_ index: Int?, of count: Int) -> SafeText { index.map { "\($0 + 1)/\(count)" } ?? "" }
}
