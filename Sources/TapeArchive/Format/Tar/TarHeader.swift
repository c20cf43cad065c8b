/// Sizes of the tar format (POSIX.1-2017, pax, "ustar Interchange Format").
package enum Tar {
    package static let record = 512

    /// Zero bytes from here to the next record.
    static func padding(_ bytes: Int64) -> Int { Int((512 - bytes % 512) % 512) }
}

/// One header record of 512 bytes.
struct TarHeader: Hashable {
    enum TypeFlag {
        static let file = UInt8(ascii: "0")
        static let hardLink = UInt8(ascii: "1")
        static let symlink = UInt8(ascii: "2")
        static let character = UInt8(ascii: "3")
        static let block = UInt8(ascii: "4")
        static let directory = UInt8(ascii: "5")
        static let fifo = UInt8(ascii: "6")
        static let contiguous = UInt8(ascii: "7")
        static let extended = UInt8(ascii: "x")
        static let global = UInt8(ascii: "g")
        /// GNU: a volume's name, no data; every reader passes over it.
        static let volumeName = UInt8(ascii: "V")
        static let longName = UInt8(ascii: "L")
        static let longLink = UInt8(ascii: "K")
    }

    var name: [UInt8] = []
    var prefix: [UInt8] = []
    var mode: UInt32 = 0o644
    var owner: UInt64 = 0
    var group: UInt64 = 0
    var size: Int64 = 0
    var modified: Int64 = 0
    var type = TypeFlag.file
    var link: [UInt8] = []
    var ownerName: [UInt8] = []
    var groupName: [UInt8] = []
    var deviceMajor: UInt32 = 0
    var deviceMinor: UInt32 = 0

    static let largestOctal11: Int64 = 0o777_7777_7777
    static let largestOctal7: UInt64 = 0o777_7777

    /// The record with its checksum. Strings are cut to their fields; numbers too large for octal are zero, but for
    /// the size, which is then written as GNU's base 256.
    var bytes: [UInt8] {
        var out = [UInt8](repeating: 0, count: Tar.record)
        put(name, 100, at: 0, in: &out)
        octal(UInt64(mode), 7, at: 100, in: &out)
        octal(owner, 7, at: 108, in: &out)
        octal(group, 7, at: 116, in: &out)
        if size > Self.largestOctal11 {
            out[124] = 0x80
            for index in 0..<8 { out[128 + index] = UInt8(truncatingIfNeeded: size >> Int64(56 - 8 * index)) }
        } else {
            octal(UInt64(size), 11, at: 124, in: &out)
        }
        octal((0...Self.largestOctal11).contains(modified) ? UInt64(modified) : 0, 11, at: 136, in: &out)
        out[156] = type
        put(link, 100, at: 157, in: &out)
        put(Array("ustar\u{0}00".utf8), 8, at: 257, in: &out)
        put(ownerName, 31, at: 265, in: &out)
        put(groupName, 31, at: 297, in: &out)
        octal(UInt64(deviceMajor), 7, at: 329, in: &out)
        octal(UInt64(deviceMinor), 7, at: 337, in: &out)
        put(prefix, 155, at: 345, in: &out)
        let sum = Self.checksum(out[...])
        octal(UInt64(sum), 6, at: 148, in: &out)
        out[155] = 32
        return out
    }

    private func put(_ text: [UInt8], _ width: Int, at start: Int, in out: inout [UInt8]) {
        for (index, byte) in text.prefix(width).enumerated() { out[start + index] = byte }
    }

    private func octal(_ value: UInt64, _ digits: Int, at start: Int, in out: inout [UInt8]) {
        var rest = value >> UInt64(3 * digits) == 0 ? value : 0
        for index in stride(from: start + digits - 1, through: start, by: -1) {
            out[index] = 48 + UInt8(truncatingIfNeeded: rest & 7)
            rest >>= 3
        }
    }

    /// The sum of all bytes, those of the checksum's own field taken as blanks.
    static func checksum(_ record: ArraySlice<UInt8>) -> Int {
        let start = record.startIndex
        var sum = 8 * 32
        for byte in record { sum += Int(byte) }
        for byte in record[start + 148..<start + 156] { sum -= Int(byte) }
        return sum
    }
}

extension TarHeader {
    /// The header in a record, or nil for a wrong checksum or a number that is none, a negative size included.
    init?(_ record: ArraySlice<UInt8>) {
        guard record.count == Tar.record else { return nil }
        let start = record.startIndex
        func field(_ offset: Int, _ width: Int) -> ArraySlice<UInt8> { record[start + offset..<start + offset + width] }
        func text(_ offset: Int, _ width: Int) -> [UInt8] { Array(field(offset, width).prefix { $0 != 0 }) }
        guard let sum = Self.number(field(148, 8)), sum == Self.checksum(record) || sum == Self.signedSum(record),
            let size = Self.number(field(124, 12)), size >= 0,
            let mode = Self.number(field(100, 8)), let modified = Self.number(field(136, 12)),
            let owner = Self.number(field(108, 8)), let group = Self.number(field(116, 8)),
            let major = Self.number(field(329, 8)), let minor = Self.number(field(337, 8))
        else { return nil }
        self.size = size
        self.mode = UInt32(truncatingIfNeeded: mode)
        self.modified = modified
        self.owner = UInt64(clamping: owner)
        self.group = UInt64(clamping: group)
        deviceMajor = UInt32(truncatingIfNeeded: major)
        deviceMinor = UInt32(truncatingIfNeeded: minor)
        name = text(0, 100)
        type = record[start + 156]
        link = text(157, 100)
        ownerName = text(265, 32)
        groupName = text(297, 32)
        // Only POSIX has a prefix there; GNU's own magic ends in two blanks.
        if text(257, 6) == Array("ustar".utf8) { prefix = text(345, 155) }
    }

    /// Octal between blanks and zero bytes (nothing is 0), or base 256 of two's complement when the first bit is set.
    static func number(_ field: ArraySlice<UInt8>) -> Int64? {
        guard let first = field.first else { return nil }
        if first & 0x80 != 0 { return base256(field) }
        var value: Int64 = 0
        var digits = field.drop { $0 == 32 || $0 == 0 }
        while let digit = digits.first, (48...55).contains(digit) {
            guard value >> 60 == 0 else { return nil }
            value = value << 3 | Int64(digit - 48)
            digits = digits.dropFirst()
        }
        return digits.allSatisfy { $0 == 32 || $0 == 0 } ? value : nil
    }

    private static func base256(_ field: ArraySlice<UInt8>) -> Int64? {
        let isNegative = (field.first ?? 0) & 0x40 != 0
        var value: Int64 = isNegative ? -1 : 0
        for (index, byte) in field.enumerated() {
            let digit = index == 0 ? (isNegative ? byte | 0x80 : byte & 0x7f) : byte
            guard value >> 55 == 0 || value >> 55 == -1 else { return nil }
            value = value << 8 | Int64(digit)
        }
        return value
    }

    /// Some old writers summed signed bytes.
    private static func signedSum(_ record: ArraySlice<UInt8>) -> Int64 {
        let start = record.startIndex
        var sum: Int64 = 8 * 32
        for byte in record { sum += Int64(Int8(bitPattern: byte)) }
        for byte in record[start + 148..<start + 156] { sum -= Int64(Int8(bitPattern: byte)) }
        return sum
    }
}
