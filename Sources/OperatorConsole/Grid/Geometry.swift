/// Columns and rows of a screen.
package struct Size: Hashable, Sendable {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}

/// A cell's place, from the top left corner.
package struct Point: Hashable, Sendable {
    package var x: Int
    package var y: Int

    package init(x: Int, y: Int) {
        self.x = x
        self.y = y
    }
}

/// A part of a grid; never of negative size, and clamped so that its arithmetic cannot overflow.
package struct Rect: Hashable, Sendable {
    package var x: Int
    package var y: Int
    package var width: Int
    package var height: Int

    package init(x: Int, y: Int, width: Int, height: Int) {
        self.x = min(max(x, -Rect.limit), Rect.limit)
        self.y = min(max(y, -Rect.limit), Rect.limit)
        self.width = min(max(0, width), Rect.limit)
        self.height = min(max(0, height), Rect.limit)
    }

    package init(_ size: Size) { self.init(x: 0, y: 0, width: size.columns, height: size.rows) }

    private static let limit = 1 << 24

    package var maxX: Int { x + width }
    package var maxY: Int { y + height }
    package var isEmpty: Bool { width == 0 || height == 0 }

    package func contains(_ point: Point) -> Bool {
        point.x >= x && point.x < maxX && point.y >= y && point.y < maxY
    }

    /// The part that lies in both; empty where there is none.
    package func intersection(_ other: Rect) -> Rect {
        let left = max(x, other.x)
        let top = max(y, other.y)
        return Rect(x: left, y: top, width: min(maxX, other.maxX) - left, height: min(maxY, other.maxY) - top)
    }

    package func inset(dx: Int = 0, dy: Int = 0) -> Rect {
        Rect(x: x + dx, y: y + dy, width: width - 2 * dx, height: height - 2 * dy)
    }

    /// One row of it, counted from its top; empty outside.
    package func row(_ index: Int) -> Rect {
        Rect(x: x, y: y + index, width: width, height: index >= 0 && index < height ? 1 : 0)
    }

    /// The first rows, and what is left of them.
    package func splitTop(_ rows: Int) -> (top: Rect, rest: Rect) {
        let cut = min(max(0, rows), height)
        return (
            Rect(x: x, y: y, width: width, height: cut), Rect(x: x, y: y + cut, width: width, height: height - cut)
        )
    }

    /// What is left, and the last rows.
    package func splitBottom(_ rows: Int) -> (rest: Rect, bottom: Rect) {
        let (rest, bottom) = splitTop(height - min(max(0, rows), height))
        return (rest, bottom)
    }

    /// The first columns, and what is left of them.
    package func splitLeft(_ columns: Int) -> (left: Rect, rest: Rect) {
        let cut = min(max(0, columns), width)
        return (
            Rect(x: x, y: y, width: cut, height: height), Rect(x: x + cut, y: y, width: width - cut, height: height)
        )
    }

    /// What is left, and the last columns.
    package func splitRight(_ columns: Int) -> (rest: Rect, right: Rect) {
        let (rest, right) = splitLeft(width - min(max(0, columns), width))
        return (rest, right)
    }

    /// Side by side, widths by weight; the last takes what rounding left.
    package func columns(_ weights: [Int]) -> [Rect] {
        Rect.shares(width, weights).map { Rect(x: x + $0.start, y: y, width: $0.length, height: height) }
    }

    /// One under the other, heights by weight; the last takes what rounding left.
    package func rows(_ weights: [Int]) -> [Rect] {
        Rect.shares(height, weights).map { Rect(x: x, y: y + $0.start, width: width, height: $0.length) }
    }

    /// A rectangle of at most that size in the middle.
    package func centered(width: Int, height: Int) -> Rect {
        let inner = Rect(x: 0, y: 0, width: min(width, self.width), height: min(height, self.height))
        return Rect(
            x: x + (self.width - inner.width) / 2, y: y + (self.height - inner.height) / 2, width: inner.width,
            height: inner.height)
    }

    private static func shares(_ total: Int, _ weights: [Int]) -> [(start: Int, length: Int)] {
        let sum = max(1, weights.reduce(0) { $0 + max(0, $1) })
        var start = 0
        var seen = 0
        return weights.enumerated().map { index, weight in
            seen += max(0, weight)
            let end = index == weights.count - 1 ? total : total * seen / sum
            defer { start = end }
            return (start, end - start)
        }
    }
}
