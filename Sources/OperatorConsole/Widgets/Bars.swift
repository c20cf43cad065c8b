/// How full a gauge may be before it says so.
package struct GaugeLimits: Hashable, Sendable {
    /// Below it `gauge.low`.
    package var low: Double
    /// Above it `gauge.high`.
    package var high: Double

    package init(low: Double = 0.2, high: Double = 0.9) {
        self.low = low
        self.high = high
    }
}

extension Drawing {
    /// A bar over the rectangle's first row. A fraction that is not a number between 0 and 1 is drawn as the nearest.
    ///
    /// Nothing is rounded up to full: the last cell is filled at 1 only, and anything above 0 shows.
    package func progress(
        on grid: inout Grid, in rect: Rect, fraction: Double, stalled: Bool = false
    ) {
        bar(on: &grid, in: rect, fraction: fraction, fill: stalled ? .progressStalled : .progressFill)
    }

    /// A bar whose colour depends on how full it is.
    package func gauge(on grid: inout Grid, in rect: Rect, fraction: Double, limits: GaugeLimits = GaugeLimits()) {
        let fill: StyleRole = fraction < limits.low ? .gaugeLow : fraction > limits.high ? .gaugeHigh : .gaugeOK
        bar(on: &grid, in: rect, fraction: fraction, fill: fill)
    }

    /// A bar on the right edge: which part of `total` rows is shown. Draws nothing when all are.
    package func scrollbar(on grid: inout Grid, in rect: Rect, first: Int, shown: Int, total: Int) {
        guard rect.height > 0, rect.width > 0, total > shown, shown > 0 else { return }
        let column = Rect(x: rect.maxX - 1, y: rect.y, width: 1, height: rect.height)
        grid.fill(column, glyph: glyphs.scrollTrack, role: .scrollbar)
        let length = max(1, Int(Double(rect.height) * Double(shown) / Double(total)))
        let place = Double(min(max(0, first), total - shown)) / Double(total - shown)
        let start = Int((Double(rect.height - length) * place).rounded())
        let thumb = Rect(x: column.x, y: column.y + start, width: 1, height: length)
        grid.fill(thumb, glyph: glyphs.scrollThumb, role: .scrollbar)
    }

    private func bar(on grid: inout Grid, in rect: Rect, fraction: Double, fill: StyleRole) {
        let row = rect.row(0)
        guard !row.isEmpty else { return }
        let steps = glyphs.progressParts.count + 1
        let share = fraction.isNaN ? 0 : min(max(0, fraction), 1)
        var filled = Int(Double(row.width * steps) * share)
        if share > 0 { filled = max(1, filled) }
        if share < 1 { filled = min(filled, row.width * steps - 1) }
        let whole = filled / steps
        let (full, rest) = row.splitLeft(whole)
        grid.fill(full, glyph: glyphs.progressFill, role: fill)
        grid.fill(rest, glyph: glyphs.progressEmpty, role: .progressEmpty)
        let part = filled % steps
        if part > 0 { grid.put(glyphs.progressParts[part - 1].text, x: rest.x, y: rest.y, role: fill) }
        if whole == 0, part == 0, share > 0 {
            grid.put(glyphs.progressFill.text, x: row.x, y: row.y, role: fill, maxWidth: row.width)
        }
    }
}
