import BackupModel
import Foundation
import Testing

@testable import AlertDelivery

@Suite struct MailTextTests {
    @Test(
        "a dot that begins a line is doubled, and one alone ends the mail",
        arguments: [
            ("", ".\r\n"), ("a\r\n", "a\r\n.\r\n"), ("a", "a\r\n.\r\n"), (".\r\n", "..\r\n.\r\n"),
            ("a\r\n.b\r\n..\r\n", "a\r\n..b\r\n...\r\n.\r\n"), ("a.b\r\n", "a.b\r\n.\r\n"),
        ])
    func dots(text: String, stuffed: String) {
        #expect(String(decoding: dotStuffed(Array(text.utf8)), as: UTF8.self) == stuffed)
    }

    @Test(
        "headers stay one header whatever they hold",
        arguments: [
            "plain", "two\nlines", "cr\r\nBcc: x", "nul\0", "ünïcode", "=?UTF-8?Q?x?=",
            String(repeating: "ä", count: 300),
            String(repeating: "long ascii ", count: 30), "👩‍👩‍👧", "tab\there", "",
        ])
    func headers(text: String) {
        let value = headerText(text, after: 9)
        for line in value.components(separatedBy: "\r\n") {
            #expect(line.utf8.count <= 76 - (value.hasPrefix(line) ? 9 : 0))
            #expect(line.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        }
        #expect(value.components(separatedBy: "\r\n").dropFirst().allSatisfy { $0.hasPrefix(" ") })
    }

    @Test(
        "dates",
        arguments: [
            (Int64(1_760_000_000_000), "Thu, 09 Oct 2025 08:53:20 +0000"), (0, "Thu, 01 Jan 1970 00:00:00 +0000"),
            (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 +0000"),
        ])
    func dates(milliseconds: Int64, text: String) {
        #expect(mailDate(WallTime(milliseconds: milliseconds)) == text)
    }

    @Test("replies come in any pieces", arguments: [1, 2, 3, 7, 1000])
    func replies(size: Int) throws {
        var reader = MailReplyReader()
        let bytes = Array("220-hello\r\n220 ready\r\n250 ok\n354\r\n".utf8)
        for start in stride(from: 0, to: bytes.count, by: size) {
            try reader.take(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(reader.next() == MailReply(code: 220, lines: ["hello", "ready"]))
        #expect(reader.next() == MailReply(code: 250, lines: ["ok"]))
        #expect(reader.next() == MailReply(code: 354, lines: [""]))
        #expect(reader.next() == nil && !reader.hasRest)
    }

    @Test("random bytes from a server end in an error or in replies, never in more memory")
    func random() {
        var dice = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var reader = MailReplyReader()
            let bytes = (0..<Int.random(in: 0...200, using: &dice)).map { _ -> UInt8 in
                let some = Array("0123456789 -\r\n".utf8)
                return Bool.random(using: &dice)
                    ? some.randomElement(using: &dice) ?? 0 : .random(in: 0...255, using: &dice)
            }
            do throws(Trouble) { try reader.take(bytes) } catch {
                guard case .again = error else { Issue.record("\(error)"); return }
            }
        }
        var flood = MailReplyReader()
        #expect(throws: Trouble.self) { try flood.take([UInt8](repeating: 0x32, count: 10_000)) }
        var endless = MailReplyReader()
        #expect(throws: Trouble.self) { try endless.take(Array(String(repeating: "250-x\r\n", count: 200).utf8)) }
    }
}
