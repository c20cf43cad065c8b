/// What a JSON value may be; written as JSON Schema 2020-12 into the description.
indirect enum Schema: Sendable {
    case text(maxLength: Int?, pattern: String?)
    /// RFC 3339 in UTC.
    case time
    case integer(ClosedRange<Int64>?)
    case number(ClosedRange<Double>?)
    case flag
    case words([String])
    case list(Schema)
    case nullable(Schema)
    case object(ObjectSchema)

    /// As the description has it; objects with a name are referred to.
    var json: JSON {
        switch self {
        case .text(let maxLength, let pattern):
            Schema.typed(
                "string", [("maxLength", maxLength.map { .integer(Int64($0)) }), ("pattern", pattern.map(JSON.string))])
        case .time: Schema.typed("string", [("format", .string("date-time"))])
        case .integer(let range):
            Schema.typed(
                "integer",
                [
                    ("format", .string("int64")), ("minimum", range.map { .integer($0.lowerBound) }),
                    ("maximum", range.map { .integer($0.upperBound) }),
                ])
        case .number(let range):
            Schema.typed(
                "number",
                [("minimum", range.map { .number($0.lowerBound) }), ("maximum", range.map { .number($0.upperBound) })])
        case .flag: Schema.typed("boolean", [])
        case .words(let words): Schema.typed("string", [("enum", .array(words.map(JSON.string)))])
        case .list(let item): .members(["type": .string("array"), "items": item.json])
        case .nullable(let schema):
            .members(["anyOf": .array([schema.json, .members(["type": .string("null")])])])
        case .object(let object): .members(["$ref": .string("#/components/schemas/" + object.name)])
        }
    }

    /// The objects it is made of, each with those inside it.
    var objects: [ObjectSchema] {
        switch self {
        case .text, .time, .integer, .number, .flag, .words: []
        case .list(let inner), .nullable(let inner): inner.objects
        case .object(let object): [object] + object.fields.flatMap { $0.schema.objects }
        }
    }

    private static func typed(_ type: String, _ more: [(String, JSON?)]) -> JSON {
        let members = more.compactMap { name, value in value.map { JSON.Member(name: name, value: $0) } }
        return .object([JSON.Member(name: "type", value: .string(type))] + members)
    }
}

/// An object with a name: these fields and no others.
struct ObjectSchema: Sendable {
    struct Field: Sendable {
        var name: String
        var about: String
        var schema: Schema
        var isRequired = true
    }

    var name: String
    var about: String
    var fields: [Field]

    var json: JSON {
        let words = about.isEmpty ? [] : [JSON.Member(name: "description", value: .string(about))]
        let rest: KeyValuePairs<String, JSON> = [
            "properties": .object(fields.map { JSON.Member(name: $0.name, value: described($0)) }),
            "required": .array(fields.filter(\.isRequired).map { .string($0.name) }),
            "additionalProperties": .bool(false),
        ]
        return .object(
            [JSON.Member(name: "type", value: .string("object"))] + words
                + rest.map { JSON.Member(name: $0.key, value: $0.value) })
    }

    private func described(_ field: Field) -> JSON {
        guard !field.about.isEmpty, case .object(let members) = field.schema.json else { return field.schema.json }
        return .object(members + [JSON.Member(name: "description", value: .string(field.about))])
    }
}
