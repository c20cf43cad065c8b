/// One cell of the screen.
package struct Cell: Hashable, Sendable {
    package internal(set) var piece: Piece
    package internal(set) var role: StyleRole
    /// The role's colours exchanged: a selected cell that keeps what it is.
    package internal(set) var reversed: Bool

    static let blank = Cell(piece: .space, role: .textNormal, reversed: false)

    /// 1 or 2 columns; 0 behind a wide character.
    package var width: Int { Int(piece.columns) }
    package var scalars: [Unicode.Scalar] { piece.scalars }

    /// The base's code point; 0 behind a wide character.
    package var base: UInt32 { piece.base }
    /// The marks' code points; 0 for none.
    package var marks: (UInt32, UInt32) { (piece.first, piece.second) }
}

/// One character of one column that the console itself draws with: lines, bars, marks.
package struct Glyph: Hashable, Sendable, ExpressibleByUnicodeScalarLiteral {
    let piece: Piece

    /// Nil unless the scalar is visible and one column wide.
    package init?(_ scalar: Unicode.Scalar) {
        let text = SafeText(String(Character(scalar)))
        guard text.cells == 1, text.pieces.count == 1 else { return nil }
        piece = text.pieces[0]
    }

    /// A literal that is no glyph becomes `?`.
    package init(unicodeScalarLiteral value: Unicode.Scalar) {
        piece = Glyph(value)?.piece ?? Piece(ascii: 0x3f)
    }

    package var text: SafeText { SafeText(pieces: [piece]) }
}
