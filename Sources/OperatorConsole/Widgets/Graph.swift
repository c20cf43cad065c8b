/// A history as a graph: newest at the right, with its highest value as a label.
package struct GraphValues: Hashable, Sendable {
    /// Oldest first; what is not a finite number above 0 is drawn as 0.
    package var values: [Double]
    /// The top of the scale; the highest value when nil.
    package var ceiling: Double?
    /// Says what the top is, for instance `58 MiB/s`.
    package var topLabel: SafeText
    package var bottomLabel: SafeText

    package init(_ values: [Double], ceiling: Double? = nil, topLabel: SafeText, bottomLabel: SafeText = "0") {
        self.values = values
        self.ceiling = ceiling
        self.topLabel = topLabel
        self.bottomLabel = bottomLabel
    }
}

extension Drawing {
    /// How many values fit into a graph of that width: braille shows two in a cell.
    package func graphCapacity(width: Int) -> Int { max(0, width) * (glyphs.graph == .braille ? 2 : 1) }

    /// The graph with a label column at the left, filled from the axis up.
    package func graph(on grid: inout Grid, in rect: Rect, _ graph: GraphValues) {
        let labels = max(graph.topLabel.cells, graph.bottomLabel.cells)
        let wantsLabels = labels > 0 && rect.width >= labels + 6
        let (left, plot) = rect.splitLeft(wantsLabels ? labels + 1 : 0)
        guard !plot.intersection(grid.bounds).isEmpty, plot.width <= Grid.maximum.columns else { return }
        if wantsLabels { axis(on: &grid, in: left, graph, width: labels) }
        let values = GraphLevels.newest(graph.values, count: graphCapacity(width: plot.width))
        let top = max(graph.ceiling ?? values.max() ?? 0, .leastNormalMagnitude)
        let levels = GraphLevels(values: values, top: top, steps: stepsPerCell, rows: plot.height)
        let seen = plot.intersection(grid.bounds)
        for row in seen.y - plot.y..<seen.maxY - plot.y {
            for column in seen.x - plot.x..<seen.maxX - plot.x {
                guard let glyph = graphGlyph(levels, column: column, rowFromBottom: plot.height - 1 - row) else {
                    grid.put(" ", x: plot.x + column, y: plot.y + row, role: .graphLine)
                    continue
                }
                grid.put(glyph.text, x: plot.x + column, y: plot.y + row, role: .graphLine)
            }
        }
    }

    private func axis(on grid: inout Grid, in rect: Rect, _ graph: GraphValues, width: Int) {
        grid.clear(rect)
        let line = Rect(x: rect.maxX - 1, y: rect.y, width: 1, height: rect.height)
        grid.fill(line, glyph: glyphs.vertical, role: .graphAxis)
        grid.put(graph.topLabel.padded(left: width), x: rect.x, y: rect.y, role: .graphAxis)
        guard rect.height > 1 else { return }
        grid.put(graph.bottomLabel.padded(left: width), x: rect.x, y: rect.maxY - 1, role: .graphAxis)
    }

    private var stepsPerCell: Int {
        switch glyphs.graph {
        case .braille: 4
        case .block: 8
        case .ascii: 2
        }
    }

    private func graphGlyph(_ levels: GraphLevels, column: Int, rowFromBottom row: Int) -> Glyph? {
        switch glyphs.graph {
        case .braille:
            let left = levels.inCell(2 * column, row: row)
            let right = levels.inCell(2 * column + 1, row: row)
            return left + right == 0 ? nil : GraphLevels.braille(left: left, right: right)
        case .block:
            let level = levels.inCell(column, row: row)
            return level == 0 ? nil : GraphLevels.blocks[level - 1]
        case .ascii:
            let level = levels.inCell(column, row: row)
            return level == 0 ? nil : level == 1 ? "." : ":"
        }
    }
}

/// A history in whole steps of a cell.
struct GraphLevels {
    private let levels: [Int]
    private let steps: Int

    /// Anything above 0 is at least one step: a trickle is not a standstill.
    init(values: [Double], top: Double, steps: Int, rows: Int) {
        self.steps = steps
        let full = Double(steps * rows)
        levels = values.map { value in
            guard value > 0, value.isFinite else { return 0 }
            return max(1, Int((min(1, value / top) * full).rounded()))
        }
    }

    /// 0 to `steps`: how much of that row the value fills.
    func inCell(_ index: Int, row: Int) -> Int {
        guard levels.indices.contains(index) else { return 0 }
        return min(max(0, levels[index] - row * steps), steps)
    }

    /// The last values, with zeros before them where there are too few.
    static func newest(_ values: [Double], count: Int) -> [Double] {
        let shown = values.suffix(count).map { $0.isFinite ? max(0, $0) : 0 }
        return Array(repeating: 0, count: count - shown.count) + shown
    }

    static let blocks: [Glyph] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// The dots of a braille cell, counted from its foot: bits 6, 2, 1, 0 at the left and 7, 5, 4, 3 at the right.
    static func braille(left: Int, right: Int) -> Glyph? {
        var dots: UInt32 = 0
        for bit in [6, 2, 1, 0].prefix(left) { dots |= 1 << UInt32(bit) }
        for bit in [7, 5, 4, 3].prefix(right) { dots |= 1 << UInt32(bit) }
        return Unicode.Scalar(0x2800 + dots).flatMap(Glyph.init)
    }
}
