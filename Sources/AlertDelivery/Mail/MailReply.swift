import BackupModel

/// A server's answer: three digits and its lines.
struct MailReply: Hashable {
    var code: Int
    var lines: [String]

    /// `550 no such user`, for people.
    var words: String { "\(code) " + lines.prefix(3).joined(separator: " ").prefix(200) }

    var isGood: Bool { (200..<400).contains(code) }
    var isTemporary: Bool { (400..<500).contains(code) }
}

/// Gathers bytes to replies. What a hostile server can make it keep is bounded.
struct MailReplyReader {
    private var line: [UInt8] = []
    private var lines: [String] = []
    private(set) var replies: [MailReply] = []

    /// Bytes or replies are there that nobody asked for.
    var hasRest: Bool { !line.isEmpty || !lines.isEmpty || !replies.isEmpty }

    mutating func take(_ bytes: some Sequence<UInt8>) throws(Trouble) {
        for byte in bytes {
            guard byte == 10 else {
                line.append(byte)
                if line.count > 2048 { throw .again("the server's answer has a line without end") }
                continue
            }
            if line.last == 13 { line.removeLast() }
            try end(line)
            line = []
        }
    }

    mutating func next() -> MailReply? { replies.isEmpty ? nil : replies.removeFirst() }

    private mutating func end(_ line: [UInt8]) throws(Trouble) {
        let digits = line.prefix(3)
        guard line.count >= 3, digits.allSatisfy({ (0x30...0x39).contains($0) }),
            let code = Int(String(decoding: digits, as: UTF8.self)),
            line.count == 3 || line[3] == UInt8(ascii: " ") || line[3] == UInt8(ascii: "-")
        else { throw .again("the server does not speak SMTP: \(printable(line.prefix(80)))") }
        lines.append(printable(line.dropFirst(4)))
        if lines.count > 100 { throw .again("the server's answer does not end") }
        guard line.count == 3 || line[3] == UInt8(ascii: " ") else { return }
        replies.append(MailReply(code: code, lines: lines))
        lines = []
    }
}
