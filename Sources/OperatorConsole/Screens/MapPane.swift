import BackupModel

/// The 256 leading bytes of the blobs' names, one cell each: where the copy is, and where it hurts.
extension Painter {
    mutating func drawMap(_ copy: CopyState) {
        guard let inside = frame(.map, "Map by leading byte", right: Painter.legendNote) else { return }
        guard copy.map.marks.count == 256 else {
            return sentence("The map comes with the first scan.", in: inside)
        }
        let cells = copy.map.marks
        let body = inside.inset(dx: 1)
        let hasRuler = body.height >= 18 && body.width >= 52
        let columns = hasRuler ? 16 : Painter.mapColumns(width: body.width - 3, height: body.height)
        if hasRuler {
            drawRuledMap(cells, in: body)
        } else {
            drawDenseMap(cells, columns: columns, in: body)
        }
        drawLegend(in: body, below: hasRuler ? 17 : 256 / columns)
    }

    /// The fewest columns, as a power of two, with which all rows fit.
    private static func mapColumns(width: Int, height: Int) -> Int {
        var columns = 16
        while columns * 2 <= width, 256 / columns > height { columns *= 2 }
        return columns
    }

    /// Sixteen by sixteen with the digits of the byte at its sides.
    private mutating func drawRuledMap(_ cells: [MapMark], in body: Rect) {
        let digits = Array("0123456789abcdef").map { SafeText(String($0)) }
        let step = min(4, (body.width - 3) / 16)
        for index in 0..<16 {
            grid.put(digits[index], x: body.x + 4 + index * step, y: body.y, role: .graphAxis)
            grid.put(digits[index] + "x", x: body.x, y: body.y + 1 + index, role: .graphAxis)
        }
        for (index, cell) in cells.enumerated() {
            let x = body.x + 4 + index % 16 * step
            // Three columns a cell join into a picture; one stays free between two.
            let place = Rect(x: x, y: body.y + 1 + index / 16, width: max(1, step - 1), height: 1)
            grid.fill(place, glyph: cell.glyph, role: cell.role)
        }
    }

    private mutating func drawDenseMap(_ cells: [MapMark], columns: Int, in body: Rect) {
        let map = Rect(x: body.x + 3, y: body.y, width: columns, height: body.height)
        drawing.blobMap(on: &grid, in: map, cells)
        for row in 0..<min(body.height, 256 / columns) {
            let first = String(row * columns, radix: 16)
            let label = SafeText(first.utf8.count < 2 ? "0" + first : first)
            grid.put(label, x: body.x, y: body.y + row, role: .graphAxis)
        }
        guard body.height < 256 / columns + 1, body.width >= columns + 18 else { return }
        for (row, entry) in Painter.legend.prefix(body.height).enumerated() {
            let x = grid.put(entry.cell.glyph.text, x: map.maxX + 3, y: body.y + row, role: entry.cell.role)
            grid.put(entry.word, x: map.maxX + 4 + x, y: body.y + row, role: .textDim)
        }
    }

    private mutating func drawLegend(in body: Rect, below rows: Int) {
        let row = body.row(min(rows, body.height - 1))
        guard rows < body.height else { return }
        var x = row.x
        for entry in Painter.legend where x + entry.word.cells + 2 <= row.maxX {
            x += grid.put(entry.cell.glyph.text, x: x, y: row.y, role: entry.cell.role) + 1
            x += grid.put(entry.word, x: x, y: row.y, role: .textDim) + 2
        }
    }

    private static let legendNote: SafeText = "# done  > active  . waiting  ! failed  v verified"

    private static let legend: [(cell: MapMark, word: SafeText)] = [
        (.placed, "done"), (.active, "active"), (.waiting, "waiting"), (.failed, "failed"), (.verified, "verified"),
    ]
}
