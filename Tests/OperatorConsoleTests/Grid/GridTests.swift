import BackupModel
import Testing

@testable import OperatorConsole

@Suite struct GridTests {
    static let sizes = [
        Size(columns: 0, rows: 0), Size(columns: 1, rows: 1), Size(columns: 0, rows: 5), Size(columns: 2, rows: 1),
        Size(columns: 20, rows: 5), Size(columns: 80, rows: 24), Size(columns: 500, rows: 200),
        Size(columns: -3, rows: 7), Size(columns: .max, rows: 2),
    ]

    @Test("H5 no size and no place traps, and every row is as wide as the grid", arguments: sizes)
    func anySize(_ size: Size) {
        for kind in GlyphSet.Kind.allCases {
            var grid = Grid(size: size)
            let drawing = Drawing(glyphs: GlyphSet(kind))
            for place in [Int.min, -7, -1, 0, 1, size.columns, .max] {
                grid.put("日本語\u{1b}[2Jx", x: place, y: 0, role: .textNormal)
                grid.put("日本語", x: 0, y: place, role: .textNormal, maxWidth: place)
                let rect = Rect(x: place, y: place, width: 5, height: .max)
                grid.fill(rect, glyph: "x", role: .textDim)
                grid.mark(rect, role: .listCursor)
                drawEverything(drawing, &grid, rect)
            }
            drawEverything(drawing, &grid, grid.bounds)
            for y in 0..<grid.size.rows {
                #expect(grid.row(y).reduce(0) { $0 + $1.width } == grid.size.columns)
            }
            #expect(grid.text().count == grid.size.rows && grid.roles().count == grid.size.rows)
        }
    }

    private func drawEverything(_ drawing: Drawing, _ grid: inout Grid, _ rect: Rect) {
        let inner = drawing.box(on: &grid, in: rect, title: "日本", right: "1/8", focused: true)
        drawing.progress(on: &grid, in: inner, fraction: 0.5)
        drawing.graph(on: &grid, in: inner, GraphValues([1, 2, .nan, .infinity, -4], topLabel: "2 MiB/s"))
        drawing.blobMap(on: &grid, in: inner, Array(repeating: .active, count: 50))
        let table = Table(
            columns: [TableColumn("A", minimum: 4), TableColumn("B", minimum: 3, flex: 1)], rowCount: 100, cursor: 50
        ) { _ in [TableCell("日本語"), .progress(0.3)] }
        drawing.table(on: &grid, in: inner, table)
    }

    @Test("H4 a wide character is never halved")
    func wideCharacters() {
        var grid = Grid(size: Size(columns: 5, rows: 1))
        grid.put("日本語", x: 0, y: 0, role: .textNormal)
        #expect(grid.text() == ["日本>"])
        grid.put("x", x: 1, y: 0, role: .textNormal)
        #expect(grid.text() == [" x本>"])
        grid.put("y", x: 2, y: 0, role: .textNormal)
        #expect(grid.text() == [" xy >"])
        grid.put("語", x: 1, y: 0, role: .textNormal)
        #expect(grid.text() == [" 語 >"])
        grid.put("語z", x: -1, y: 0, role: .textNormal)
        #expect(grid.text() == [" z  >"])
        #expect(grid.row(0).reduce(0) { $0 + $1.width } == 5)
    }

    @Test("marking changes the role only, and escaped parts stay recognisable")
    func marks() {
        var grid = Grid(size: Size(columns: 4, rows: 1))
        grid.put("a\n", x: 0, y: 0, role: .pathFile)
        grid.mark(grid.bounds, role: .listCursor)
        #expect(grid.text() == ["a\\n "])
        #expect(grid.row(0).map(\.role) == [.listCursor, .textEscaped, .textEscaped, .listCursor])
        #expect(grid.row(0).map(\.reversed) == [false, true, true, false])
    }

    @Test("rectangles split without loss", arguments: [0, 1, 7, 80])
    func splits(_ width: Int) {
        let rect = Rect(x: 3, y: 2, width: width, height: width)
        for parts in [[1], [1, 1], [2, 3, 5], [0, 1]] {
            #expect(rect.columns(parts).reduce(0) { $0 + $1.width } == width)
            #expect(rect.rows(parts).reduce(0) { $0 + $1.height } == width)
        }
        for cut in [-1, 0, 3, 100] {
            let (left, rest) = rect.splitLeft(cut)
            #expect(left.width + rest.width == width && left.maxX == rest.x)
            let (top, bottom) = rect.splitBottom(cut)
            #expect(top.height + bottom.height == width && top.maxY == bottom.y)
        }
        #expect(rect.centered(width: 4, height: 900).height == width)
    }

    @Test("glyphs are one column wide in every set", arguments: GlyphSet.Kind.allCases)
    func glyphs(_ kind: GlyphSet.Kind) {
        let set = GlyphSet(kind)
        let all =
            [set.horizontal, set.vertical, set.topLeft, set.topRight, set.bottomLeft, set.bottomRight]
            + [set.progressFill, set.progressEmpty, set.scrollTrack, set.scrollThumb, set.axis, set.axisCorner]
            + set.progressParts
        #expect(all.allSatisfy { $0.text.cells == 1 && $0 != "?" })
        #expect(kind != .ascii || all.allSatisfy(\.isASCII))
        #expect(StateMark.allCases.allSatisfy { $0.rawValue.utf8.count == 2 })
        #expect(MapMark.allCases.allSatisfy { $0.glyph.text.plain.utf8.elementsEqual([$0.letter]) })
    }

    @Test("roles have names and map characters of their own")
    func roles() {
        #expect(Set(StyleRole.names).count == StyleRole.allCases.count)
        #expect(Set(StyleRole.allCases.map(\.mapCharacter)).count == StyleRole.allCases.count)
        for role in StyleRole.allCases {
            #expect(StyleRole(name: role.name) == role)
            #expect(role.mapCharacter.isASCII)
        }
    }
}
