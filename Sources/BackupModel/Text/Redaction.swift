/// The one place where secrets leave a text before it reaches a log, a console, an answer or a message.
///
/// It knows the secrets in use, in plain, in base64 and percent-encoded; beside them it takes out what looks like one:
/// the user part of an address, the values of telling query names, and what follows `Bearer` or `Basic`. Secrets under
/// four characters are not searched for: they would tear every text apart.
package struct Redaction: Sendable {
    package static let mark = "[secret]"

    private let needles: [[UInt8]]

    package init(_ secrets: [Secret] = []) {
        var all: Set<[UInt8]> = []
        for secret in secrets {
            let plain = Array(secret.revealed.utf8)
            guard plain.count >= 4 else { continue }
            // As it is, and as `printable` shows it.
            all.formUnion([plain, Array(printable(plain).utf8)])
            // Within a longer base64 text a secret looks different at each of the three offsets.
            for offset in 0..<3 { all.insert(base64Core(of: plain, offset: offset)) }
        }
        // The longest first, or a part of it would stay.
        needles = all.filter { $0.count >= 4 }.sorted { $0.count > $1.count }
    }

    /// The text without secrets.
    package func clean(_ text: String) -> String {
        var bytes = Array(text.utf8)
        for needle in needles { bytes = replacing(needle, in: bytes) }
        return String(decoding: withoutLookalikes(bytes), as: UTF8.self)
    }

    package func clean(_ failure: Failure) -> Failure {
        var cleaned = failure
        cleaned.message = clean(failure.message)
        cleaned.hint = clean(failure.hint)
        cleaned.operation = clean(failure.operation)
        if !failure.subject.isEmpty {
            var subject = failure.subject
            for needle in needles { subject = replacing(needle, in: subject) }
            cleaned.subject = withoutLookalikes(subject)
        }
        return cleaned
    }

    package func clean(_ event: Event) -> Event {
        var cleaned = event
        cleaned.message = clean(event.message)
        cleaned.failure = event.failure.map(clean)
        return cleaned
    }

    private func replacing(_ needle: [UInt8], in text: [UInt8]) -> [UInt8] {
        guard text.count >= needle.count else { return text }
        var out: [UInt8] = []
        var index = 0
        while index < text.count {
            if let end = matched(needle, in: text, at: index) {
                out += Array(Redaction.mark.utf8)
                index = end
            } else {
                out.append(text[index])
                index += 1
            }
        }
        return out
    }
}

// MARK: What looks like a secret

/// Names whose values are secrets, in queries and in `name=value` texts.
private let tellingNames = [
    "token", "access_token", "auth", "apikey", "api_key", "key", "password", "passwd", "pwd", "secret", "sig",
    "signature",
].map { Array($0.utf8) }

private func withoutLookalikes(_ bytes: [UInt8]) -> [UInt8] {
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
        if let (kept, end) = lookalike(bytes, at: index) {
            out += bytes[index..<kept] + Array(Redaction.mark.utf8)
            index = end
        } else {
            out.append(bytes[index])
            index += 1
        }
    }
    return out
}

/// Where the part to keep ends and where the text goes on, if a secret's place begins here.
private func lookalike(_ bytes: [UInt8], at index: Int) -> (kept: Int, end: Int)? {
    if bytes[index...].starts(with: "://".utf8) { return userPart(bytes, at: index + 3) }
    let isWordStart = index == 0 || !isWord(bytes[index - 1])
    guard isWordStart else { return nil }
    for scheme in ["bearer ", "basic "] where startsIgnoringCase(bytes, index, Array(scheme.utf8)) {
        let start = index + scheme.utf8.count
        let end = bytes[start...].firstIndex { !isToken($0) } ?? bytes.count
        // Prose such as "basic tests" is left alone.
        if end - start >= 8 { return (start, end) }
    }
    for name in tellingNames where startsIgnoringCase(bytes, index, name + [UInt8(ascii: "=")]) {
        let start = index + name.count + 1
        let end = bytes[start...].firstIndex { !isToken($0) } ?? bytes.count
        if end > start { return (start, end) }
    }
    return nil
}

/// `user:password@` of an address; a user alone counts too, for tokens are put there.
private func userPart(_ bytes: [UInt8], at start: Int) -> (kept: Int, end: Int)? {
    let end = bytes[start...].firstIndex { $0 <= 0x20 || "/?#\"'<>".utf8.contains($0) } ?? bytes.count
    guard let at = bytes[start..<end].lastIndex(of: UInt8(ascii: "@")), at > start else { return nil }
    return (start, at)
}

private func startsIgnoringCase(_ bytes: [UInt8], _ index: Int, _ word: [UInt8]) -> Bool {
    guard index + word.count <= bytes.count else { return false }
    return zip(bytes[index...], word).allSatisfy { lowered($0) == $1 }
}

private func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5a).contains(byte) ? byte | 0x20 : byte }

private func isWord(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x7a).contains(lowered(byte)) || byte == UInt8(ascii: "_")
        || byte == UInt8(ascii: "-") || byte >= 0x80
}

private func isToken(_ byte: UInt8) -> Bool { isWord(byte) || "._~+/=%:!$*".utf8.contains(byte) }

// MARK: Encoded forms

/// Where a needle ends that begins at `index`; each of its bytes may be percent-encoded, by whatever rule.
private func matched(_ needle: [UInt8], in text: [UInt8], at index: Int) -> Int? {
    var place = index
    for byte in needle {
        guard place < text.count else { return nil }
        if text[place] == byte {
            place += 1
        } else if text[place] == UInt8(ascii: "%"), place + 2 < text.count, let high = hexDigit(text[place + 1]),
            let low = hexDigit(text[place + 2]), high << 4 | low == byte
        {
            place += 3
        } else {
            return nil
        }
    }
    return place
}

private func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46, 0x61...0x66: (byte | 0x20) - 0x61 + 10
    default: nil
    }
}

/// The base64 digits that depend on these bytes alone, when `offset` unknown bytes stand before them.
private func base64Core(of bytes: [UInt8], offset: Int) -> [UInt8] {
    let encoded = base64([UInt8](repeating: 0, count: offset) + bytes)
    let unpadded = encoded.filter { $0 != UInt8(ascii: "=") }
    // The digit in which an unknown byte before, or after, has bits is left out.
    let first = [0, 2, 3][offset]
    let last = unpadded.count - ((offset + bytes.count) % 3 == 0 ? 0 : 1)
    return first < last ? Array(unpadded[first..<last]) : []
}

/// RFC 4648 with padding.
package func base64(_ bytes: [UInt8]) -> [UInt8] {
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
        let group = bytes[start..<min(start + 3, bytes.count)]
        var word = 0
        for index in 0..<3 { word = word << 8 | (index < group.count ? Int(group[start + index]) : 0) }
        for index in 0..<4 {
            out.append(index <= group.count ? digits[word >> (18 - 6 * index) & 63] : UInt8(ascii: "="))
        }
    }
    return out
}
