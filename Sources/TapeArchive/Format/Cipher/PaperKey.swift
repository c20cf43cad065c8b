/// A key as text, in a file or on paper: one form for both, so that either can be typed into the decoder.
///
/// Four lines of 16 letters (Crockford's base 32: no I, L, O, U), each 8 bytes of the key and 2 of check over the
/// line's number and its bytes: a wrong letter, a missing line and two exchanged ones are found by line.
package enum PaperKey {
    private static let title = "HOLDFAST KEY 1"
    private static let letters = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

    /// The text, with its line feed. `note`: one line for people, for instance what the key is for and since when.
    package static func text(_ key: ArchiveKey, note: String = "") throws(FormatFault) -> String {
        var text = "\(title)\n"
        if !note.isEmpty { text += "# \(note.split(whereSeparator: \.isNewline).joined(separator: " "))\n" }
        text += "id \(try key.id())\n"
        for line in 0..<4 {
            let part = Array(key.bytes[8 * line..<8 * line + 8])
            let word = try encoded(part + check(line + 1, part))
            let groups = stride(from: 0, to: 16, by: 4).map { String(decoding: word[$0..<$0 + 4], as: UTF8.self) }
            text += "\(line + 1) \(groups.joined(separator: "-"))\n"
        }
        return text
    }

    /// The key of a text. Throws `badKey`, which names the line that is wrong.
    package static func key(_ text: String) throws(FormatFault) -> ArchiveKey {
        var parts: [Int: [UInt8]] = [:]
        var id: Substring?
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ", maxSplits: 1)
            guard let first = words.first, words.count == 2 else { continue }
            if first == "id" { id = words[1].filter { $0 != " " }[...] }
            guard let number = Int(first), (1...4).contains(number) else { continue }
            guard parts[number] == nil else { throw .badKey("line \(number) is there twice") }
            parts[number] = try part(number, words[1])
        }
        var bytes: [UInt8] = []
        for number in 1...4 {
            guard let part = parts[number] else { throw .badKey("line \(number) is missing") }
            bytes += part
        }
        let key = try ArchiveKey(bytes: bytes)
        if let id, try key.id() != id.lowercased() {
            throw .badKey("each line is right, but the id line is that of another key")
        }
        return key
    }

    private static func part(_ number: Int, _ word: Substring) throws(FormatFault) -> [UInt8] {
        let digits = word.utf8.filter { $0 != 45 && $0 != 32 && $0 != 9 }
        guard digits.count == 16, let bytes = decoded(digits) else {
            throw .badKey("line \(number) has not 16 letters of 0-9 A-Z")
        }
        let part = Array(bytes.prefix(8))
        guard try check(number, part) == Array(bytes.suffix(2)) else {
            throw .badKey("line \(number) has a typing error")
        }
        return part
    }

    private static func check(_ number: Int, _ part: [UInt8]) throws(FormatFault) -> [UInt8] {
        let hash = try Digest.sha256(Array(title.utf8) + [UInt8(number)] + part)
        let bits = UInt16(hash.prefix(4), radix: 16) ?? 0
        return [UInt8(bits >> 8), UInt8(bits & 255)]
    }

    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        (0..<bytes.count * 8 / 5).map { digit in
            (0..<5).reduce(0) { value, bit in
                let at = digit * 5 + bit
                return value << 1 | Int(bytes[at / 8] >> UInt8(7 - at % 8) & 1)
            }
        }.map { letters[$0] }
    }

    private static func decoded(_ digits: [UInt8]) -> [UInt8]? {
        var out = [UInt8](repeating: 0, count: digits.count * 5 / 8)
        for (index, digit) in digits.enumerated() {
            guard let value = value(of: digit) else { return nil }
            for bit in 0..<5 where value >> (4 - bit) & 1 == 1 {
                out[(index * 5 + bit) / 8] |= 0x80 >> UInt8((index * 5 + bit) % 8)
            }
        }
        return out
    }

    /// Small letters are capitals; O is read as 0, I and L as 1, as Crockford's alphabet has it.
    private static func value(of digit: UInt8) -> Int? {
        let capital = (97...122).contains(digit) ? digit - 32 : digit
        switch capital {
        case UInt8(ascii: "O"): return 0
        case UInt8(ascii: "I"), UInt8(ascii: "L"): return 1
        default: return letters.firstIndex(of: capital)
        }
    }
}
