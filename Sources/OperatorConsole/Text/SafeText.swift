/// Text that may be shown: the only text a grid takes (H1 to H4).
///
/// Whatever it is made from, it holds no control, format, private or unassigned code point, at most two marks on a
/// base, and a known width. What was replaced is flagged and drawn as `text.escaped`, so that a typed `\n` and a real
/// newline differ. Not meant for keeping: the model keeps the raw bytes.
package struct SafeText: Hashable, Sendable {
    private(set) var pieces: [Piece]
    /// Width in columns.
    package private(set) var cells: Int

    /// Cells after which a text is cut, so that a line of a mebibyte costs no more than one of a few screens (H16).
    package static let limit = 32_768

    package init() {
        pieces = []
        cells = 0
    }

    init(pieces: [Piece]) {
        self.pieces = pieces
        cells = pieces.reduce(0) { $0 + Int($1.columns) }
    }

    /// Foreign bytes: UTF-8 where valid, `\xHH` where not.
    package init(_ bytes: some Sequence<UInt8>) {
        var sanitiser = Sanitiser(limit: SafeText.limit)
        sanitiser.take(bytes: bytes)
        self.init(pieces: sanitiser.pieces)
    }

    package init(_ text: String) {
        var sanitiser = Sanitiser(limit: SafeText.limit)
        for scalar in text.unicodeScalars where !sanitiser.isFull { sanitiser.take(scalar) }
        self.init(pieces: sanitiser.pieces)
    }

    package init(_ text: Substring) { self.init(String(text)) }

    package var isEmpty: Bool { pieces.isEmpty }

    /// What is shown, without the flags.
    package var plain: String {
        var view = String.UnicodeScalarView()
        for piece in pieces { piece.append(to: &view) }
        return String(view)
    }

    package static func + (left: SafeText, right: SafeText) -> SafeText { SafeText(pieces: left.pieces + right.pieces) }

    package static func += (left: inout SafeText, right: SafeText) {
        left.pieces += right.pieces
        left.cells += right.cells
    }
}

extension SafeText: ExpressibleByStringInterpolation {
    package init(stringLiteral value: String) { self.init(value) }

    package init(stringInterpolation: StringInterpolation) { self = stringInterpolation.text }

    /// Takes safe text as it is, with its flags, and makes safe whatever else is put in.
    package struct StringInterpolation: StringInterpolationProtocol {
        var text = SafeText()

        package init(literalCapacity: Int, interpolationCount: Int) {}

        package mutating func appendLiteral(_ literal: String) { text += SafeText(literal) }

        package mutating func appendInterpolation(_ part: SafeText) { text += part }

        package mutating func appendInterpolation(_ part: some CustomStringConvertible) {
            text += SafeText(part.description)
        }
    }
}

extension SafeText: CustomStringConvertible {
    package var description: String { plain }
}
