import BackupModel

/// Something that has a form in JSON, and can describe it.
protocol JSONValue: SendableMetatype {
    static var schema: Schema { get }
    var json: JSON { get }
}

/// An object of the API: written by the same list of fields that describes it, so the two cannot differ.
protocol JSONObject: JSONValue {
    static var shape: Shape<Self> { get }
}

struct Shape<Source>: Sendable {
    let name: String
    let about: String
    let fields: [Field<Source>]

    init(_ name: String, _ about: String, _ fields: [Field<Source>]) {
        self.name = name
        self.about = about
        self.fields = fields
    }
}

struct Field<Source>: Sendable {
    let name: String
    let about: String
    let schema: Schema
    let value: @Sendable (Source) -> JSON

    init<Value: JSONValue>(_ name: String, _ about: String = "", _ get: @escaping @Sendable (Source) -> Value) {
        self.name = name
        self.about = about
        schema = Value.schema
        value = { get($0).json }
    }
}

extension JSONObject {
    static var schema: Schema {
        .object(
            ObjectSchema(
                name: shape.name, about: shape.about,
                fields: shape.fields.map { .init(name: $0.name, about: $0.about, schema: $0.schema) }))
    }

    var json: JSON { .object(Self.shape.fields.map { JSON.Member(name: $0.name, value: $0.value(self)) }) }
}

extension String: JSONValue {
    static var schema: Schema { .text(maxLength: nil, pattern: nil) }
    var json: JSON { .string(self) }
}

extension Int: JSONValue {
    static var schema: Schema { .integer(nil) }
    var json: JSON { .integer(Int64(self)) }
}

extension Int64: JSONValue {
    static var schema: Schema { .integer(nil) }
    var json: JSON { .integer(self) }
}

extension Double: JSONValue {
    static var schema: Schema { .number(nil) }
    var json: JSON { .number(self) }
}

extension Bool: JSONValue {
    static var schema: Schema { .flag }
    var json: JSON { .bool(self) }
}

extension Optional: JSONValue where Wrapped: JSONValue {
    static var schema: Schema { .nullable(Wrapped.schema) }
    var json: JSON { map(\.json) ?? .null }
}

extension Array: JSONValue where Element: JSONValue {
    static var schema: Schema { .list(Element.schema) }
    var json: JSON { .array(map(\.json)) }
}

extension WallTime: JSONValue {
    static var schema: Schema { .time }
    var json: JSON { .string(iso8601(milliseconds: true)) }
}

extension RunID: JSONValue {
    static var schema: Schema { .text(maxLength: 16, pattern: "^[0-9a-f]{16}$") }
    var json: JSON { .string(text) }
}

extension BlobID: JSONValue {
    static var schema: Schema { .text(maxLength: 64, pattern: "^[0-9a-f]{64}$") }
    var json: JSON { .string(description) }
}

extension JSONValue where Self: RawRepresentable & CaseIterable, RawValue == String {
    static var schema: Schema { .words(allCases.map(\.rawValue)) }
    var json: JSON { .string(rawValue) }
}

extension JobKind: JSONValue {}
extension JobTrigger: JSONValue {}
extension JobResult: JSONValue {}
extension RunResult: JSONValue {}
extension RequestKind: JSONValue {}
extension DeadlineRule: JSONValue {}
extension SetPriority: JSONValue {}
extension Side: JSONValue {}
extension ReadBack: JSONValue {}

extension Severity: JSONValue {
    static var schema: Schema { .words(allCases.map(\.lowerWord)) }
    var json: JSON { .string(lowerWord) }

    /// `info`, as JSON and labels have it.
    var lowerWord: String { word.lowercased() }
}

extension BlobState: JSONValue {
    static var schema: Schema { .words(allCases.map(\.word)) }
    var json: JSON { .string(word) }
}
