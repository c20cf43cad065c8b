/// What one cell, or two, shows: a base scalar with at most two marks on it.
package struct Piece: Hashable, Sendable {
    /// The base; U+0000 in the cell behind a wide piece.
    private(set) var base: UInt32
    private(set) var first: UInt32 = 0
    private(set) var second: UInt32 = 0
    /// 1 or 2 columns; 0 in the cell behind a wide piece.
    private(set) var columns: UInt8
    /// Not what the foreign text held, but our rendering of it.
    private(set) var isEscaped: Bool

    static let space = Piece(base: 0x20, columns: 1)
    static let cut = Piece(base: 0x3e, columns: 1)
    static let continuation = Piece(base: 0, columns: 0)

    init(base: UInt32, columns: UInt8, isEscaped: Bool = false) {
        self.base = base
        self.columns = columns
        self.isEscaped = isEscaped
    }

    init(ascii byte: UInt8, isEscaped: Bool = false) {
        self.init(base: UInt32(byte), columns: 1, isEscaped: isEscaped)
    }

    /// False when two marks are there already.
    mutating func add(mark: Unicode.Scalar) -> Bool {
        if first == 0 {
            first = mark.value
        } else if second == 0 {
            second = mark.value
        } else {
            return false
        }
        return true
    }

    mutating func markEscaped() { isEscaped = true }

    /// Base and marks, in order.
    package var scalars: [Unicode.Scalar] { [base, first, second].filter { $0 != 0 }.compactMap(Unicode.Scalar.init) }

    func append(to view: inout String.UnicodeScalarView) {
        for value in [base, first, second] where value != 0 {
            if let scalar = Unicode.Scalar(value) { view.append(scalar) }
        }
    }
}
