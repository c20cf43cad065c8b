import CNcurses
import OperatorConsole
import Testing

@testable import NcursesTerminal

@Suite struct WidthTests {
    @Test("H4 the width table agrees with the C library wherever both know the character")
    func sweep() {
        #expect(cn_choose_locale() != CN_CODESET_OTHER)
        var disputed: [UInt32] = []
        var known = 0
        for value in UInt32(0x20)..<0x40000 {
            guard let scalar = Unicode.Scalar(value),
                SafeText(String(Character(scalar))).plain.unicodeScalars.first == scalar
            else { continue }
            let library = cn_width(value)
            if library < 0 { continue }
            known += 1
            if library != Int32(CellWidth.of(scalar)) { disputed.append(value) }
        }
        #expect(known > 100_000)
        // A few that changed between versions of Unicode are drawn as `?` where the library differs.
        #expect(disputed.count <= 60, "disputed: \(disputed.map { String($0, radix: 16) })")
    }

    @Test(
        "H6 glyphs by terminal and locale",
        arguments: [
            ("xterm-256color", CN_CODESET_UTF8, GlyphSet.Kind.unicode), ("xterm-256color", CN_CODESET_UNSAID, .unicode),
            ("xterm-256color", CN_CODESET_OTHER, .ascii), ("linux", CN_CODESET_UTF8, .block),
            ("linux", CN_CODESET_UNSAID, .ascii), ("vt100", CN_CODESET_UTF8, .ascii),
            ("tmux", CN_CODESET_UTF8, .unicode),
        ])
    func glyphs(_ term: String, _ codeset: Int, _ kind: GlyphSet.Kind) {
        #expect(TerminalAbilities.glyphs(term: term, codeset: codeset) == kind)
    }

    @Test(
        "H7 terminals to try",
        arguments: [
            (nil, []), ("", []), ("dumb", []), ("xterm-kitty", ["xterm-kitty", "xterm-256color", "xterm", "vt100"]),
            ("xterm", ["xterm", "xterm-256color", "vt100"]),
        ] as [(String?, [String])])
    func candidates(_ term: String?, _ names: [String]) {
        #expect(TerminalOptions(term: term, isColourless: false, log: nil).candidates == names)
    }
}
