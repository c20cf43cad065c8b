import BackupModel

/// The palette and the help: a list of what can be done here, narrowed by typing.
package struct ActionChooser: Sendable {
    package enum Kind: Sendable { case palette, help }

    enum Item: Hashable, Sendable {
        case action(Action)
        case theme(String)
        case mirror(String)
    }

    enum Outcome: Equatable {
        case open, closed
        case chosen(Item)
    }

    package let kind: Kind
    /// The theme to go back to when a preview is not taken.
    let themeBefore: String
    private(set) var field = TextField()
    private(set) var position = ListPosition<Item>()

    init(_ kind: Kind, theme: String) {
        self.kind = kind
        themeBefore = theme
    }

    func selected(in items: [Item]) -> Int? { position.index(in: items) }

    mutating func take(_ key: Key, items: [Item], height: Int) -> Outcome {
        let index = position.index(in: items) ?? 0
        switch key {
        case .escape, .control("c"): return .closed
        case .enter: return items.isEmpty ? .closed : .chosen(items[index])
        case .up, .control("p"): position.move(to: index - 1, in: items, height: height)
        case .down, .control("n"), .tab: position.move(to: index + 1, in: items, height: height)
        case .pageUp: position.move(to: index - height, in: items, height: height)
        case .pageDown: position.move(to: index + height, in: items, height: height)
        case .home: position.move(to: 0, in: items, height: height)
        case .end: position.move(to: items.count - 1, in: items, height: height)
        default:
            if field.take(key) { position.release() }
        }
        return .open
    }

    mutating func take(pasted bytes: [UInt8]) {
        field.take(pasted: bytes)
        position.release()
    }
}

extension Model {
    /// What the chooser offers for the typed text, best first.
    func items(of chooser: ActionChooser) -> [ActionChooser.Item] {
        let all = everything(for: chooser.kind)
        let text = chooser.field.text
        guard !text.isEmpty else { return all }
        if chooser.kind == .help { return all.filter { contains(label(of: $0) + " " + help(of: $0), text) } }
        let scored = all.compactMap { item in fuzzyScore(label(of: item), text).map { (item, $0) } }
        return scored.enumerated().sorted { ($0.element.1, $0.offset) < ($1.element.1, $1.offset) }.map(\.element.0)
    }

    func label(of item: ActionChooser.Item) -> String {
        switch item {
        case .action(let action): action.rawValue
        case .theme(let name): "theme " + name
        case .mirror(let name): "mirror " + name
        }
    }

    func help(of item: ActionChooser.Item) -> String {
        switch item {
        case .action(let action): KeyTable.entry(action)?.help ?? ""
        case .theme: "Colours; moving here shows them"
        case .mirror: "Open it on the Copy screen"
        }
    }

    private func everything(for kind: ActionChooser.Kind) -> [ActionChooser.Item] {
        let context = KeyContext(screen)
        let here = KeyTable.entries.filter {
            ($0.contexts.contains(context) || $0.contexts.contains(.global)) && ($0.action != .tape || hasTape)
        }
        let actions = here.map { ActionChooser.Item.action($0.action) }
        guard kind == .palette else { return actions }
        return actions + themes.map { .theme($0) } + (engine?.copies ?? []).map { .mirror($0.name) }
    }
}

/// How badly the letters of the pattern lie in the text, in order: gaps and a late begin count; nil when they do not.
func fuzzyScore(_ text: String, _ pattern: String) -> Int? {
    let letters = Array(text.lowercased().unicodeScalars)
    var score = 0
    var at = 0
    var previous: Int?
    for wanted in pattern.lowercased().unicodeScalars where wanted != " " {
        guard let found = letters[at...].firstIndex(of: wanted) else { return nil }
        let beginsWord = found == 0 || letters[found - 1] == " " || letters[found - 1] == "-"
        if let previous { score += (found - previous - 1) * (beginsWord ? 1 : 2) } else { score += found }
        if !beginsWord, previous.map({ $0 + 1 != found }) ?? true { score += 3 }
        previous = found
        at = found + 1
    }
    return score
}
