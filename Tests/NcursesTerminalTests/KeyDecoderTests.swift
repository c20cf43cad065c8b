import CNcurses
import OperatorConsole
import Testing

@testable import NcursesTerminal

@Suite struct KeyDecoderTests {
    private func decode(_ text: String) -> [TerminalEvent] { decode(Array(text.utf8)) }

    private func decode(_ bytes: [UInt8]) -> [TerminalEvent] {
        var decoder = KeyDecoder()
        return bytes.flatMap { decoder.take(.byte($0)) } + decoder.idle()
    }

    @Test(
        "keys",
        arguments: [
            ("a", [Key.character("a")]), ("é漢", [.character("é"), .character("漢")]), ("\r", [.enter]), ("\t", [.tab]),
            ("\u{7f}\u{8}", [.backspace, .backspace]), ("\u{1}\u{1a}", [.control("a"), .control("z")]),
            ("\u{0}\u{1c}", [.control("@"), .control("\\")]), ("\u{1b}", [.escape]),
            ("\u{1b}\u{1b}", [.escape, .escape]),
            ("\u{1b}x", [.alt("x")]), ("\u{1b}[", [.alt("[")]), ("\u{1b}O", [.alt("O")]),
            ("\u{1b}\r", [.escape, .enter]),
            ("\u{1b}[A\u{1b}OB", [.up, .down]), ("\u{1b}[5~\u{1b}[24~", [.pageUp, .function(12)]),
        ])
    func keys(_ text: String, _ keys: [Key]) { #expect(decode(text) == keys.map(TerminalEvent.key)) }

    @Test(
        "H10 sequences nobody knows and bytes that are no UTF-8 disappear whole",
        arguments: [
            "\u{1b}[1;2;3;4;5;6z", "\u{1b}[<0;10;10M", "\u{1b}[M !!", "\u{1b}]0;qqq\u{7}", "\u{1b}]0;qqq\u{1b}\\",
            "\u{1b}Pqqq\u{1b}\\", "\u{9b}", "\u{1b}[?62;c", "\u{1b}[999;", "\u{1b}[1;5A",
        ])
    func unknown(_ text: String) { #expect(decode(text) == []) }

    @Test(
        "H10 invalid bytes take nothing with them",
        arguments: [[0xff], [0xc3], [0xe2, 0x82], [0x80], [0xed, 0xa0, 0x80], [0xf8, 0x88]] as [[UInt8]])
    func invalid(_ bytes: [UInt8]) {
        #expect(decode(bytes + Array("\u{1b}[Aq".utf8)) == [.key(.up), .key(.character("q"))])
    }

    @Test("H10 a paste is one event, never keys, and cut at its limit")
    func pastes() {
        #expect(
            decode("\u{1b}[200~rm -rf\r\u{1b}[A\u{1b}[201~q") == [.paste("rm -rf\r\u{1b}[A"), .key(.character("q"))])
        let long = decode("\u{1b}[200~" + String(repeating: "x", count: 1 << 20) + "\u{1b}[201~")
        #expect(long == [.paste(String(repeating: "x", count: KeyDecoder.pasteLimit))])
        #expect(decode("\u{1b}[200~never closed") == [.paste("never closed")])
    }

    @Test("codes of curses")
    func codes() {
        var decoder = KeyDecoder()
        #expect(decoder.take(.code(UInt32(CN_FOCUS_IN))) == [.focus(true)])
        #expect(decoder.take(.code(UInt32(CN_PASTE_BEGIN))) == [])
        #expect(decoder.take(.byte(UInt8(ascii: "x"))) == [])
        #expect(decoder.take(.code(UInt32(CN_PASTE_END))) == [.paste("x")])
        #expect(decoder.take(.code(UInt32(CN_MOUSE_BEGIN))) == [])
        #expect("0;1;2M".utf8.flatMap { decoder.take(.byte($0)) } == [])
        #expect(decoder.take(.byte(UInt8(ascii: "x"))) == [.key(.character("x"))])
    }

    @Test("how long a beginning may wait")
    func patience() {
        var decoder = KeyDecoder()
        #expect(decoder.patience == nil)
        _ = decoder.take(.byte(27))
        #expect(decoder.patience == 25)
        _ = decoder.take(.byte(0x5b))
        #expect(decoder.patience == 250)
        #expect(decoder.idle() == [.key(.alt("["))])
        #expect(decoder.patience == nil)
    }

    @Test(
        "base64",
        arguments: [
            ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ])
    func base64(_ text: String, _ coded: String) {
        #expect(Base64.encode(Array(text.utf8)) == Array(coded.utf8))
    }
}
