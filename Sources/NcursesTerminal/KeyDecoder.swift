import CNcurses
import OperatorConsole

/// One thing curses read.
enum RawInput: Hashable, Sendable {
    case scalar(UInt32)
    case code(UInt32)
}

/// Turns what curses reads into keys and pastes; sequences nobody knows disappear whole (H10).
struct KeyDecoder {
    /// Scalars of a paste that are kept.
    static let pasteLimit = 65_536

    private var state = State.plain
    private var pasted = String.UnicodeScalarView()

    private enum State: Hashable {
        case plain
        /// An escape character; what follows in the same breath belongs to it.
        case escape
        /// `ESC [` or `ESC O` and no final character yet.
        case sequence(introducer: UInt32, length: Int)
        /// `ESC ]`, `ESC P` and their kin, until BEL or ESC \.
        case string(escaped: Bool)
        /// That many scalars mean nothing.
        case skip(Int)
        case paste
    }

    var isPasting: Bool { state == .paste }

    /// What a sequence that was cut off, or a paste that was never closed, comes to when nothing follows.
    mutating func idle() -> [TerminalEvent] {
        defer { state = .plain }
        switch state {
        case .escape: return [.key(.escape)]
        case .sequence(let introducer, 0): return Unicode.Scalar(introducer).map { [.key(.alt($0))] } ?? []
        case .paste: return finishPaste()
        case .string, .sequence, .skip, .plain: return []
        }
    }

    mutating func take(_ input: RawInput) -> [TerminalEvent] {
        switch input {
        case .code(let code): take(code: code)
        case .scalar(let value): take(value)
        }
    }

    private mutating func take(code: UInt32) -> [TerminalEvent] {
        switch Int(code) {
        case CN_PASTE_BEGIN:
            guard state != .paste else { return [] }
            let before = idle()
            state = .paste
            return before
        case CN_PASTE_END: return state == .paste ? finishPaste() : idle()
        case CN_FOCUS_IN: return [.focus(true)]
        case CN_FOCUS_OUT: return [.focus(false)]
        default: break
        }
        guard state != .paste else { return [] }
        return idle() + (KeyDecoder.key(named: cn_name_key(code)).map { [.key($0)] } ?? [])
    }

    private mutating func finishPaste() -> [TerminalEvent] {
        defer { pasted = String.UnicodeScalarView() }
        state = .plain
        return [.paste(String(pasted))]
    }

    private mutating func take(_ value: UInt32) -> [TerminalEvent] {
        switch state {
        case .plain: return takePlain(value)
        case .escape: return takeEscaped(value)
        case .sequence(let introducer, let length): return takeSequence(value, introducer, length)
        case .string(let escaped):
            let ends = value == 7 || (escaped && value == 0x5c)
            state = ends ? .plain : .string(escaped: value == 27)
            return []
        case .skip(let count):
            state = count > 1 ? .skip(count - 1) : .plain
            return []
        case .paste:
            if let scalar = Unicode.Scalar(value), pasted.count < KeyDecoder.pasteLimit { pasted.append(scalar) }
            return []
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
            state = .sequence(introducer: value, length: 0)
            return []
        case 0x5d, 0x50, 0x58, 0x5e, 0x5f:
            state = .string(escaped: false)
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
    private mutating func takeSequence(_ value: UInt32, _ introducer: UInt32, _ length: Int) -> [TerminalEvent] {
        switch value {
        case 0x20...0x3f where length < 64: state = .sequence(introducer: introducer, length: length + 1)
        case 27: state = .escape
        // The old mouse report: a button and two places follow, whatever they look like.
        case 0x4d where introducer == 0x5b && length == 0: state = .skip(3)
        default: state = .plain
        }
        return []
    }

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
