import BackupModel
import Testing

@testable import OperatorConsole

@Suite struct KeymapTests {
    @Test("No key means two things in one context")
    func noConflicts() {
        for context in KeyContext.allCases {
            var seen: [Key: Action] = [:]
            for entry in KeyTable.entries where entry.contexts.contains(context) {
                for name in entry.keys {
                    guard let key = Key(name: name) else {
                        #expect(Bool(false), "no such key: \(name)")
                        continue
                    }
                    #expect(seen[key] == nil, "\(name) in \(context)")
                    seen[key] = entry.action
                }
            }
        }
    }

    @Test("Every action has exactly one row and a key or a place in the palette")
    func everyActionIsReachable() {
        let actions = KeyTable.entries.map(\.action)
        #expect(Set(actions) == Set(Action.allCases) && actions.count == Action.allCases.count)
        for action in Action.allCases {
            let reachable = Screen.allCases.contains { screen in
                var model = Fixture.model(Fixture.tapes)
                model.go(to: screen)
                return model.items(of: ActionChooser(.palette, theme: "")).contains(.action(action))
            }
            #expect(reachable, "\(action)")
        }
    }

    @Test("Lower-case keys never change the world; n and g keep their capitals by tradition")
    func capitalsAct() {
        for entry in KeyTable.entries {
            for name in entry.keys {
                guard case .character(let scalar)? = Key(name: name), scalar.properties.isAlphabetic else { continue }
                let atOnce: Set<Action> = [
                    .acknowledge, .snooze, .scan, .holdAfterTape, .markOffsite, .inventory, .verifyTape, .flowPolicy,
                ]
                let acts = entry.level > .none || atOnce.contains(entry.action)
                // Beside the other orders about tapes, though it only tells.
                let traditional: Set<Action> = [.last, .previousMatch, .nextTape]
                #expect(scalar.properties.isUppercase == (acts || traditional.contains(entry.action)), "\(name)")
            }
        }
    }

    @Test("Key names read back as themselves", arguments: KeyTable.entries.flatMap(\.keys))
    func roundTrip(name: String) throws {
        let key = try #require(Key(name: name))
        #expect(Key(name: key.name) == key)
        #expect(!key.label.isEmpty)
    }

    @Test("Hints are short words, helps fit the box at 80 columns, and the first six hints fit there")
    func textsFit() {
        for entry in KeyTable.entries {
            #expect(entry.hint.utf8.count <= 8 && !entry.hint.contains(" "), "\(entry.hint)")
            #expect(entry.help.utf8.count <= 44, "\(entry.help)")
        }
        for screen in Screen.allCases {
            var model = Fixture.model(screen == .tape ? Fixture.tapes : Fixture.state)
            model.go(to: screen)
            let hints = KeyHint.all(for: model)
            #expect(hints.prefix(6).reduce(0) { $0 + $1.cells + 2 } <= 80)
            let row = render(model, size: Size(columns: 80, rows: 24), glyphs: .ascii).text()[23]
            #expect(row.hasPrefix("? help") && !row.contains(".."))
        }
    }

    @Test func keyFileReplacesAndComplains() {
        func entry(_ section: String, _ key: String, _ values: [String], _ line: Int) -> TextEntry {
            TextEntry(section: section, key: key, values: values, line: line, column: 1)
        }
        let (keymap, problems) = Keymap.custom(
            entries: [
                entry("global", "zoom", ["f9", "Z"], 1), entry("copy", "verify", ["none"], 2),
                entry("global", "zomo", ["x"], 3), entry("globl", "zoom", ["x"], 4),
                entry("log", "level", ["ctrl+shift+q"], 5), entry("global", "redraw", ["q"], 6),
                entry("log", "pause", ["p"], 7),
            ], file: "keys.toml")
        #expect(keymap.action(for: .function(9), on: .log) == .zoom)
        #expect(keymap.action(for: .character("z"), on: .log) == nil)
        #expect(keymap.action(for: .character("V"), on: .copy) == nil)
        #expect(keymap.action(for: .character("V"), on: .dashboard) == .verify)
        #expect(keymap.action(for: .character("q"), on: .dashboard) == .quit, "the default stays")
        #expect(problems.map(\.line) == [3, 4, 5, 6, 7])
        #expect(problems[0].message == "no such action: zomo, did you mean zoom?")
        #expect(problems[1].message == "no such section: globl, did you mean global?")
        #expect(problems[3].message == "q is quit already in [global]")
    }

    @Test("Presets name real keys and leave every action reachable", arguments: KeyPreset.allCases)
    func presets(preset: KeyPreset) {
        for change in preset.changes {
            for name in change.2 { #expect(Key(name: name) != nil, "\(name)") }
            let screens = Screen.allCases.filter { KeyContext($0) == change.0 || change.0 == .global }
            let keymap = Keymap.custom(preset: preset, entries: [], file: "").keymap
            for name in change.2 {
                guard let key = Key(name: name) else { continue }
                #expect(screens.contains { keymap.action(for: key, on: $0) == change.1 }, "\(name) \(change.1)")
            }
        }
    }
}
