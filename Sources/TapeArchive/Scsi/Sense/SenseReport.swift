import BackupModel

/// Sense data as a unit sent them, fixed or descriptor format (SPC-5, 4.4).
struct SenseReport: Hashable, Sendable {
    var data: SenseData
    /// Told late: it belongs to an earlier command, whose block may be in the drive's buffer (F4).
    var isDeferred: Bool
    var isFilemark: Bool
    var isEndOfMedium: Bool
    var isWrongLength: Bool
    /// What was asked less what was done, or nil.
    var residual: Int64?

    /// Nil where the bytes are no sense data.
    init?(_ bytes: [UInt8]) {
        guard let first = bytes.byte(0) else { return nil }
        switch first & 0x7f {
        case 0x70, 0x71:
            guard let flags = bytes.byte(2) else { return nil }
            data = SenseData(key: flags & 15, code: bytes.byte(12) ?? 0, qualifier: bytes.byte(13) ?? 0)
            residual =
                first & 0x80 != 0
                ? bytes.number(3, 4).map { Int64(Int32(truncatingIfNeeded: $0)) } : nil
            (isFilemark, isEndOfMedium, isWrongLength) = Self.flags(flags)
        case 0x72, 0x73:
            guard let key = bytes.byte(1) else { return nil }
            data = SenseData(key: key & 15, code: bytes.byte(2) ?? 0, qualifier: bytes.byte(3) ?? 0)
            (residual, isFilemark, isEndOfMedium, isWrongLength) = (nil, false, false, false)
        default: return nil
        }
        isDeferred = first & 1 != 0
        if first & 2 != 0 { readDescriptors(bytes) }
    }

    private mutating func readDescriptors(_ bytes: [UInt8]) {
        var at = 8
        let end = min(bytes.count, 8 + Int(bytes.byte(7) ?? 0))
        while at + 2 <= end, let length = bytes.byte(at + 1) {
            switch bytes[at] {
            case 0x00 where bytes.byte(at + 2).map({ $0 & 0x80 != 0 }) ?? false:
                residual = bytes.number(at + 4, 8).map { Int64(bitPattern: $0) }
            case 0x04:
                (isFilemark, isEndOfMedium, isWrongLength) = Self.flags(bytes.byte(at + 3) ?? 0)
            default: break
            }
            at += 2 + Int(length)
        }
    }

    private static func flags(_ byte: UInt8) -> (Bool, Bool, Bool) {
        (byte & 0x80 != 0, byte & 0x40 != 0, byte & 0x20 != 0)
    }
}
