import Foundation

/// Bytes that need not be text, in JSON: a string when they are valid UTF-8, else `{"b64": "..."}`.
package struct ForeignBytes: Hashable, Codable, Sendable {
    package var bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    private enum Keys: String, CodingKey { case b64 }

    /// Also reads an array of numbers, as older records have it.
    package init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            bytes = Array(text.utf8)
        } else if let keyed = try? decoder.container(keyedBy: Keys.self) {
            let text = try keyed.decode(String.self, forKey: .b64)
            guard let data = Data(base64Encoded: text) else {
                throw DecodingError.dataCorruptedError(forKey: .b64, in: keyed, debugDescription: "not base64")
            }
            bytes = Array(data)
        } else {
            bytes = try decoder.singleValueContainer().decode([UInt8].self)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        if let text = String(validating: bytes, as: UTF8.self) {
            var container = encoder.singleValueContainer()
            try container.encode(text)
        } else {
            var container = encoder.container(keyedBy: Keys.self)
            try container.encode(Data(bytes).base64EncodedString(), forKey: .b64)
        }
    }
}
