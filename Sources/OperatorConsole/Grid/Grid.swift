/// The picture of one screen: cells with roles. Everything outside it is clipped; no size and no place traps.
package struct Grid: Hashable, Sendable {
    package let size: Size
    private var cells: [Cell]
    /// Where the terminal's own cursor stands, for text fields and screen readers; nil hides it.
    package var cursor: Point?

    /// Larger screens are drawn this far only.
    package static let maximum = Size(columns: 2000, rows: 1000)

    package init(size: Size) {
        self.size = Size(
            columns: min(max(0, size.columns), Grid.maximum.columns), rows: min(max(0, size.rows), Grid.maximum.rows))
        cells = Array(repeating: .blank, count: self.size.columns * self.size.rows)
    }

    package var bounds: Rect { Rect(size) }

    /// The cell there, or nil outside.
    package subscript(x: Int, y: Int) -> Cell? {
        bounds.contains(Point(x: x, y: y)) ? cells[y * size.columns + x] : nil
    }

    /// One row's cells, left to right; empty outside.
    package func row(_ y: Int) -> ArraySlice<Cell> {
        guard y >= 0, y < size.rows else { return [] }
        return cells[y * size.columns..<(y + 1) * size.columns]
    }

    /// Puts a text, cut to `maxWidth` cells and to the row's end; escaped parts get their own role.
    ///
    /// - Returns: the cells used, also where they lie outside the grid.
    @discardableResult
    package mutating func put(
        _ text: SafeText, x: Int, y: Int, role: StyleRole, maxWidth: Int? = nil, ellipsis: Ellipsis = .end
    ) -> Int {
        let fitted = maxWidth.map { text.prefix(cells: max(0, $0), ellipsis: ellipsis) } ?? text
        guard y >= 0, y < size.rows, size.columns > 0, x < size.columns, x > -2 * SafeText.limit else {
            return fitted.cells
        }
        var column = x
        for piece in fitted.pieces {
            if column >= size.columns { break }
            set(piece, x: column, y: y, role: piece.isEscaped ? .textEscaped : role)
            column += Int(piece.columns)
        }
        return fitted.cells
    }

    package mutating func fill(_ rect: Rect, glyph: Glyph, role: StyleRole) {
        for y in clippedRows(rect) {
            for x in clippedColumns(rect) { set(glyph.piece, x: x, y: y, role: role) }
        }
    }

    package mutating func clear(_ rect: Rect, role: StyleRole = .textNormal) { fill(rect, glyph: " ", role: role) }

    /// Changes the role of what stands there, for instance to `list.cursor`; escaped parts keep theirs, reversed.
    package mutating func mark(_ rect: Rect, role: StyleRole) {
        for y in clippedRows(rect) {
            for x in clippedColumns(rect) {
                let index = y * size.columns + x
                if cells[index].role == .textEscaped {
                    cells[index].reversed = true
                } else {
                    cells[index].role = role
                }
            }
        }
    }

    /// The rows as text; a wide character counts once.
    package func text() -> [String] {
        (0..<size.rows).map { y in
            var view = String.UnicodeScalarView()
            for cell in row(y) { cell.piece.append(to: &view) }
            return String(view)
        }
    }

    /// The rows as maps of roles, one character a cell (`StyleRole.mapCharacter`).
    package func roles() -> [String] {
        (0..<size.rows).map { y in String(row(y).map(\.role.mapCharacter)) }
    }

    private mutating func set(_ piece: Piece, x: Int, y: Int, role: StyleRole) {
        guard x >= 0 else {
            // The right half of a character that begins outside.
            if x + Int(piece.columns) > 0 { set(.space, x: 0, y: y, role: role) }
            return
        }
        let shown = x + Int(piece.columns) <= size.columns ? piece : .cut
        breakWide(x: x, y: y)
        cells[y * size.columns + x] = Cell(piece: shown, role: role, reversed: false)
        guard shown.columns == 2 else { return }
        breakWide(x: x + 1, y: y)
        cells[y * size.columns + x + 1] = Cell(piece: .continuation, role: role, reversed: false)
    }

    /// Whoever overwrites half of a wide character leaves a space in the other half.
    private mutating func breakWide(x: Int, y: Int) {
        let index = y * size.columns + x
        if cells[index].piece.columns == 0, x > 0 { cells[index - 1].piece = .space }
        if cells[index].piece.columns == 2, x + 1 < size.columns { cells[index + 1].piece = .space }
    }

    private func clippedRows(_ rect: Rect) -> Range<Int> {
        let low = min(max(0, rect.y), size.rows)
        return low..<max(low, min(rect.maxY, size.rows))
    }

    private func clippedColumns(_ rect: Rect) -> Range<Int> {
        let low = min(max(0, rect.x), size.columns)
        return low..<max(low, min(rect.maxX, size.columns))
    }
}
