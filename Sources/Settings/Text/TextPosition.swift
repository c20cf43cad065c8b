/// A place in a text file, counted from 1; columns count Unicode scalars, as editors do.
struct TextPosition: Hashable, Comparable {
    var line: Int
    var column: Int

    static func < (a: TextPosition, b: TextPosition) -> Bool { (a.line, a.column) < (b.line, b.column) }

    init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The place of a byte.
    init(of offset: Int, in bytes: [UInt8]) {
        let before = bytes[..<offset]
        line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        column = before[start...].count { $0 & 0xc0 != 0x80 } + 1
    }
}
