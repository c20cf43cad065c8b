/// One column of a table.
package struct TableColumn: Hashable, Sendable {
    package var title: SafeText
    package var align: Alignment
    /// Never narrower, unless the whole table is.
    package var minimum: Int
    /// Share of the width that is left over; 0 keeps the minimum.
    package var flex: Int
    package var ellipsis: Ellipsis
    /// Columns with the lowest priority go first where the minimums do not fit.
    package var priority: Int
    /// The column the rows are sorted by.
    package var isSorted: Bool

    package init(
        _ title: SafeText, minimum: Int, flex: Int = 0, align: Alignment = .left, ellipsis: Ellipsis = .end,
        priority: Int = 0, isSorted: Bool = false
    ) {
        self.title = title
        self.align = align
        self.minimum = max(1, minimum)
        self.flex = max(0, flex)
        self.ellipsis = ellipsis
        self.priority = priority
        self.isSorted = isSorted
    }
}

/// What stands in one cell of a table.
package struct TableCell: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case text(SafeText)
        case progress(Double, stalled: Bool)
    }

    package var content: Content
    package var role: StyleRole

    package init(_ text: SafeText, role: StyleRole = .textNormal) {
        content = .text(text)
        self.role = role
    }

    /// A bar over the column's width.
    package static func progress(_ fraction: Double, stalled: Bool = false) -> TableCell {
        var cell = TableCell("")
        cell.content = .progress(fraction, stalled: stalled)
        return cell
    }
}

/// The rows of a table that are asked for: only what is on the screen is ever made (H16).
package struct Table {
    package var columns: [TableColumn]
    package var rowCount: Int
    /// The row under the cursor; nil for none.
    package var cursor: Int?
    /// The first row on the screen, as `firstRow(keeping:)` gave it.
    package var first: Int
    package var isFocused: Bool
    package var hasHeader: Bool
    package var isMarked: (Int) -> Bool
    /// The cells of a row, one per column; a row with fewer is drawn with blanks.
    package var row: (Int) -> [TableCell]

    package init(
        columns: [TableColumn], rowCount: Int, cursor: Int? = nil, first: Int = 0, isFocused: Bool = true,
        hasHeader: Bool = true, isMarked: @escaping (Int) -> Bool = { _ in false },
        row: @escaping (Int) -> [TableCell]
    ) {
        self.columns = columns
        self.rowCount = max(0, rowCount)
        self.cursor = cursor
        self.first = first
        self.isFocused = isFocused
        self.hasHeader = hasHeader
        self.isMarked = isMarked
        self.row = row
    }

    /// `1/8`: where the cursor is; without one, how many rows there are.
    package var counter: SafeText {
        guard let cursor, rowCount > 0 else { return SafeText(String(rowCount)) }
        return "\(min(max(0, cursor), rowCount - 1) + 1)/\(rowCount)"
    }

    /// The first row to show so that the cursor is seen and the picture moves as little as possible.
    package static func firstRow(keeping first: Int, cursor: Int?, shown: Int, total: Int) -> Int {
        guard shown > 0 else { return 0 }
        var start = first
        if let cursor {
            let row = min(max(0, cursor), max(0, total - 1))
            if row < start { start = row }
            if row >= start + shown { start = row - shown + 1 }
        }
        return min(max(0, start), max(0, total - shown))
    }

    /// The widths of the columns that fit, in order; 0 for those that were left out. One cell stands between two.
    package static func widths(_ columns: [TableColumn], total: Int) -> [Int] {
        var shown = Set(columns.indices)
        func needed() -> Int { shown.reduce(shown.count - 1) { $0 + columns[$1].minimum } }
        while shown.count > 1, needed() > total {
            let victim = shown.min { (columns[$0].priority, -$0) < (columns[$1].priority, -$1) }
            if let victim { shown.remove(victim) }
        }
        var widths = columns.indices.map { shown.contains($0) ? columns[$0].minimum : 0 }
        if let last = shown.first, shown.count == 1 { widths[last] = min(widths[last], max(0, total)) }
        var spare = max(0, total - needed())
        var weight = shown.reduce(0) { $0 + columns[$1].flex }
        for index in shown.sorted() where columns[index].flex > 0 {
            let share = spare * columns[index].flex / weight
            widths[index] += share
            spare -= share
            weight -= columns[index].flex
        }
        return widths
    }
}

extension Drawing {
    /// How many rows of a table fit under its header.
    package func tableRows(in rect: Rect, hasHeader: Bool = true) -> Int { max(0, rect.height - (hasHeader ? 1 : 0)) }

    /// Header, rows with the cursor and its `>` in the first cell, marks `*`, and a scroll bar when rows are hidden.
    package func table(on grid: inout Grid, in rect: Rect, _ table: Table) {
        guard !rect.isEmpty else { return }
        grid.clear(rect)
        let shown = tableRows(in: rect, hasHeader: table.hasHeader)
        let hidesRows = table.rowCount > shown
        let (gutter, rest) = rect.splitLeft(1)
        let body = hidesRows ? rest.splitRight(1).rest : rest
        let widths = Table.widths(table.columns, total: body.width)
        if table.hasHeader { header(on: &grid, in: body.row(0), table, widths) }
        let first = Table.firstRow(keeping: table.first, cursor: table.cursor, shown: shown, total: table.rowCount)
        let top = rect.y + rect.height - shown
        for index in first..<max(first, min(table.rowCount, first + shown)) {
            let line = Rect(x: body.x, y: top + index - first, width: body.width, height: 1)
            cells(on: &grid, in: line, table, widths, row: index)
            if table.isMarked(index) {
                grid.put("*", x: gutter.x, y: line.y, role: .listMark)
                grid.mark(line, role: .listMark)
            }
            if table.cursor == index { putCursor(on: &grid, x: gutter.x, line: line, isFocused: table.isFocused) }
        }
        if hidesRows {
            let track = Rect(x: rect.x, y: top, width: rect.width, height: shown)
            scrollbar(on: &grid, in: track, first: first, shown: shown, total: table.rowCount)
        }
    }

    private func putCursor(on grid: inout Grid, x: Int, line: Rect, isFocused: Bool) {
        let role: StyleRole = isFocused ? .listCursor : .listCursorInactive
        if grid[x, line.y]?.scalars == [" "] { grid.put(">", x: x, y: line.y, role: role) }
        grid.mark(Rect(x: x, y: line.y, width: line.width + 1, height: 1), role: role)
    }

    private func header(on grid: inout Grid, in rect: Rect, _ table: Table, _ widths: [Int]) {
        var x = rect.x
        for (column, width) in zip(table.columns, widths) where width > 0 {
            let role: StyleRole = column.isSorted ? .listSort : .listHeader
            grid.put(column.title.fitted(width, align: column.align), x: x, y: rect.y, role: role)
            x += width + 1
        }
    }

    private func cells(on grid: inout Grid, in rect: Rect, _ table: Table, _ widths: [Int], row: Int) {
        var x = rect.x
        let cells = table.row(row)
        for (index, width) in widths.enumerated() where width > 0 {
            defer { x += width + 1 }
            guard index < cells.count else { continue }
            switch cells[index].content {
            case .text(let text):
                let column = table.columns[index]
                let fitted = text.fitted(width, align: column.align, ellipsis: column.ellipsis)
                grid.put(fitted, x: x, y: rect.y, role: cells[index].role)
            case .progress(let fraction, let stalled):
                let place = Rect(x: x, y: rect.y, width: width, height: 1)
                progress(on: &grid, in: place, fraction: fraction, stalled: stalled)
            }
        }
    }
}
