import CNcurses
import OperatorConsole

/// One thing curses read.
enum RawInput: Hashable, Sendable {
    case byte(UInt8)
    case code(UInt32)
}

/// Turns what curses reads, bytes of UTF-8 and codes of its own, into keys and pastes; sequences nobody knows disappear whole (H10).
struct KeyDecoder {
    /// Bytes of a paste that are kept.
    static let pasteLimit = 65_536

    private var state = State.plain
    private var pasted: [UInt8] = []
    private var tail: [UInt8] = []
    private var character: [UInt8] = []

    private enum State: Hashable {
        case plain
        /// An escape character; what follows at once belongs to it.
        case escape
        /// `ESC [` or `ESC O` and no final character yet.
        case sequence(introducer: UInt32, parameters: [UInt8])
        /// `ESC ]`, `ESC P` and their kin, until BEL or ESC \.
        case string(introducer: UInt32, length: Int, escaped: Bool)
        /// That many characters mean nothing.
        case skip(Int)
        case paste
    }

    /// How long what was begun may take to go on, in milliseconds; nil when nothing was begun.
    ///
    /// Long enough for a slow line to deliver the rest of a sequence, short enough for the Escape key.
    var patience: Int? {
        switch state {
        case .plain: character.isEmpty ? nil : 250
        // Curses has waited as long again before.
        case .escape: 25
        case .sequence, .string, .skip: 250
        case .paste: 1000
        }
    }

    /// What was begun and did not go on.
    mutating func idle() -> [TerminalEvent] {
        defer { state = .plain }
        character = []
        switch state {
        case .escape: return [.key(.escape)]
        case .sequence(let introducer, []), .string(let introducer, 0, _):
            return Unicode.Scalar(introducer).map { [.key(.alt($0))] } ?? []
        case .paste: return finishPaste()
        case .string, .sequence, .skip, .plain: return []
        }
    }

    mutating func take(_ input: RawInput) -> [TerminalEvent] {
        switch input {
        case .code(let code): return take(code: code)
        case .byte(let byte):
            if state == .paste {
                return takePasted(byte)
            }
            return assemble(byte)
        }
    }

    /// Bytes to characters. What is no UTF-8 is dropped, and nothing but that.
    private mutating func assemble(_ byte: UInt8) -> [TerminalEvent] {
        if byte < 0x80 {
            character = []
            return take(UInt32(byte))
        }
        if byte >= 0xc0 {
            character = [byte]
            return []
        }
        guard let first = character.first else { return [] }
        character.append(byte)
        guard character.count == (first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2) else { return [] }
        defer { character = [] }
        var iterator = character.makeIterator()
        var codec = UTF8()
        guard case .scalarValue(let scalar) = codec.decode(&iterator) else { return [] }
        return take(scalar.value)
    }

    private mutating func take(code: UInt32) -> [TerminalEvent] {
        switch Int(code) {
        case CN_PASTE_BEGIN:
            guard state != .paste else { return [] }
            let before = idle()
            state = .paste
            return before
        case CN_PASTE_END: return state == .paste ? finishPaste() : idle()
        // Curses knows how a mouse report begins even where no mouse was asked for; the rest of it is not typed.
        case CN_MOUSE_BEGIN:
            guard state != .paste else { return [] }
            let before = idle()
            state = .sequence(introducer: 0x5b, parameters: [0x3c])
            return before
        case CN_FOCUS_IN: return [.focus(true)]
        case CN_FOCUS_OUT: return [.focus(false)]
        default: break
        }
        guard state != .paste else { return [] }
        return idle() + (KeyDecoder.key(named: cn_name_key(code)).map { [.key($0)] } ?? [])
    }

    /// The end of a paste comes as a code, or byte by byte over a slow line.
    private mutating func takePasted(_ byte: UInt8) -> [TerminalEvent] {
        if pasted.count < KeyDecoder.pasteLimit { pasted.append(byte) }
        let end = Array("\u{1b}[201~".utf8)
        tail = Array((tail + [byte]).suffix(end.count))
        guard tail == end else { return [] }
        if pasted.suffix(end.count) == end[...] { pasted.removeLast(end.count) }
        return finishPaste()
    }

    private mutating func finishPaste() -> [TerminalEvent] {
        defer {
            pasted = []
            tail = []
        }
        state = .plain
        return [.paste(String(decoding: pasted, as: UTF8.self))]
    }

    private mutating func take(_ value: UInt32) -> [TerminalEvent] {
        switch state {
        case .plain: return takePlain(value)
        case .escape: return takeEscaped(value)
        case .sequence(let introducer, let parameters): return takeSequence(value, introducer, parameters)
        case .string(let introducer, let length, let escaped):
            let ends = value == 7 || (escaped && value == 0x5c)
            state = ends ? .plain : .string(introducer: introducer, length: length + 1, escaped: value == 27)
            return []
        case .skip(let count):
            state = count > 1 ? .skip(count - 1) : .plain
            return []
        // Bytes of a paste are kept before they come here.
        case .paste: return []
        }
    }

    private mutating func takePlain(_ value: UInt32) -> [TerminalEvent] {
        switch value {
        case 27:
            state = .escape
            return []
        case 9: return [.key(.tab)]
        case 10, 13: return [.key(.enter)]
        case 8, 127: return [.key(.backspace)]
        case 0: return [.key(.control("@"))]
        case 1...26: return Unicode.Scalar(value + 0x60).map { [.key(.control($0))] } ?? []
        case 28...31: return Unicode.Scalar(value + 0x40).map { [.key(.control($0))] } ?? []
        case 0x80...0x9f: return []
        default: return Unicode.Scalar(value).map { [.key(.character($0))] } ?? []
        }
    }

    private mutating func takeEscaped(_ value: UInt32) -> [TerminalEvent] {
        switch value {
        case 0x5b, 0x4f:
            state = .sequence(introducer: value, parameters: [])
            return []
        case 0x5d, 0x50, 0x58, 0x5e, 0x5f:
            state = .string(introducer: value, length: 0, escaped: false)
            return []
        case 27: return [.key(.escape)]
        case 0x20..<0x7f, 0xa0...:
            state = .plain
            return Unicode.Scalar(value).map { [.key(.alt($0))] } ?? []
        default:
            state = .plain
            return [.key(.escape)] + takePlain(value)
        }
    }

    /// Parameters and intermediates up to a final character; what is none of these breaks the sequence off.
    private mutating func takeSequence(
        _ value: UInt32, _ introducer: UInt32, _ parameters: [UInt8]
    ) -> [TerminalEvent] {
        switch value {
        case 0x20...0x3f where parameters.count < 64:
            state = .sequence(introducer: introducer, parameters: parameters + [UInt8(value)])
        case 27: state = .escape
        // The old mouse report: a button and two places follow, whatever they look like.
        case 0x4d where introducer == 0x5b && parameters.isEmpty: state = .skip(3)
        case 0x40...0x7e:
            state = .plain
            return finish(String(decoding: parameters, as: UTF8.self), final: UInt8(value))
        default: state = .plain
        }
        return []
    }

    /// Sequences that curses knows come as codes; these are the ones that arrived in pieces, or that it does not know.
    private mutating func finish(_ parameters: String, final: UInt8) -> [TerminalEvent] {
        switch (parameters, Unicode.Scalar(final)) {
        case ("200", "~"):
            state = .paste
            return []
        case ("", "I"): return [.focus(true)]
        case ("", "O"): return [.focus(false)]
        case ("", let final): return KeyDecoder.finals[final].map { [.key($0)] } ?? []
        case (let number, "~"): return KeyDecoder.numbers[number].map { [.key($0)] } ?? []
        default: return []
        }
    }

    private static let finals: [Unicode.Scalar: Key] = [
        "A": .up, "B": .down, "C": .right, "D": .left, "H": .home, "F": .end, "Z": .backTab, "P": .function(1),
        "Q": .function(2), "R": .function(3), "S": .function(4),
    ]

    private static let numbers: [String: Key] = [
        "1": .home, "2": .insert, "3": .delete, "4": .end, "5": .pageUp, "6": .pageDown, "7": .home, "8": .end,
        "11": .function(1), "12": .function(2), "13": .function(3), "14": .function(4), "15": .function(5),
        "17": .function(6), "18": .function(7), "19": .function(8), "20": .function(9), "21": .function(10),
        "23": .function(11), "24": .function(12),
    ]

    private static func key(named name: Int32) -> Key? {
        switch Int(name) {
        case CN_KEY_UP: .up
        case CN_KEY_DOWN: .down
        case CN_KEY_LEFT: .left
        case CN_KEY_RIGHT: .right
        case CN_KEY_HOME: .home
        case CN_KEY_END: .end
        case CN_KEY_PAGE_UP: .pageUp
        case CN_KEY_PAGE_DOWN: .pageDown
        case CN_KEY_BACKSPACE: .backspace
        case CN_KEY_DELETE: .delete
        case CN_KEY_INSERT: .insert
        case CN_KEY_BACK_TAB: .backTab
        case CN_KEY_ENTER: .enter
        case CN_KEY_FUNCTION...(CN_KEY_FUNCTION + 63): .function(Int(name) - CN_KEY_FUNCTION)
        default: nil
        }
    }
}
