/// Five hundred names that a terminal should never see raw.
enum Hostile {
    static let names: [[UInt8]] = (0..<500).map { index in
        let part = parts[index % parts.count]
        return Array("n\(index)-".utf8) + part + Array("-".utf8) + parts[index * 7 % parts.count]
    }

    private static let parts: [[UInt8]] = [
        text("\u{1b}[2J\u{1b}[H"), text("\u{1b}]0;owned\u{7}"), text("\u{1b}[31mred"), text("\u{9b}31m"),
        text("\u{90}q\u{9c}"), text("a\nb\rc\td"), text("back\u{8}\u{8}\u{8}"), text("\u{7f}\u{0}\u{7}\u{e}\u{f}"),
        text("\u{202e}txt.exe"), text("\u{200b}\u{feff}\u{ad}\u{2060}"), text("e\u{301}\u{302}\u{303}\u{304}"),
        text("\u{301}lead"), text("日本語のファイル"), text("👨‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️"), text("\u{e000}\u{e0041}\u{10fffd}"),
        text("한글 각"), text("עברית العربية"), [0xef, 0xb7, 0x90, 0xcd, 0xb8],
        [0xff, 0xfe, 0xc0, 0xaf, 0xed, 0xa0, 0x80],
        [0xe2, 0x82], [0xf0, 0x9f, 0x92], text("\u{1b}P+q\u{1b}\\"), text("\u{1b}[6n\u{1b}[c\u{5}"),
        text("ordinary.dat"), text(String(repeating: "長", count: 200)), text("\\n \\x1b"), text("\u{2028}\u{85}"),
        Array((0...255).map { UInt8($0) }),
    ]

    private static func text(_ string: String) -> [UInt8] { Array(string.utf8) }
}
