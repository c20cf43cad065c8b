/// POSIX access control lists between the kernel's attribute (`posix_acl_xattr.h`, version 2) and tar's text.
enum PosixACL {
    static let access = Array("system.posix_acl_access".utf8)
    static let byDefault = Array("system.posix_acl_default".utf8)

    /// `user::rw-` and so on, a line an entry, with numeric ids; nil for bytes that are no such attribute.
    static func text(attribute: [UInt8]) -> [UInt8]? {
        guard attribute.count >= 4, (attribute.count - 4) % 8 == 0, number(attribute[0..<4]) == 2 else { return nil }
        var text = ""
        for start in stride(from: 4, to: attribute.count, by: 8) {
            let tag = number(attribute[start..<start + 2])
            let bits = number(attribute[start + 2..<start + 4])
            guard let word = words[tag], bits < 8 else { return nil }
            let id = hasID(tag) ? String(number(attribute[start + 4..<start + 8])) : ""
            text +=
                "\(word):\(id):\(bits & 4 == 0 ? "-" : "r")\(bits & 2 == 0 ? "-" : "w")\(bits & 1 == 0 ? "-" : "x")\n"
        }
        return Array(text.utf8)
    }

    /// The attribute of a text with numeric ids, lines or commas between; nil for anything else, names included.
    static func attribute(text: [UInt8]) -> [UInt8]? {
        var out: [UInt8] = little(2, bytes: 4)
        for line in text.split(whereSeparator: { $0 == 10 || $0 == 44 }) {
            let fields = line.split(separator: 58, omittingEmptySubsequences: false)
            guard fields.count >= 3, let kind = kinds[String(decoding: fields[0], as: UTF8.self)] else { return nil }
            let tag = fields[1].isEmpty ? kind.plain : kind.named
            var id: UInt32 = .max
            if hasID(tag) {
                guard let value = Decimal.parse(fields[1]), let short = UInt32(exactly: value) else { return nil }
                id = short
            }
            var bits: UInt32 = 0
            for letter in fields[2] { bits |= letter == 114 ? 4 : letter == 119 ? 2 : letter == 120 ? 1 : 0 }
            out += little(tag, bytes: 2) + little(bits, bytes: 2) + little(id, bytes: 4)
        }
        return out.count > 4 ? out : nil
    }

    private static let words: [UInt32: String] = [
        1: "user", 2: "user", 4: "group", 8: "group", 16: "mask", 32: "other",
    ]
    private static let kinds: [String: (plain: UInt32, named: UInt32)] = [
        "user": (1, 2), "group": (4, 8), "mask": (16, 16), "other": (32, 32),
    ]

    private static func hasID(_ tag: UInt32) -> Bool { tag == 2 || tag == 8 }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func little(_ value: UInt32, bytes: Int) -> [UInt8] {
        (0..<bytes).map { UInt8(truncatingIfNeeded: value >> UInt32(8 * $0)) }
    }
}
