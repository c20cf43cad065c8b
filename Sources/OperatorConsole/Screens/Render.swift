/// The picture of a model: a pure function of its arguments, at every size. `hasBorders` is false for themes without
/// lines; an accessible model never has any.
package func render(_ model: Model, size: Size, glyphs: GlyphSet, hasBorders: Bool = true) -> Grid {
    var model = model
    model.size = size
    let plain = model.isAccessible
    var painter = Painter(model, glyphs: plain ? .ascii : glyphs, hasBorders: hasBorders && !plain)
    painter.draw()
    return painter.grid
}

extension Painter {
    mutating func draw() {
        guard layout.sizeClass > .tiny else { return drawTiny() }
        drawTitle()
        drawTabs()
        drawContent()
        drawBanner()
        drawHints()
        drawOverlay()
    }

    private mutating func drawContent() {
        guard let state = model.shown else {
            sentence("Waiting for the engine's first state.", in: layout.content.inset(dy: 1))
            return
        }
        switch model.screen {
        case .dashboard: drawDashboard(state)
        case .copy: drawCopy()
        case .tape: drawTape()
        case .jobs: drawJobs(state)
        case .log: drawLog()
        case .alerts: drawAttention(state)
        }
        // Old data is shown, but never as if it were live (H12).
        if model.isOld { grid.mark(layout.content, role: .textDim) }
    }
}
