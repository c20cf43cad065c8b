import Testing

@testable import OperatorConsole

@Suite struct SafeTextTests {
    @Test(
        "H1 foreign text becomes visible text",
        arguments: [
            ("plain.dat", "plain.dat"), ("\u{1b}[2J", "\\e[2J"), ("\u{7f}", "\\x7F"), ("a\nb", "a\\nb"),
            ("a\tb\rc", "a\\tb\\rc"), ("x\u{8}y", "x\\x08y"), ("\u{9b}31m", "\\u{009B}31m"), ("\u{0}", "\\x00"),
            ("\u{202e}exe", "\\u{202E}exe"), ("\u{200b}", "\\u{200B}"), ("\u{ad}", "\\u{00AD}"),
            ("\u{feff}", "\\u{FEFF}"), ("\u{61c}", "\\u{061C}"), ("\u{2060}", "\\u{2060}"), ("\u{180e}", "\\u{180E}"),
            ("\u{e0041}", "\\u{E0041}"), ("\u{e000}", "\\u{E000}"), ("\u{378}", "\\u{0378}"), ("\u{a0}", "\\u{00A0}"),
            ("\u{3000}", "\\u{3000}"), ("\u{2028}", "\\u{2028}"), ("\u{fff9}", "\\u{FFF9}"), ("\u{3164}", "\\u{3164}"),
            ("e\u{301}\u{302}\u{303}", "e\u{301}\u{302}\\u{0303}"), ("\u{301}x", "\\u{0301}x"), ("日本", "日本"),
            ("👨‍👩‍👧", "👨"), ("👍🏽", "👍"), ("❤️", "❤"), ("a\u{fe0f}", "a\\u{FE0F}"), ("\\n", "\\n"),
            ("\u{200d}👩", "\\u{200D}👩"),
        ])
    func sanitises(_ text: String, _ shown: String) {
        #expect(SafeText(text).plain == shown)
        #expect(SafeText(text.utf8) == SafeText(text))
    }

    @Test(
        "H1 bytes that are no UTF-8 are shown one by one",
        arguments: [
            ([0xff], "\\xFF"), ([0x61, 0xc3], "a\\xC3"), ([0xc3, 0x41], "\\xC3A"), ([0xc0, 0xaf], "\\xC0\\xAF"),
            ([0xed, 0xa0, 0x80], "\\xED\\xA0\\x80"), ([0xe2, 0x82], "\\xE2\\x82"), ([0xe2, 0x82, 0xac], "€"),
            ([0xf4, 0x90, 0x80, 0x80], "\\xF4\\x90\\x80\\x80"), ([0xf0, 0x9f, 0x92, 0x41], "\\xF0\\x9F\\x92A"),
            ([0x80], "\\x80"), ([0xef, 0xbf, 0xbe], "\\u{FFFE}"),
        ] as [([UInt8], String)])
    func invalid(_ bytes: [UInt8], _ shown: String) { #expect(SafeText(bytes).plain == shown) }

    @Test("a typed backslash and an escaped newline differ")
    func escapesAreFlagged() {
        #expect(SafeText("\\n").plain == SafeText("\n").plain)
        #expect(SafeText("\\n") != SafeText("\n"))
        var grid = Grid(size: Size(columns: 4, rows: 1))
        grid.put("\\n" + SafeText("\n"), x: 0, y: 0, role: .pathFile)
        #expect(grid.row(0).map(\.role) == [.pathFile, .pathFile, .textEscaped, .textEscaped])
    }

    @Test("H1 H4 random bytes: nothing unprintable, and the width is the sum of the cells", arguments: 0..<40)
    func random(_ seed: UInt64) {
        var numbers = Numbers(seed: seed)
        for _ in 0..<100 {
            let bytes = (0..<Int.random(in: 0...64, using: &numbers)).map { _ in
                UInt8.random(in: 0...255, using: &numbers)
            }
            check(SafeText(bytes))
        }
    }

    @Test("H1 H4 random scalars: nothing unprintable, and the width is the sum of the cells", arguments: 0..<40)
    func randomScalars(_ seed: UInt64) {
        var numbers = Numbers(seed: seed)
        for _ in 0..<100 {
            var text = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...24, using: &numbers) {
                let top: UInt32 = Bool.random(using: &numbers) ? 0x3100 : 0x10ffff
                if let scalar = Unicode.Scalar(UInt32.random(in: 0...top, using: &numbers)) { text.append(scalar) }
            }
            check(SafeText(String(text)))
        }
    }

    private func check(_ text: SafeText) {
        #expect(text.pieces.reduce(0) { $0 + Int($1.columns) } == text.cells)
        for piece in text.pieces {
            let scalars = piece.scalars
            #expect(scalars.count <= 3 && CellWidth.of(scalars[0]) == Int(piece.columns) && piece.columns > 0)
            #expect(scalars.dropFirst().allSatisfy { CellWidth.of($0) == 0 })
            for scalar in scalars {
                switch scalar.properties.generalCategory {
                case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator:
                    Issue.record("shows U+\(String(scalar.value, radix: 16))")
                default: break
                }
            }
        }
        for limit in 0..<12 {
            for ellipsis in [Ellipsis.end, .middle] {
                #expect(text.prefix(cells: limit, ellipsis: ellipsis).cells <= limit)
                #expect(text.fitted(limit, align: .right, ellipsis: ellipsis).cells == limit)
            }
        }
    }

    @Test("H16 a line of a mebibyte is cut early")
    func longLine() {
        #expect(SafeText(repeatElement(UInt8(ascii: "x"), count: 1 << 20)).cells == SafeText.limit)
        #expect(SafeText(String(repeating: "長", count: 1 << 20)).cells <= SafeText.limit + 1)
    }

    @Test(
        "cutting",
        arguments: [
            (10, Ellipsis.end, "0123456789"), (9, .end, "0123456.."), (5, .end, "012.."), (4, .end, "012>"),
            (1, .end, ">"), (0, .end, ""), (9, .middle, "0123..789"), (8, .middle, "012..789"), (6, .middle, "01..89"),
        ])
    func cuts(_ limit: Int, _ ellipsis: Ellipsis, _ shown: String) {
        #expect(SafeText("0123456789").prefix(cells: limit, ellipsis: ellipsis).plain == shown)
    }

    @Test("H4 a cut never halves a wide character")
    func cutsWide() {
        let text: SafeText = "日本語日本語"
        #expect(text.prefix(cells: 7).plain == "日本..")
        #expect(text.prefix(cells: 7).fitted(7).plain == "日本.. ")
        #expect(text.prefix(cells: 9, ellipsis: .middle).plain == "日本..語")
    }

    @Test(
        "wrapping",
        arguments: [
            ("one two three", 7, ["one two", "three"]), ("one two three", 3, ["one", "two", "thr", "ee"]),
            ("", 5, [""]), ("abcdef", 2, ["ab", "cd", "ef"]), ("日本語", 3, ["日", "本", "語"]),
        ])
    func wraps(_ text: String, _ width: Int, _ lines: [String]) {
        #expect(SafeText(text).wrapped(width).map(\.plain) == lines)
    }

    @Test("interpolation keeps flags and makes the rest safe")
    func interpolates() {
        let name = SafeText("\n")
        let text: SafeText = "<\(name)\(7)\("\u{1b}")>"
        #expect(text.plain == "<\\n7\\e>")
        #expect(text.pieces.map(\.isEscaped) == [false, true, true, false, true, true, false])
    }
}

/// Numbers that come again with the same seed (splitmix64).
struct Numbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
