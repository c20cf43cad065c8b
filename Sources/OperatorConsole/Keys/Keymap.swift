package import BackupModel

/// Which key does what where.
package struct Keymap: Hashable, Sendable {
    private var bindings: [KeyContext: [Key: Action]] = [:]
    /// The keys of an action in the order of preference.
    private var labels: [KeyContext: [Action: [Key]]] = [:]

    /// The defaults of the one table.
    package static let standard = Keymap(defaults: KeyTable.entries)

    private init(defaults entries: [KeyEntry]) {
        for entry in entries {
            for context in entry.contexts {
                bind(entry.action, to: entry.keys.compactMap(Key.init(name:)), in: context)
            }
        }
    }

    /// The standard keys with a preset and a key file laid over them. What is wrong is reported and left out; the
    /// keys it would have replaced stay.
    ///
    /// Sections are `global`, `dashboard`, `copy`, `tape`, `jobs`, `log` and `alerts`; an entry is
    /// `action = ["key", ...]`, `none` takes the keys away.
    package static func custom(
        preset: KeyPreset = .vi, entries: [TextEntry], file: String
    ) -> (keymap: Keymap, problems: [TextProblem]) {
        var keymap = standard
        for (context, action, names) in preset.changes {
            keymap.bind(action, to: names.compactMap(Key.init(name:)), in: context)
        }
        var problems: [TextProblem] = []
        for entry in entries {
            do throws(KeyComplaint) {
                let (context, action, keys) = try read(entry)
                try keymap.replace(action, with: keys, in: context)
            } catch {
                problems.append(
                    TextProblem(file: file, line: entry.line, column: entry.column, message: error.message))
            }
        }
        return (keymap, problems)
    }

    package func action(for key: Key, on screen: Screen) -> Action? {
        bindings[KeyContext(screen)]?[key] ?? bindings[.global]?[key]
    }

    /// The keys that really reach the action on that screen.
    package func keys(for action: Action, on screen: Screen) -> [Key] {
        let own = labels[KeyContext(screen)]?[action] ?? []
        let global = labels[.global]?[action] ?? []
        return (own + global).filter { self.action(for: $0, on: screen) == action }
    }

    private mutating func bind(_ action: Action, to keys: [Key], in context: KeyContext) {
        for old in labels[context]?[action] ?? [] { bindings[context]?[old] = nil }
        labels[context, default: [:]][action] = keys
        for key in keys { bindings[context, default: [:]][key] = action }
    }

    private mutating func replace(_ action: Action, with keys: [Key], in context: KeyContext) throws(KeyComplaint) {
        for key in keys {
            if let other = bindings[context]?[key], other != action {
                throw KeyComplaint(message: "\(key.name) is \(other.rawValue) already in [\(context.rawValue)]")
            }
        }
        bind(action, to: keys, in: context)
    }

    private static func read(_ entry: TextEntry) throws(KeyComplaint) -> (KeyContext, Action, [Key]) {
        guard let context = KeyContext(rawValue: entry.section) else {
            throw KeyComplaint(unknown: "section", entry.section, among: KeyContext.allCases.map(\.rawValue))
        }
        guard let action = Action(rawValue: entry.key) else {
            throw KeyComplaint(unknown: "action", entry.key, among: Action.allCases.map(\.rawValue))
        }
        let contexts = KeyTable.entry(action)?.contexts ?? []
        guard contexts.contains(context) || contexts.contains(.global) else {
            throw KeyComplaint(message: "\(action.rawValue) means nothing in [\(context.rawValue)]")
        }
        if entry.values == ["none"] { return (context, action, []) }
        var keys: [Key] = []
        for name in entry.values {
            guard let key = Key(name: name) else {
                throw KeyComplaint(message: "no such key: \(printable(Array(name.utf8)))")
            }
            keys.append(key)
        }
        return (context, action, keys)
    }
}

private struct KeyComplaint: Error {
    var message: String

    init(message: String) { self.message = message }

    init(unknown what: String, _ word: String, among words: [String]) {
        message = "no such \(what): \(printable(Array(word.utf8)))"
        if let nearest = words.min(by: { distance($0, word) < distance($1, word) }), distance(nearest, word) <= 3 {
            message += ", did you mean \(nearest)?"
        }
    }
}

/// Edits that make one word the other (Levenshtein).
private func distance(_ a: String, _ b: String) -> Int {
    let right = Array(b.utf8.prefix(64))
    var row = Array(0...right.count)
    for (i, left) in a.utf8.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for j in right.indices {
            let substituted = diagonal + (left == right[j] ? 0 : 1)
            diagonal = row[j + 1]
            row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
        }
    }
    return row[right.count]
}

/// Ready-made changes to the standard keys.
package enum KeyPreset: String, CaseIterable, Sendable {
    /// The standard keys.
    case vi
    case emacs
    /// No letters needed: function keys and the palette, for keyboards without Latin letters.
    case arrowsOnly = "arrows-only"

    var changes: [(KeyContext, Action, [String])] {
        switch self {
        case .vi: []
        case .emacs:
            [
                (.global, .halfDown, []), (.global, .halfUp, []), (.global, .pageUp, ["pgup", "alt+v"]),
                (.global, .pageDown, ["pgdn", "ctrl+v"]), (.global, .down, ["down", "ctrl+n"]),
                (.global, .up, ["up", "ctrl+p"]), (.copy, .left, ["left", "ctrl+b"]),
                (.copy, .right, ["right", "ctrl+f"]), (.global, .first, ["alt+<", "home"]),
                (.global, .last, ["alt+>", "end"]), (.global, .filter, ["ctrl+s", "/"]),
                (.global, .back, ["esc", "ctrl+g"]), (.global, .palette, ["alt+x", ":"]),
            ]
        case .arrowsOnly:
            [
                (.global, .help, ["f1"]), (.global, .palette, ["f2"]), (.global, .filter, ["f3"]),
                (.global, .zoom, ["f4"]), (.dashboard, .sort, ["f5"]), (.copy, .sort, ["f5"]),
                (.jobs, .sort, ["f5"]), (.jobs, .freeze, ["f6"]), (.jobs, .jobLog, ["f7"]), (.jobs, .info, ["f8"]),
                (.global, .answerRequest, ["f9"]),
                (.dashboard, .freeze, ["f6"]), (.copy, .freeze, ["f6"]), (.log, .follow, ["f6"]),
                (.tape, .sort, ["f5"]), (.tape, .freeze, ["f6"]), (.tape, .nextDrive, ["f7"]),
                (.copy, .map, ["f7"]), (.log, .level, ["f7"]), (.global, .quit, ["f10"]),
                (.global, .dashboard, ["f11"]), (.global, .log, ["f12"]),
            ]
        }
    }
}
