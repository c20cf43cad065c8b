import Testing

@testable import OperatorConsole

@Suite struct WidgetTests {
    private let ascii = Drawing(glyphs: .ascii)
    private let unicode = Drawing(glyphs: .unicode)

    private func rows(_ columns: Int, _ rows: Int, _ draw: (inout Grid) -> Void) -> [String] {
        var grid = Grid(size: Size(columns: columns, rows: rows))
        draw(&grid)
        return grid.text()
    }

    @Test("boxes")
    func boxes() {
        let plain = rows(24, 3) { ascii.box(on: &$0, in: $0.bounds, title: "Active", right: "1/8") }
        #expect(plain == ["+-[ Active ]-----[1/8]-+", "|                      |", "+----------------------+"])
        let focused = rows(24, 2) { unicode.box(on: &$0, in: $0.bounds, title: "Active", focused: true) }
        #expect(focused == ["┌>[ Active ]───────────┐", "└──────────────────────┘"])
        let bare = Drawing(glyphs: .ascii, hasBorders: false)
        #expect(
            rows(12, 2) { bare.box(on: &$0, in: $0.bounds, title: "T", right: "3") } == [
                "T          3", "            ",
            ])
    }

    @Test(
        "progress is full only when it is done, and anything shows",
        arguments: [
            (0.0, ".........."), (0.0001, "#........."), (0.5, "#####....."), (0.9999, "#########."),
            (1.0, "##########"),
            (-1.0, ".........."), (7.0, "##########"), (Double.nan, ".........."),
        ])
    func progress(_ fraction: Double, _ shown: String) {
        #expect(rows(10, 1) { ascii.progress(on: &$0, in: $0.bounds, fraction: fraction) } == [shown])
    }

    @Test("progress in eighths")
    func eighths() {
        #expect(rows(4, 1) { unicode.progress(on: &$0, in: $0.bounds, fraction: 0.4) } == ["█▌░░"])
        #expect(rows(4, 1) { unicode.progress(on: &$0, in: $0.bounds, fraction: 0.001) } == ["▏░░░"])
        #expect(rows(4, 1) { unicode.progress(on: &$0, in: $0.bounds, fraction: 0.999) } == ["███▉"])
    }

    @Test("graphs in three styles")
    func graphs() {
        let values = GraphValues([0, 1, 2, 3, 4, 4, 2, 0], topLabel: "4 B")
        #expect(rows(12, 2) { ascii.graph(on: &$0, in: $0.bounds, values) } == ["4 B|   .::  ", "  0| .::::: "])
        let braille = rows(8, 1) {
            unicode.graph(on: &$0, in: $0.bounds, GraphValues([4, 4, 0, 4], topLabel: "", bottomLabel: ""))
        }
        #expect(braille == ["      ⣿⢸"])
        let block = rows(3, 1) {
            Drawing(glyphs: .block).graph(
                on: &$0, in: $0.bounds, GraphValues([8, 4, 1], topLabel: "", bottomLabel: ""))
        }
        #expect(block == ["█▄▁"])
    }

    @Test("a trickle in a graph is not a standstill")
    func trickle() {
        let shown = rows(2, 1) {
            ascii.graph(on: &$0, in: $0.bounds, GraphValues([1e-9, 1e9], topLabel: "", bottomLabel: ""))
        }
        #expect(shown == [".:"])
    }

    @Test(
        "columns give way by priority, then share what is left",
        arguments: [
            (30, [10, 14, 4]), (20, [10, 4, 4]), (16, [10, 5, 0]), (10, [10, 0, 0]), (3, [3, 0, 0]), (0, [0, 0, 0]),
        ])
    func columns(_ total: Int, _ widths: [Int]) {
        let columns = [
            TableColumn("A", minimum: 10, priority: 9), TableColumn("B", minimum: 4, flex: 1, priority: 5),
            TableColumn("C", minimum: 4, priority: 1),
        ]
        #expect(Table.widths(columns, total: total) == widths)
    }

    @Test("tables show the cursor, marks and where they are")
    func tables() {
        let table = Table(
            columns: [TableColumn("N", minimum: 2, align: .right), TableColumn("NAME", minimum: 4, flex: 1)],
            rowCount: 20, cursor: 7, first: 5, isMarked: { $0 == 6 }
        ) { [TableCell("\($0)"), TableCell("row \($0)")] }
        let shown = rows(14, 4) { ascii.table(on: &$0, in: $0.bounds, table) }
        #expect(shown == ["  N NAME      ", "  5 row 5    |", "* 6 row 6    #", "> 7 row 7    |"])
        #expect(table.counter.plain == "8/20")
    }

    @Test(
        "the picture moves no more than the cursor needs",
        arguments: [
            (0, 3, 5, 20, 0), (0, 5, 5, 20, 1), (10, 3, 5, 20, 3), (18, 19, 5, 20, 15), (3, 0, 5, 2, 0),
            (9, 0, 0, 9, 0),
        ])
    func firstRow(_ first: Int, _ cursor: Int, _ shown: Int, _ total: Int, _ expected: Int) {
        #expect(Table.firstRow(keeping: first, cursor: cursor, shown: shown, total: total) == expected)
    }
}
