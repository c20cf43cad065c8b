/// How to draw one cell on one terminal.
package struct ResolvedStyle: Hashable, Sendable {
    /// 0 to 255; nil for the terminal's own.
    package var foreground: Int?
    package var background: Int?
    package var attributes: Attributes
}

/// A theme brought down to what one terminal can show.
package struct ResolvedTheme: Hashable, Sendable {
    package let name: String
    package let depth: ColourDepth
    /// What widgets draw with.
    package let drawing: Drawing
    private let styles: [ResolvedStyle]

    package init(_ theme: Theme, depth: ColourDepth, glyphs available: GlyphSet.Kind) {
        name = theme.name
        self.depth = depth
        let plain = theme.styles[.textNormal] ?? RoleStyle()
        styles = StyleRole.allCases.map { role in
            (theme.styles[role] ?? plain).resolved(depth, over: plain.background)
        }
        drawing = Drawing(
            glyphs: ResolvedTheme.glyphs(theme, available: available), hasBorders: theme.border != .none)
    }

    package subscript(role: StyleRole) -> ResolvedStyle { styles[Int(role.rawValue)] }

    /// The style of a cell, with its own reversal.
    package func style(of cell: Cell) -> ResolvedStyle {
        var style = self[cell.role]
        if cell.reversed { style.attributes.formSymmetricDifference(.reverse) }
        return style
    }

    /// A theme may ask for less than the terminal can show, never for more.
    private static func glyphs(_ theme: Theme, available: GlyphSet.Kind) -> GlyphSet {
        let order = GlyphSet.Kind.allCases
        var kind = available
        if case .fixed(let wanted) = theme.glyphs, let asked = order.firstIndex(of: wanted),
            let can = order.firstIndex(of: available)
        {
            kind = order[max(asked, can)]
        }
        var set = GlyphSet(kind)
        if let graph = theme.graph, kind == .unicode || (kind == .block && graph != .braille) { set.graph = graph }
        if theme.border == .ascii { set.takeLines(from: .ascii) }
        for (slot, glyph) in theme.overrides where kind != .ascii || glyph.isASCII { set[keyPath: slot.path] = glyph }
        if theme.overrides[.progressFill] != nil { set.progressParts = [] }
        return set
    }
}

extension RoleStyle {
    /// Colours by number and attributes for a terminal of that depth.
    ///
    /// - Parameter ground: the background of plain text: what has another one stands out without colours too.
    func resolved(_ depth: ColourDepth, over ground: ThemeColour) -> ResolvedStyle {
        guard depth != .mono else {
            let extra: Attributes = background.isStandard || background == ground ? [] : .reverse
            return ResolvedStyle(attributes: mono ?? attributes.union(extra))
        }
        var style = ResolvedStyle(
            foreground: foreground.number(depth), background: background.number(depth), attributes: attributes)
        // Eight colours: the bright ones are bold, and bright black would vanish on black.
        if depth == .eight, let bright = foreground.number(.sixteen), bright >= 8 {
            style.attributes.formUnion(.bold)
            if bright == 8 { style.foreground = nil }
        }
        return style
    }
}

extension GlyphSet {
    mutating func takeLines(from other: GlyphSet) {
        horizontal = other.horizontal
        vertical = other.vertical
        topLeft = other.topLeft
        topRight = other.topRight
        bottomLeft = other.bottomLeft
        bottomRight = other.bottomRight
        axis = other.axis
        axisCorner = other.axisCorner
    }
}

extension Glyph {
    var isASCII: Bool { piece.base < 0x80 }
}
