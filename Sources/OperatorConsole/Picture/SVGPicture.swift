/// A grid as a picture for documentation: the text in it is the grid's text, line by line.
package struct SVGPicture: Sendable {
    private static let cellWidth = 8
    private static let cellHeight = 17
    private static let baseline = 13
    private static let margin = 8

    private let theme: Theme
    private let ink: RGB
    private let ground: RGB

    /// The theme's `ground` is the picture's; without one the picture is light on near black.
    package init(theme: Theme) {
        self.theme = theme
        ground = theme.ground ?? RGB(28, 28, 28)
        ink = theme.inkOnGround ?? RGB(218, 218, 218)
    }

    /// The picture, as one SVG document. `label` says what it shows, for those who cannot see it.
    package func draw(_ grid: Grid, label: SafeText) -> String {
        let width = grid.size.columns * SVGPicture.cellWidth + 2 * SVGPicture.margin
        let height = grid.size.rows * SVGPicture.cellHeight + 2 * SVGPicture.margin
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" width="\#(width)" height="\#(height)" "#
                + #"viewBox="0 0 \#(width) \#(height)" role="img">"#,
            "<title>\(SVGPicture.escaped(label.plain))</title>",
            #"<rect width="\#(width)" height="\#(height)" rx="6" fill="\#(ground.hex)"/>"#,
            #"<g font-family="ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace" font-size="13" "#
                + #"xml:space="preserve">"#,
        ]
        for y in 0..<grid.size.rows { lines += row(Array(grid.row(y)), y: y) }
        lines += ["</g>", "</svg>", ""]
        return lines.joined(separator: "\n")
    }

    /// Backgrounds first, then one text element whose parts keep the colours; every part is stretched to its cells, so
    /// that fonts with other widths still line up.
    private func row(_ cells: [Cell], y: Int) -> [String] {
        let runs = runs(cells)
        let top = SVGPicture.margin + y * SVGPicture.cellHeight
        let backgrounds = runs.filter { $0.look.back != ground }.map { run in
            #"<rect x="\#(left(run.x))" y="\#(top)" width="\#(run.width * SVGPicture.cellWidth)" "#
                + #"height="\#(SVGPicture.cellHeight)" fill="\#(run.look.back.hex)"/>"#
        }
        let parts = runs.map { run in
            #"<tspan x="\#(left(run.x))" textLength="\#(run.width * SVGPicture.cellWidth)" "#
                + #"lengthAdjust="spacingAndGlyphs" \#(run.look.css)>\#(SVGPicture.escaped(run.text))</tspan>"#
        }
        return backgrounds + [#"<text y="\#(top + SVGPicture.baseline)">"# + parts.joined() + "</text>"]
    }

    private func left(_ column: Int) -> Int { SVGPicture.margin + column * SVGPicture.cellWidth }

    private struct Look: Hashable {
        var front: RGB
        var back: RGB
        var attributes: Attributes

        var css: String {
            var words = [#"fill="\#(front.hex)""#]
            if attributes.contains(.bold) { words.append(#"font-weight="bold""#) }
            if attributes.contains(.italic) { words.append(#"font-style="italic""#) }
            if attributes.contains(.underline) { words.append(#"text-decoration="underline""#) }
            if attributes.contains(.dim) { words.append(#"opacity="0.7""#) }
            return words.joined(separator: " ")
        }
    }

    private struct Run {
        var x: Int
        var width: Int
        var text: String
        var look: Look
    }

    private func runs(_ cells: [Cell]) -> [Run] {
        var runs: [Run] = []
        for (x, cell) in cells.enumerated() where cell.width > 0 {
            var view = String.UnicodeScalarView()
            cell.piece.append(to: &view)
            let look = look(cell)
            if let last = runs.last, last.look == look {
                runs[runs.count - 1].text += String(view)
                runs[runs.count - 1].width += cell.width
            } else {
                runs.append(Run(x: x, width: cell.width, text: String(view), look: look))
            }
        }
        return runs
    }

    private func look(_ cell: Cell) -> Look {
        let style = theme.styles[cell.role] ?? theme.styles[.textNormal] ?? RoleStyle()
        var look = Look(
            front: style.foreground.exact ?? ink, back: style.background.exact ?? ground, attributes: style.attributes)
        if look.attributes.contains(.reverse) != cell.reversed { swap(&look.front, &look.back) }
        return look
    }

    private static func escaped(_ text: String) -> String {
        var out = ""
        for character in text.unicodeScalars {
            switch character {
            case "&": out += "&amp;"
            case "<": out += "&lt;"
            case ">": out += "&gt;"
            case "\"": out += "&quot;"
            default: out.unicodeScalars.append(character)
            }
        }
        return out
    }
}
