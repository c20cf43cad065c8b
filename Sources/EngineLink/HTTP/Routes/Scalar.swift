import Foundation

/// What a field of a request's body may hold: bodies are flat.
enum Scalar: Hashable, Decodable, Sendable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else {
            self = .text(try container.decode(String.self))
        }
    }

    /// The fields of a body; an empty one has none, and nil is no flat object.
    static func fields(of body: [UInt8]) -> [String: Scalar]? {
        if body.isEmpty { return [:] }
        return try? JSONDecoder().decode([String: Scalar].self, from: Data(body))
    }
}
