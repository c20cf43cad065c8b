import BackupModel

extension MapMark {
    /// ASCII in every set, because the letter carries the meaning and the colour repeats it.
    var glyph: Glyph {
        switch self {
        case .verified: "v"
        case .placed: "#"
        case .waiting: "."
        case .active: ">"
        case .failed: "!"
        }
    }

    var role: StyleRole {
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
    func blobMap(on grid: inout Grid, in rect: Rect, _ cells: [MapMark]) {
        guard !rect.isEmpty else { return }
        for (index, cell) in cells.prefix(rect.width * rect.height).enumerated() {
            let x = rect.x + index % rect.width
            grid.put(cell.glyph.text, x: x, y: rect.y + index / rect.width, role: cell.role)
        }
    }
}
