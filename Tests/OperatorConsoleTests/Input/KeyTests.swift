import Testing

@testable import OperatorConsole

@Suite struct KeyTests {
    static let keys: [Key] =
        [.enter, .escape, .tab, .backTab, .backspace, .delete, .insert, .up, .down, .left, .right, .home, .end]
        + [.pageUp, .pageDown, .function(1), .function(12), .function(63), .control("r"), .control("@"), .control("_")]
        + [.alt("x"), .alt("X"), .alt(" "), .alt("é")]
        + (0x20..<0x7f).compactMap { Unicode.Scalar($0).map(Key.character) }

    @Test("names read back", arguments: keys)
    func roundTrip(_ key: Key) {
        #expect(Key(name: key.name) == key)
        #expect(key.label.cells > 0)
    }

    @Test(
        "other spellings",
        arguments: [
            ("Ctrl+R", Key.control("r")), ("F5", .function(5)), ("PGDN", .pageDown), ("Space", .character(" ")),
            ("R", .character("R")), ("f", .character("f")),
        ])
    func spellings(_ name: String, _ key: Key) { #expect(Key(name: name) == key) }

    @Test(
        "what is no key", arguments: ["", "ctrl+", "ctrl+1", "f0", "f64", "f+5", "alt+xy", "super+x", "\u{1b}", "xx"])
    func refused(_ name: String) { #expect(Key(name: name) == nil) }
}
