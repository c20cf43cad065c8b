/// One key press, as key files write it.
package enum Key: Hashable, Sendable {
    /// What was typed; the space bar too.
    case character(Unicode.Scalar)
    case enter
    case escape
    case tab
    case backTab
    case backspace
    case delete
    case insert
    case up
    case down
    case left
    case right
    case home
    case end
    case pageUp
    case pageDown
    /// 1 to 63.
    case function(Int)
    /// With Control: a lower-case letter, or one of `@ \ ] ^ _`.
    case control(Unicode.Scalar)
    /// With Alt: what was typed.
    case alt(Unicode.Scalar)
}

extension Key {
    private static let names: [(Key, name: String, label: String)] = [
        (.enter, "enter", "Enter"), (.escape, "esc", "Esc"), (.tab, "tab", "Tab"), (.backTab, "s-tab", "S-Tab"),
        (.backspace, "backspace", "Bksp"), (.delete, "del", "Del"), (.insert, "ins", "Ins"), (.up, "up", "Up"),
        (.down, "down", "Down"), (.left, "left", "Left"), (.right, "right", "Right"), (.home, "home", "Home"),
        (.end, "end", "End"), (.pageUp, "pgup", "PgUp"), (.pageDown, "pgdn", "PgDn"),
        (.character(" "), "space", "Space"),
    ]

    private static let controls = Set("abcdefghijklmnopqrstuvwxyz@\\]^_".unicodeScalars)

    /// The key of that name: `r`, `R`, `ctrl+r`, `alt+x`, `f5`, `pgdn`, `space`; nil when there is none.
    package init?(name: String) {
        if let named = Key.names.first(where: { $0.name == name.lowercased() }) {
            self = named.0
            return
        }
        let scalars = Array(name.unicodeScalars)
        if scalars.count == 1, Key.isTypable(scalars[0]) {
            self = .character(scalars[0])
        } else if let scalar = Key.modified("ctrl+", scalars) {
            let lower = scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
            guard Key.controls.contains(lower) else { return nil }
            self = .control(lower)
        } else if let scalar = Key.modified("alt+", scalars), Key.isTypable(scalar) {
            self = .alt(scalar)
        } else if name.count <= 3, name.lowercased().hasPrefix("f"), let number = Int(name.dropFirst()),
            (1...63).contains(number), !name.contains("+")
        {
            self = .function(number)
        } else {
            return nil
        }
    }

    /// The name that reads back as this key.
    package var name: String {
        switch self {
        case .function(let number): "f\(number)"
        case .control(let scalar): "ctrl+" + String(Character(scalar))
        case .alt(let scalar): scalar == " " ? "alt+space" : "alt+" + String(Character(scalar))
        case .character(let scalar) where scalar != " ": String(Character(scalar))
        default: Key.names.first { $0.0 == self }?.name ?? "?"
        }
    }

    /// Short, for hints and help: `^R`, `PgDn`, `A-x`.
    package var label: SafeText {
        switch self {
        case .function(let number): "F\(number)"
        case .control(let scalar): SafeText("^" + scalar.properties.uppercaseMapping)
        case .alt(let scalar): SafeText(scalar == " " ? "A-Space" : "A-" + String(Character(scalar)))
        case .character(let scalar) where scalar != " ": SafeText(String(Character(scalar)))
        default: SafeText(Key.names.first { $0.0 == self }?.label ?? "?")
        }
    }

    private static func modified(_ prefix: String, _ scalars: [Unicode.Scalar]) -> Unicode.Scalar? {
        let lead = Array(prefix.unicodeScalars)
        guard scalars.count > lead.count,
            String(String.UnicodeScalarView(scalars.prefix(lead.count))).lowercased() == prefix
        else { return nil }
        let rest = scalars.dropFirst(lead.count)
        if String(String.UnicodeScalarView(rest)).lowercased() == "space" { return " " }
        return rest.count == 1 ? rest.first : nil
    }

    private static func isTypable(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value >= 0x20 && scalar.value != 0x7f && !(0x80...0x9f).contains(scalar.value)
    }
}
