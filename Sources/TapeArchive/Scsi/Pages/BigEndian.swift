import BackupModel

/// Bytes as SCSI sends them. Everything beyond the end is refused with nil: a drive's answer is foreign.
extension RandomAccessCollection where Element == UInt8, Index == Int {
    func byte(_ offset: Int) -> UInt8? {
        offset >= 0 && offset < count ? self[startIndex + offset] : nil
    }

    /// The unsigned number in `size` bytes at `offset`, at most 8.
    func number(_ offset: Int, _ size: Int) -> UInt64? {
        guard offset >= 0, (0...8).contains(size), offset <= count - size else { return nil }
        return self[startIndex + offset..<startIndex + offset + size].reduce(0) { $0 << 8 | UInt64($1) }
    }

    func integer(_ offset: Int, _ size: Int) -> Int? { number(offset, size).flatMap { Int(exactly: $0) } }

    func bytes(_ offset: Int, _ size: Int) -> SubSequence? {
        guard offset >= 0, size >= 0, offset <= count - size else { return nil }
        return self[startIndex + offset..<startIndex + offset + size]
    }

    /// ASCII with the blanks and zeros around it gone, foreign bytes escaped.
    func text(_ offset: Int, _ size: Int) -> String? { bytes(offset, size).map(trimmedText) }
}

/// A text field of a drive: padded with blanks or zeros, on either side.
func trimmedText(_ bytes: some Sequence<UInt8>) -> String {
    let isPadding: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0 }
    return printable(bytes.drop(while: isPadding).reversed().drop(while: isPadding).reversed())
}

func bigEndian(_ value: some FixedWidthInteger, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * (size - 1 - $0))) }
}
