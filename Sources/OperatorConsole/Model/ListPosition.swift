/// A cursor that stays on its item, whatever the data and the screen do.
///
/// The item is kept by identity, and beside it how many rows are above it on the screen: so neither a new row nor a
/// new size moves what the operator looks at.
package struct ListPosition<ID: Hashable & Sendable>: Hashable, Sendable {
    /// Nil: the first one, whichever it is.
    private(set) var selected: ID?
    private var lastIndex = 0
    private var rowsAbove = 0

    init() {}

    /// Where the item is now; nil for an empty list.
    func index(in ids: some RandomAccessCollection<ID>) -> Int? {
        guard !ids.isEmpty else { return nil }
        guard let selected else { return 0 }
        if lastIndex < ids.count, ids[ids.index(ids.startIndex, offsetBy: lastIndex)] == selected { return lastIndex }
        guard let found = ids.firstIndex(of: selected) else { return min(lastIndex, ids.count - 1) }
        return ids.distance(from: ids.startIndex, to: found)
    }

    /// Takes up changed data: an item that is gone hands over to the one in its place.
    ///
    /// - Returns: true when the row under the cursor has become another one.
    mutating func settle(in ids: some RandomAccessCollection<ID>, keepsFirst: Bool = true) -> Bool {
        guard let index = index(in: ids) else {
            self = ListPosition()
            return false
        }
        let now = ids[ids.index(ids.startIndex, offsetBy: index)]
        defer { lastIndex = index }
        if selected == nil, !keepsFirst { return false }
        let changed = selected != nil && selected != now
        selected = now
        return changed
    }

    mutating func move(to target: Int, in ids: some RandomAccessCollection<ID>, height: Int) {
        guard let current = index(in: ids) else { return }
        let index = min(max(0, target), ids.count - 1)
        rowsAbove = min(max(0, rowsAbove + index - current), max(0, height - 1), index)
        lastIndex = index
        selected = ids[ids.index(ids.startIndex, offsetBy: index)]
    }

    /// Back to the first row, and on it whatever comes first later.
    mutating func release() { self = ListPosition() }

    /// The first row to draw.
    func firstRow(in ids: some RandomAccessCollection<ID>, height: Int) -> Int {
        guard let index = index(in: ids), height > 0 else { return 0 }
        return min(max(0, index - min(rowsAbove, height - 1)), max(0, ids.count - height))
    }
}
