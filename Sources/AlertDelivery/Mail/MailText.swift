import BackupModel

/// The bytes of a mail as they go after DATA, lines ended by CRLF, 7 bit, no line over 76 characters but for addresses.
///
/// The same message gives the same bytes each time, its Message-ID included.
func mailText(_ message: Message, from: String, to: [String], host: String) -> [UInt8] {
    let origin = atoms(host)
    var lines = [
        "Date: " + mailDate(message.createdAt),
        "From: holdfast <\(from)>",
        "To: " + to.map { "<\($0)>" }.joined(separator: ",\r\n "),
        "Subject: " + headerText(message.subject, after: "Subject: ".utf8.count),
        "Message-ID: <\(atoms(message.id))@\(origin.isEmpty ? "holdfast" : origin)>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: quoted-printable",
        // RFC 3834: nobody's holiday note comes back.
        "Auto-Submitted: auto-generated",
        "X-Holdfast-Severity: " + message.severity.word,
    ]
    if message.severity == .error { lines.append("Importance: high") }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + quotedPrintable(plainText(message))
}

/// The text and the facts below it.
func plainText(_ message: Message) -> String {
    var text = message.body.hasSuffix("\n") || message.body.isEmpty ? message.body : message.body + "\n"
    if !message.facts.isEmpty {
        text += "\n" + message.facts.map { "\($0.name): \($0.value)\n" }.joined()
    }
    return text
}

/// An address that can stand between `<` and `>` and cannot end a line; without quoted or non-ASCII parts.
func isPlainAddress(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
    return bytes.count <= 254 && parts.count == 2 && parts.allSatisfy { !$0.isEmpty }
        && bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"<>()[]\\,;:\"".utf8.contains($0) }
}

/// A header's value by RFC 2047, folded; whatever could end the line is a space.
func headerText(_ text: String, after column: Int = 0) -> String {
    let clean = String(
        String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? " " : $0 }))
    let isPlain = clean.utf8.allSatisfy { $0 < 0x80 } && !clean.contains("=?")
    if isPlain, clean.utf8.count + column <= 76 { return clean }
    var words: [String] = []
    var chunk: [UInt8] = []
    func close() {
        if !chunk.isEmpty { words.append("=?UTF-8?B?" + String(decoding: base64(chunk), as: UTF8.self) + "?=") }
        chunk = []
    }
    // 45 bytes make 60 digits; with its frame a word stays under 75 characters. No scalar is cut.
    for scalar in clean.unicodeScalars {
        let bytes = Array(String(scalar).utf8)
        let room = words.isEmpty ? 39 : 45
        if chunk.count + bytes.count > room { close() }
        chunk += bytes
    }
    close()
    return words.joined(separator: "\r\n ")
}

/// RFC 2045: printable ASCII stays, lines are broken softly at 76.
func quotedPrintable(_ text: String) -> [UInt8] {
    let digits = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for line in text.utf8.split(separator: 10, omittingEmptySubsequences: false) {
        var column = 0
        for (index, byte) in line.enumerated() {
            let isLast = index == line.count - 1
            let isBlank = byte == 0x20 || byte == 9
            let stays = byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "=") || isBlank && !isLast
            let encoded = stays ? [byte] : [UInt8(ascii: "="), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            if column + encoded.count > 75 {
                out += [UInt8(ascii: "="), 13, 10]
                column = 0
            }
            out += encoded
            column += encoded.count
        }
        out += [13, 10]
    }
    // The last line of a text that ends with a line break is empty.
    if text.utf8.last == 10 || text.isEmpty { out.removeLast(2) }
    return out
}

/// RFC 5321 4.5.2: a line that begins with a dot gets one more, and a dot alone ends the mail.
func dotStuffed(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count + 64)
    var isLineStart = true
    for byte in bytes {
        if isLineStart, byte == UInt8(ascii: ".") { out.append(byte) }
        out.append(byte)
        isLineStart = byte == 10
    }
    if !isLineStart { out += [13, 10] }
    return out + Array(".\r\n".utf8)
}

/// `Sun, 04 Oct 2026 14:02:51 +0000`
func mailDate(_ time: WallTime) -> String {
    let civil = time.civil
    let days = Int((time.milliseconds / 86_400_000).magnitude)
    let names = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let day = civil.day < 10 ? "0\(civil.day)" : "\(civil.day)"
    return "\(names[days % 7]), \(day) \(months[civil.month - 1]) \(civil.year) \(time.timeOfDay) +0000"
}

/// Letters, digits, dots and hyphens only, as an identifier in a header needs.
private func atoms(_ text: String) -> String {
    let kept = text.utf8.prefix(200).map { byte -> UInt8 in
        let isAtom =
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        return isAtom ? byte : UInt8(ascii: "-")
    }
    return String(decoding: kept, as: UTF8.self).split(separator: ".").joined(separator: ".")
}
