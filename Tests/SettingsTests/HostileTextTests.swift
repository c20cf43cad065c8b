import BackupModel
import Foundation
import Settings
import Testing

@Suite struct HostileTextTests {
    @Test(
        "J9 wrong encodings are refused with their place",
        arguments: [
            ([0xef, 0xbb, 0xbf] + Array("a = 1".utf8), "1:1: begins with a byte order mark"),
            ([0xff, 0xfe, 0x61, 0], "1:1: is UTF-16"),
            (Array("[console]\r\n".utf8), "1:10: holds a carriage return"),
            (Array("[console]\n#\0".utf8), "2:2: holds a NUL byte"),
            (Array("[console]\n# é".utf8) + [0xff], "2:4: is not valid UTF-8 here"),
            (Array("# ".utf8) + [0xed, 0xa0, 0x80], "1:3: is not valid UTF-8 here"),
        ] as [([UInt8], String)])
    func encodings(bytes: [UInt8], expected: String) {
        let lines = complaints(bytes)
        #expect(lines.count == 1)
        #expect(lines.first?.hasPrefix("holdfast.toml:" + expected) == true, "\(lines)")
    }

    @Test("J9 more than 1 MiB is refused unread")
    func tooLarge() {
        #expect(complaints([UInt8](repeating: 32, count: (1 << 20) + 1)) == ["holdfast.toml: is larger than 1.00 MiB"])
    }

    @Test(
        "J9 a NUL that C strings would end at is refused",
        arguments: ["a\\u0000b", "\\U00000000"])
    func escapedNUL(text: String) {
        let lines = complaints("[mirror.m]\nsource = \"/data\(text)\"\ntarget = \"/mnt/a\"\n")
        #expect(lines.count == 1)
        #expect(lines.first?.contains("NUL character in a string") == true, "\(lines)")
        #expect(complaints("\"x\(text)\" = 1").first?.contains("NUL") == true)
    }

    @Test(
        "J9 nesting that would overflow a stack is refused",
        arguments: [
            Array(repeating: "a", count: 200_000).joined(separator: ".") + " = 1",
            "[" + Array(repeating: "a", count: 200_000).joined(separator: ".") + "]",
            "a = " + String(repeating: "[", count: 200_000),
            "a = " + String(repeating: "{a=", count: 200_000),
        ])
    func deep(text: String) {
        let lines = complaints(text)
        #expect(lines.count == 1)
        #expect(lines.first?.contains("more than 32 levels") == true, "\(lines)")
    }

    @Test("J9 many keys and many mirrors cost bounded time", .timeLimit(.minutes(1)))
    func many() {
        let keys = (0..<20_000).map { "k\($0) = 1" }
        #expect(complaints("[console]\n" + keys.joined(separator: "\n")).count == 21)
        #expect(complaints("console = { " + keys.joined(separator: ", ") + " }").count == 21)
        let mirrors = (0..<20_000).map { "[mirror.m\($0)]\nsource = \"/s\"\n" }
        #expect(complaints(mirrors.joined()) == ["holdfast.toml:1:2: more than 100 mirrors"])
    }

    @Test("J9 no bytes crash or hang the reader", arguments: 0..<16)
    func randomBytes(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let words = [
            "[", "]", "mirror", ".", "cold", "=", "\"", "'", "\n", "{", "}", ",", "#", "\\", "u0041", "\"\"\"",
            "source", "/a", " ", "1", "é", "'''", "nan", "2026-01-01", "-",
        ]
        let isLong = ProcessInfo.processInfo.environment["HOLDFAST_LONG"] != nil
        for _ in 0..<(isLong ? 50_000 : 500) {
            let count = Int.random(in: 0..<40, using: &random)
            let text = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }.joined()
            for line in complaints(text) {
                #expect(line.hasPrefix("holdfast.toml"))
                #expect(line.utf8.allSatisfy { $0 >= 32 && $0 != 127 })
            }
        }
    }
}

/// A seeded generator, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
