/// What one cell of the blob map stands for: the most urgent of its blobs decides.
package enum MapCell: Int, Hashable, CaseIterable, Sendable {
    case verified
    case placed
    case waiting
    case active
    case failed

    /// ASCII in every set, because the letter carries the meaning and the colour repeats it.
    package var glyph: Glyph {
        switch self {
        case .verified: "v"
        case .placed: "#"
        case .waiting: "."
        case .active: ">"
        case .failed: "!"
        }
    }

    package var role: StyleRole {
        switch self {
        case .verified: .mapVerified
        case .placed: .mapDone
        case .waiting: .mapWait
        case .active: .mapActive
        case .failed: .mapFailed
        }
    }
}

extension Drawing {
    /// The cells row by row; what does not fit is not drawn.
    package func blobMap(on grid: inout Grid, in rect: Rect, _ cells: [MapCell]) {
        guard !rect.isEmpty else { return }
        for (index, cell) in cells.prefix(rect.width * rect.height).enumerated() {
            let x = rect.x + index % rect.width
            grid.put(cell.glyph.text, x: x, y: rect.y + index / rect.width, role: cell.role)
        }
    }
}
