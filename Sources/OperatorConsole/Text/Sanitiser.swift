/// Turns foreign scalars and bytes into pieces, one at a time.
struct Sanitiser {
    private(set) var pieces: [Piece] = []
    private var cells = 0
    private let limit: Int
    /// After an emoji: what joins, tints or varies it is dropped until the next base.
    private var emoji = EmojiState.none

    private enum EmojiState { case none, base, joined }

    init(limit: Int) { self.limit = limit }

    var isFull: Bool { cells >= limit }

    mutating func take(bytes: some Sequence<UInt8>) {
        var iterator = PeekingBytes(bytes.makeIterator())
        while !isFull, let first = iterator.next() {
            if first >= 0x20, first < 0x7f {
                emoji = .none
                push(Piece(ascii: first))
            } else if first < 0x80 {
                escape(control: first)
            } else {
                takeSequence(first, from: &iterator)
            }
        }
    }

    mutating func take(_ scalar: Unicode.Scalar) {
        if scalar.value >= 0x20, scalar.value < 0x7f {
            emoji = .none
            push(Piece(ascii: UInt8(scalar.value)))
        } else if scalar.value < 0x80 {
            escape(control: UInt8(scalar.value))
        } else if !continuesEmoji(scalar) {
            takeVisible(scalar)
        }
    }

    /// A byte of 0x80 or more with what follows it: a scalar, or `\xHH` for every byte that is not part of one.
    private mutating func takeSequence<I: IteratorProtocol<UInt8>>(_ first: UInt8, from bytes: inout PeekingBytes<I>) {
        let length = first >= 0xf5 ? 0 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
        var sequence = [first]
        while sequence.count < length, let next = bytes.peek(), next & 0xc0 == 0x80 {
            sequence.append(next)
            _ = bytes.next()
        }
        if sequence.count == length, let scalar = Sanitiser.scalar(sequence) {
            take(scalar)
        } else {
            emoji = .none
            for byte in sequence { escape(Sanitiser.hex(byte)) }
        }
    }

    private static func scalar(_ sequence: [UInt8]) -> Unicode.Scalar? {
        var iterator = sequence.makeIterator()
        var codec = UTF8()
        guard case .scalarValue(let scalar) = codec.decode(&iterator), iterator.next() == nil else { return nil }
        return UTF8.width(scalar) == sequence.count ? scalar : nil
    }

    private mutating func takeVisible(_ scalar: Unicode.Scalar) {
        guard Sanitiser.isVisible(scalar) else { return escape(scalar) }
        let width = CellWidth.of(scalar)
        guard width > 0 else {
            if pieces.isEmpty || pieces[pieces.count - 1].isEscaped || !pieces[pieces.count - 1].add(mark: scalar) {
                escape(scalar)
            }
            return
        }
        emoji = scalar.properties.isEmoji ? .base : .none
        push(Piece(base: scalar.value, columns: UInt8(width)))
    }

    /// A sequence of emoji is shown as its first one, flagged: terminals do not agree on how wide the whole is.
    private mutating func continuesEmoji(_ scalar: Unicode.Scalar) -> Bool {
        switch (emoji, scalar.value) {
        case (.base, 0xfe0e), (.base, 0xfe0f), (.base, 0x1f3fb...0x1f3ff), (.base, 0x20e3): break
        case (.base, 0x200d): emoji = .joined
        case (.joined, _) where scalar.properties.isEmoji: emoji = .base
        default: return false
        }
        if !pieces.isEmpty { pieces[pieces.count - 1].markEscaped() }
        return true
    }

    private mutating func push(_ piece: Piece) {
        pieces.append(piece)
        cells += Int(piece.columns)
    }

    private mutating func escape(control byte: UInt8) {
        emoji = .none
        switch byte {
        case 9: escape("\\t")
        case 10: escape("\\n")
        case 13: escape("\\r")
        case 27: escape("\\e")
        default: escape(Sanitiser.hex(byte))
        }
    }

    private mutating func escape(_ scalar: Unicode.Scalar) {
        emoji = .none
        let digits = String(scalar.value, radix: 16, uppercase: true)
        escape("\\u{" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "}")
    }

    private mutating func escape(_ text: String) {
        for byte in text.utf8 { push(Piece(ascii: byte, isEscaped: true)) }
    }

    private static func hex(_ byte: UInt8) -> String {
        "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
    }

    /// False for what is invisible, changes direction, or has no agreed shape: it is shown by its number.
    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        // Variation selectors are marks by category, but some terminals widen the base for them. The Mongolian ones
        // and the fillers look like nothing at all.
        case 0xfe00...0xfe0f, 0xe0100...0xe01ef, 0x180b...0x180f, 0x034f, 0x115f, 0x1160, 0x3164, 0xffa0, 0x2800:
            return false
        default: break
        }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }
}

/// An iterator with one byte of look-ahead.
struct PeekingBytes<Base: IteratorProtocol<UInt8>> {
    private var base: Base
    private var held: UInt8?

    init(_ base: Base) { self.base = base }

    mutating func peek() -> UInt8? {
        if held == nil { held = base.next() }
        return held
    }

    mutating func next() -> UInt8? {
        defer { held = nil }
        return held ?? base.next()
    }
}
