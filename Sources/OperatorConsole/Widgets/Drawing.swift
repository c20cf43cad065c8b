/// What widgets need besides the grid and the place: which characters there are, and whether boxes get lines.
///
/// Widgets are functions: they draw into the rectangle they are given and nothing outside it, at every size.
package struct Drawing: Hashable, Sendable {
    package var glyphs: GlyphSet
    /// False for themes without borders and for screen readers: a box is its title line alone.
    package var hasBorders: Bool

    package init(glyphs: GlyphSet, hasBorders: Bool = true) {
        self.glyphs = glyphs
        self.hasBorders = hasBorders
    }

    /// A frame with its title at the left and a note at the right of the top line: `+-[ title ]---[note]-+`; `>` before the
    /// title of the focused one.
    ///
    /// - Returns: the place inside. Without lines that is everything under the title.
    @discardableResult
    package func box(
        on grid: inout Grid, in rect: Rect, title: SafeText, right: SafeText = "", focused: Bool = false
    ) -> Rect {
        guard !rect.isEmpty else { return rect }
        let role: StyleRole = focused ? .boxBorderFocus : .boxBorder
        guard hasBorders, rect.width >= 4, rect.height >= 2 else {
            return titleLine(on: &grid, in: rect, title: title, right: right, role: role)
        }
        grid.clear(rect)
        lines(on: &grid, around: rect, role: role)
        let room = rect.width - 4
        if focused { grid.put(">", x: rect.x + 1, y: rect.y, role: role) }
        let shown = title.prefix(cells: max(0, room - 4))
        guard !shown.isEmpty else { return rect.inset(dx: 1, dy: 1) }
        var x = rect.x + 2
        x += grid.put("[ ", x: x, y: rect.y, role: role)
        x += grid.put(shown, x: x, y: rect.y, role: .boxTitle)
        x += grid.put(" ]", x: x, y: rect.y, role: role)
        let note = right.cells + 2
        if !right.isEmpty, rect.maxX - 2 - note > x {
            x = rect.maxX - 2 - note
            x += grid.put("[", x: x, y: rect.y, role: role)
            x += grid.put(right, x: x, y: rect.y, role: .hintText)
            grid.put("]", x: x, y: rect.y, role: role)
        }
        return rect.inset(dx: 1, dy: 1)
    }

    /// Lines round a rectangle, for instance in a dialog's role.
    package func lines(on grid: inout Grid, around rect: Rect, role: StyleRole) {
        guard rect.width >= 2, rect.height >= 2 else { return }
        let right = rect.maxX - 1
        let bottom = rect.maxY - 1
        for y in [rect.y, bottom] {
            grid.fill(Rect(x: rect.x, y: y, width: rect.width, height: 1), glyph: glyphs.horizontal, role: role)
        }
        for x in [rect.x, right] {
            grid.fill(Rect(x: x, y: rect.y, width: 1, height: rect.height), glyph: glyphs.vertical, role: role)
        }
        grid.put(glyphs.topLeft.text, x: rect.x, y: rect.y, role: role)
        grid.put(glyphs.topRight.text, x: right, y: rect.y, role: role)
        grid.put(glyphs.bottomLeft.text, x: rect.x, y: bottom, role: role)
        grid.put(glyphs.bottomRight.text, x: right, y: bottom, role: role)
    }

    private func titleLine(
        on grid: inout Grid, in rect: Rect, title: SafeText, right: SafeText, role: StyleRole
    ) -> Rect {
        let (top, rest) = rect.splitTop(1)
        grid.clear(rect)
        let mark: SafeText = role == .boxBorderFocus ? "> " : ""
        grid.put(mark + title, x: top.x, y: top.y, role: .boxTitle, maxWidth: top.width)
        if !right.isEmpty, mark.cells + title.cells + right.cells + 2 <= top.width {
            grid.put(right, x: top.maxX - right.cells, y: top.y, role: .hintText)
        }
        return rest
    }
}
