/// The name of a blob: 32 bytes of a hash, written as 64 lower-case hex digits.
package struct BlobID: Hashable, Comparable, Sendable {
    /// The 32 bytes, big-endian in four words, so that comparing words compares names.
    package let words: (UInt64, UInt64, UInt64, UInt64)

    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    /// `sha256("")`: NTT names its empty blob so, even in a store named by BLAKE3 (defect 0.2 of the prior art).
    package static let emptySHA256 = BlobID(
        words: (0xe3b0_c442_98fc_1c14, 0x9afb_f4c8_996f_b924, 0x27ae_41e4_649b_934c, 0xa495_991b_7852_b855))

    /// The id made of exactly 32 bytes, or nil.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 32 else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
        self.words = (words[0], words[1], words[2], words[3])
    }

    /// The id written as exactly 64 lower-case hex digits, or nil; upper case is another name and is refused.
    package init?(hex: some Collection<UInt8>) {
        guard hex.count == 64 else { return nil }
        var words: [UInt64] = [0, 0, 0, 0]
        for (index, digit) in hex.enumerated() {
            guard let nibble = BlobID.nibble(digit) else { return nil }
            words[index / 16] = words[index / 16] << 4 | UInt64(nibble)
        }
        self.words = (words[0], words[1], words[2], words[3])
    }

    package init?(_ text: String) { self.init(hex: text.utf8) }

    package var bytes: [UInt8] {
        [words.0, words.1, words.2, words.3].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
    }

    /// The 64 ASCII hex digits.
    package var hex: [UInt8] {
        var digits: [UInt8] = []
        digits.reserveCapacity(64)
        for word in [words.0, words.1, words.2, words.3] {
            for shift in stride(from: 60, through: 0, by: -4) {
                let nibble = UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 15
                digits.append(nibble < 10 ? 48 + nibble : 87 + nibble)
            }
        }
        return digits
    }

    package static func == (a: BlobID, b: BlobID) -> Bool {
        a.words.0 == b.words.0 && a.words.1 == b.words.1 && a.words.2 == b.words.2 && a.words.3 == b.words.3
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

    package static func < (a: BlobID, b: BlobID) -> Bool {
        (a.words.0, a.words.1, a.words.2, a.words.3) < (b.words.0, b.words.1, b.words.2, b.words.3)
    }

    private static func nibble(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 48...57: digit - 48
        case 97...102: digit - 87
        default: nil
        }
    }
}

extension BlobID: CustomStringConvertible {
    package var description: String { String(decoding: hex, as: UTF8.self) }

    /// `9f3c1d..e0a1`, for narrow columns.
    package var short: String {
        let text = description
        return text.prefix(6) + ".." + text.suffix(4)
    }
}

extension BlobID: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let id = BlobID(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not 64 lower-case hex digits")
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The hash a store names its blobs by.
package enum HashKind: String, Codable, CaseIterable, Sendable {
    case blake3, sha256
}
