/// A log page: numbered parameters (SPC-5, 7.3). What is cut off or malformed ends it.
struct LogPage: Hashable, Sendable {
    var code: UInt8
    var parameters: [Int: [UInt8]] = [:]

    /// LOG SENSE of current cumulative values, 10 bytes. Asks, and clears nothing.
    static func command(_ code: UInt8, count: Int) -> [UInt8] {
        [0x4d, 0, 0x40 | code, 0, 0, 0, 0] + bigEndian(count, 2) + [0]
    }

    /// Nil when the bytes are another page.
    init?(_ code: UInt8, _ bytes: [UInt8]) {
        guard let first = bytes.byte(0), first & 0x3f == code, let length = bytes.integer(2, 2) else { return nil }
        self.code = code
        var at = 4
        let end = min(bytes.count, 4 + length)
        while at < end, let number = bytes.integer(at, 2), let size = bytes.byte(at + 3),
            at + 4 + Int(size) <= end, let value = bytes.bytes(at + 4, Int(size))
        {
            parameters[number] = Array(value)
            at += 4 + Int(size)
        }
    }

    /// A counter; nil where it is missing, longer than 8 bytes, all ones (not known) or over `Int64`.
    func counter(_ number: Int) -> Int64? {
        guard let bytes = parameters[number], !bytes.isEmpty, bytes.count <= 8,
            bytes.contains(where: { $0 != 0xff }), let value = bytes.number(0, bytes.count)
        else { return nil }
        return Int64(exactly: value)
    }
}
