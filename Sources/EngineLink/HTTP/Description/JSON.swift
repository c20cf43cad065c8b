/// A JSON value whose objects keep the order of their members.
indirect enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([Member])

    struct Member: Hashable, Sendable {
        var name: String
        var value: JSON
    }

    /// An object with these members.
    static func members(_ members: KeyValuePairs<String, JSON>) -> JSON {
        .object(members.map { Member(name: $0.key, value: $0.value) })
    }

    /// On one line.
    var text: String {
        var out = ""
        write(to: &out, indent: nil)
        return out
    }

    /// Indented by two, with a line feed at the end: for files that people read.
    var pretty: String {
        var out = ""
        write(to: &out, indent: 0)
        return out + "\n"
    }

    private func write(to out: inout String, indent: Int?) {
        switch self {
        case .null: out += "null"
        case .bool(let value): out += value ? "true" : "false"
        case .integer(let value): out += String(value)
        case .number(let value): out += numeral(value)
        case .string(let value): quote(value, to: &out)
        case .array(let values):
            list(values, "[", "]", to: &out, indent: indent) { $0.write(to: &$1, indent: $2) }
        case .object(let members):
            list(members, "{", "}", to: &out, indent: indent) { member, out, indent in
                quote(member.name, to: &out)
                out += indent == nil ? ":" : ": "
                member.value.write(to: &out, indent: indent)
            }
        }
    }
}

private func list<Item>(
    _ items: [Item], _ open: String, _ close: String, to out: inout String, indent: Int?,
    _ write: (Item, inout String, Int?) -> Void
) {
    let inner = indent.map { $0 + 2 }
    out += open
    for (index, item) in items.enumerated() {
        if index > 0 { out += "," }
        newLine(inner, to: &out)
        write(item, &out, inner)
    }
    if !items.isEmpty { newLine(indent, to: &out) }
    out += close
}

private func newLine(_ indent: Int?, to out: inout String) {
    guard let indent else { return }
    out += "\n" + String(repeating: " ", count: indent)
}

/// JSON has no infinity and no NaN: both become 0.
private func numeral(_ value: Double) -> String {
    guard value.isFinite else { return "0" }
    if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
    return String(value)
}

private func quote(_ text: String, to out: inout String) {
    out += "\""
    for scalar in text.unicodeScalars {
        switch scalar.value {
        case 0x22: out += "\\\""
        case 0x5c: out += "\\\\"
        case 0x0a: out += "\\n"
        case 0x0d: out += "\\r"
        case 0x09: out += "\\t"
        case 0..<0x20, 0x7f, 0x2028, 0x2029: out += "\\u" + hex4(scalar.value)
        default: out.unicodeScalars.append(scalar)
        }
    }
    out += "\""
}

private func hex4(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
}
