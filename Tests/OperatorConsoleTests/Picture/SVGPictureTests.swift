import Testing

@testable import OperatorConsole

@Suite struct SVGPictureTests {
    @Test("the picture's text is the grid's text")
    func text() {
        var grid = Grid(size: Size(columns: 20, rows: 4))
        let drawing = Drawing(glyphs: .unicode)
        let inner = drawing.box(on: &grid, in: grid.bounds, title: "<&>", focused: true)
        grid.put("日本 \"q\" \u{1b}", x: inner.x, y: inner.y, role: .stateFailed)
        grid.mark(inner.row(0), role: .listCursor)
        let svg = SVGPicture(theme: .bare).draw(grid, label: "<title>")
        #expect(SVGPictureTests.lines(svg) == grid.text())
        #expect(svg.contains("<title>&lt;title&gt;</title>"))
    }

    /// The contents of the text elements, tags taken out.
    static func lines(_ svg: String) -> [String] {
        svg.split(separator: "\n").filter { $0.hasPrefix("<text") }.map { line in
            var out = ""
            var isTag = false
            for character in line {
                if character == "<" { isTag = true }
                if !isTag { out.append(character) }
                if character == ">" { isTag = false }
            }
            for (name, sign) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")] {
                out = out.split(separator: name, omittingEmptySubsequences: false).joined(separator: sign)
            }
            return out
        }
    }
}
