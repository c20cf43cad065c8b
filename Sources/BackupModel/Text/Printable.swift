/// Foreign bytes made safe for plain sinks: exit messages, logs, mail (I9, H2).
///
/// Printable ASCII stays; everything else, the backslash included, becomes `\n`, `\t`, `\e`, `\\` or `\xHH`, except
/// valid UTF-8 letters, which stay when they are visible and do not change direction.
package func printable(_ bytes: some Sequence<UInt8>) -> String {
    escapeForeign(Array(bytes))
}

private func escapeForeign(_ bytes: [UInt8]) -> String {
    var out = ""
    var index = 0
    while index < bytes.count {
        if let (scalar, length) = decodeScalar(bytes, at: index) {
            out += isPlain(scalar) ? String(Character(scalar)) : escaped(bytes[index..<index + length])
            index += length
        } else {
            out += escaped(bytes[index...index])
            index += 1
        }
    }
    return out
}

private func escaped(_ bytes: ArraySlice<UInt8>) -> String {
    bytes.map { byte in
        switch byte {
        case 10: "\\n"
        case 9: "\\t"
        case 27: "\\e"
        case 92: "\\\\"
        default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
    }.joined()
}

/// Letters, marks, numbers, punctuation and symbols; no controls, formats, private or unassigned code points.
private func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    if scalar == "\\" { return false }
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value < 0x7f }
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
        .spaceSeparator, .nonspacingMark, .enclosingMark, .spacingMark:
        return false
    default:
        return true
    }
}

private func decodeScalar(_ bytes: [UInt8], at index: Int) -> (Unicode.Scalar, Int)? {
    let first = bytes[index]
    let length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0
    guard length > 0, index + length <= bytes.count else { return nil }
    var iterator = bytes[index..<index + length].makeIterator()
    var codec = UTF8()
    guard case .scalarValue(let scalar) = codec.decode(&iterator), UTF8.width(scalar) == length else { return nil }
    return (scalar, length)
}
