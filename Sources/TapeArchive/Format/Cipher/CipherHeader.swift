/// The 256 bytes in clear at the head of an encrypted stream; every frame is bound to them.
struct CipherHeader: Hashable {
    static let length = 256
    static let mark = "HFAEAD1\n"
    /// Frames are opened whole before a byte of them is believed, so they fit memory.
    static let frames = 1...(16 << 20)

    /// Id of the master key.
    var key: String
    /// 32 random bytes, never used twice.
    var salt: [UInt8]
    /// Bytes of plain text in each frame but the last.
    var frameBytes: Int

    var bytes: [UInt8] {
        let hex = salt.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let text = "\(Self.mark)cipher=AES-256-GCM key=\(key) salt=\(hex) frame=\(frameBytes)"
        return Array(text.utf8) + [UInt8](repeating: 32, count: max(0, Self.length - 1 - text.utf8.count)) + [10]
    }

    init(key: String, salt: [UInt8], frameBytes: Int) {
        self.key = key
        self.salt = salt
        self.frameBytes = frameBytes
    }

    init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == Self.length, bytes.starts(with: Self.mark.utf8) else { return nil }
        var fields: [Substring: Substring] = [:]
        let text = String(decoding: bytes.dropFirst(Self.mark.utf8.count), as: UTF8.self)
        for word in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            let pair = word.split(separator: "=", maxSplits: 1)
            if pair.count == 2 { fields[pair[0]] = pair[1] }
        }
        guard fields["cipher"] == "AES-256-GCM", let key = fields["key"], let salt = fields["salt"],
            salt.utf8.count == 64, let frame = fields["frame"].flatMap({ Int($0) }), Self.frames.contains(frame)
        else { return nil }
        let digits = Array(salt.utf8)
        let octets = stride(from: 0, to: 64, by: 2).compactMap {
            UInt8(String(decoding: digits[$0..<$0 + 2], as: UTF8.self), radix: 16)
        }
        guard octets.count == 32 else { return nil }
        self.init(key: String(key), salt: octets, frameBytes: frame)
    }

    /// The nonce of a frame, counted from 0: unique under a key that is derived for one archive.
    static func nonce(_ frame: UInt64) -> [UInt8] {
        [0, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: frame >> UInt64(56 - 8 * $0)) }
    }

    /// The four bytes before a frame: its plain length, and the first bit set on the last.
    static func prefix(_ bytes: Int, isLast: Bool) -> [UInt8] {
        let word = UInt32(bytes) | (isLast ? 1 << 31 : 0)
        return (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(24 - 8 * $0)) }
    }
}
