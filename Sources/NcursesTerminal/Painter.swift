import CNcurses
import OperatorConsole

/// Brings grids to curses, row by row, and only the rows that changed.
///
/// Where the C library's idea of a width differs from the console's, the cell is drawn as `?`, so that nothing drifts.
struct Painter {
    private var last: Grid?
    private var lastTheme: ResolvedTheme?
    private var agreed: [UInt32: Bool] = [:]
    private let isUTF8: Bool
    private let attributes: UInt8

    init(isUTF8: Bool, attributes: UInt8) {
        self.isUTF8 = isUTF8
        self.attributes = attributes
    }

    /// What is on the screen is not known any more.
    mutating func forget() { last = nil }

    /// False when the picture is what it was.
    mutating func paint(_ grid: Grid, theme: ResolvedTheme) -> Bool {
        let isFresh = last?.size != grid.size || lastTheme != theme
        if !isFresh, last == grid { return false }
        if isFresh { cn_erase() }
        var cells: [cn_cell] = []
        for y in 0..<grid.size.rows where isFresh || last?.row(y) != grid.row(y) {
            cells.removeAll(keepingCapacity: true)
            for cell in grid.row(y) { cells.append(curses(cell, theme)) }
            cn_put(Int32(y), 0, cells, Int32(cells.count))
        }
        cn_flush(Int32(grid.cursor?.x ?? -1), Int32(grid.cursor?.y ?? -1))
        last = grid
        lastTheme = theme
        return true
    }

    private mutating func curses(_ cell: Cell, _ theme: ResolvedTheme) -> cn_cell {
        var style = theme.style(of: cell)
        var base = cell.base
        var marks = cell.marks
        if base >= 0x80, !agrees(base, columns: cell.width) {
            base = 0x3f
            marks = (0, 0)
            style = theme[.textEscaped]
        }
        if marks.0 >= 0x80, !agrees(marks.0, columns: 0) { marks = (0, 0) }
        if marks.1 >= 0x80, !agrees(marks.1, columns: 0) { marks.1 = 0 }
        return cn_cell(
            scalars: (base, marks.0, marks.1), foreground: Int16(style.foreground ?? -1),
            background: Int16(style.background ?? -1), attributes: style.attributes.rawValue & attributes,
            columns: UInt8(cell.width))
    }

    private mutating func agrees(_ value: UInt32, columns: Int) -> Bool {
        guard isUTF8 else { return false }
        if let known = agreed[value] { return known }
        let answer = cn_width(value) == Int32(columns)
        agreed[value] = answer
        return answer
    }
}
