import Foundation

/// Our JSON on media: sorted keys, no slashes escaped, so that equal values are equal bytes.
enum JSON {
    static func encode(_ value: some Encodable, pretty: Bool = false) throws(FormatFault) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        do { return try Array(encoder.encode(value)) } catch {
            throw .badEntry(name: [], reason: "a value JSON cannot say")
        }
    }

    static func decode<Value: Decodable>(_ type: Value.Type, _ bytes: [UInt8]) -> Value? {
        // Deeply nested input would exhaust the stack of a recursive reader; ours nests four deep at most.
        var depth = 0
        for byte in bytes {
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") { depth += 1 }
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}") { depth -= 1 }
            if depth > 64 { return nil }
        }
        return try? JSONDecoder().decode(type, from: Data(bytes))
    }
}
