/// Where a text that is too long loses its cells.
package enum Ellipsis: Hashable, Sendable {
    case end
    case middle
}

extension SafeText {
    /// At most that many cells; `..` stands for what was left out, `>` where there is no room for two dots.
    package func prefix(cells limit: Int, ellipsis: Ellipsis = .end) -> SafeText {
        guard cells > limit else { return self }
        guard limit > 0 else { return SafeText() }
        guard limit > 4 else { return leading(limit - 1) + SafeText(pieces: [.cut]) }
        let dots = SafeText(pieces: [Piece(ascii: 0x2e), Piece(ascii: 0x2e)])
        switch ellipsis {
        case .end: return leading(limit - 2) + dots
        case .middle:
            let tail = trailing((limit - 2) / 2)
            return leading(limit - 2 - tail.cells) + dots + tail
        }
    }

    /// Spaces behind, to at least that width.
    package func padded(right width: Int) -> SafeText { self + SafeText.spaces(width - cells) }

    /// Spaces before, to at least that width.
    package func padded(left width: Int) -> SafeText { SafeText.spaces(width - cells) + self }

    /// Exactly that width: cut or padded.
    package func fitted(_ width: Int, align: Alignment = .left, ellipsis: Ellipsis = .end) -> SafeText {
        let cut = prefix(cells: width, ellipsis: ellipsis)
        return align == .left ? cut.padded(right: width) : cut.padded(left: width)
    }

    package static func spaces(_ count: Int) -> SafeText {
        SafeText(pieces: Array(repeating: .space, count: min(max(0, count), SafeText.limit)))
    }

    /// The text in lines of at most that width, broken at spaces where there are any.
    package func wrapped(_ width: Int) -> [SafeText] {
        guard width > 0 else { return [] }
        var lines: [SafeText] = []
        var line: [Piece] = []
        var used = 0
        for piece in pieces {
            if used + Int(piece.columns) > width, !line.isEmpty {
                let rest = piece == .space ? [] : SafeText.splitAtSpace(&line)
                lines.append(SafeText(pieces: line))
                line = rest
                used = line.reduce(0) { $0 + Int($1.columns) }
                if piece == .space { continue }
            }
            line.append(piece)
            used += Int(piece.columns)
        }
        lines.append(SafeText(pieces: line))
        return lines
    }

    /// Cuts a full line after its last word; what was begun goes to the next line.
    private static func splitAtSpace(_ line: inout [Piece]) -> [Piece] {
        guard let space = line.lastIndex(of: .space), space > 0 else { return [] }
        let rest = Array(line[(space + 1)...])
        line.removeSubrange(space...)
        return rest
    }

    private func leading(_ limit: Int) -> SafeText {
        var used = 0
        let kept = pieces.prefix { piece in
            used += Int(piece.columns)
            return used <= limit
        }
        return SafeText(pieces: Array(kept))
    }

    private func trailing(_ limit: Int) -> SafeText {
        var used = 0
        var start = pieces.count
        while start > 0, used + Int(pieces[start - 1].columns) <= limit {
            start -= 1
            used += Int(pieces[start].columns)
        }
        return SafeText(pieces: Array(pieces[start...]))
    }
}

/// On which side a text leans in its column.
package enum Alignment: Hashable, Sendable {
    case left
    case right
}
