/// The OpenAPI 3.1 description of the route table; kept in `Docs/openapi.json`.
func openAPIDescription() -> String {
    JSON.members([
        "openapi": .string("3.1.0"),
        "info": .members([
            "title": .string("Holdfast"), "version": .string("1"),
            "description": .string(
                "State, history and orders of one engine, on loopback or a Unix socket. Times are UTC. "
                    + "Every field is always there; what is not known is null."),
            "license": .members(["name": .string("See the repository")]),
        ]),
        "servers": .array([.members(["url": .string("/")])]),
        "paths": paths(),
        "components": .members([
            "schemas": schemas(), "responses": problems(),
            "securitySchemes": .members([
                "token": .members(["type": .string("http"), "scheme": .string("bearer")])
            ]),
        ]),
    ]).pretty
}

private func paths() -> JSON {
    var members: [JSON.Member] = []
    for route in RouteTable.all where !members.contains(where: { $0.name == route.path }) {
        let methods = RouteTable.all.filter { $0.path == route.path }
        members.append(
            JSON.Member(
                name: route.path,
                value: .object(methods.map { JSON.Member(name: $0.method.rawValue.lowercased(), value: $0.json) })))
    }
    return .object(members)
}

/// The bodies' objects have names too, so that clients made of the description have types for them.
private func schemas() -> JSON {
    var found: [String: ObjectSchema] = [:]
    let replies = RouteTable.all.flatMap { route in
        if case .json(let schema) = route.reply { schema.objects } else { [ObjectSchema]() }
    }
    for object in replies + Problem.schema.objects + RouteTable.all.compactMap(\.body) { found[object.name] = object }
    return .object(
        found.keys.sorted().compactMap { name in found[name].map { JSON.Member(name: name, value: $0.json) } })
}

private func problems() -> JSON {
    let statuses = Set(RouteTable.all.flatMap(\.statuses)).subtracting([200]).sorted()
    return .object(
        statuses.map { status in
            JSON.Member(
                name: "Error\(status)",
                value: .members([
                    "description": .string(reason(status)),
                    "content": .members(["application/json": .members(["schema": Problem.schema.json])]),
                ]))
        })
}

extension Route {
    fileprivate var json: JSON {
        var members: [JSON.Member] = [
            .init(name: "operationId", value: .string(operation)), .init(name: "summary", value: .string(summary)),
        ]
        let plain = parameters.filter { $0.place != .body }
        if !plain.isEmpty { members.append(.init(name: "parameters", value: .array(plain.map(\.json)))) }
        if let body {
            let content = JSON.members(["application/json": .members(["schema": Schema.object(body).json])])
            let required = JSON.bool(body.fields.contains(where: \.isRequired))
            members.append(.init(name: "requestBody", value: .members(["content": content, "required": required])))
        }
        let token = JSON.members(["token": .array([])])
        if method == .post { members.append(.init(name: "security", value: .array([token]))) }
        // Only where one is set.
        if part == .metrics { members.append(.init(name: "security", value: .array([.object([]), token]))) }
        members.append(.init(name: "responses", value: responses))
        return .object(members)
    }

    /// What it takes as a body: nil for a route that looks.
    fileprivate var body: ObjectSchema? {
        guard method == .post, let first = operation.first else { return nil }
        let fields = parameters.filter { $0.place == .body }.map {
            ObjectSchema.Field(name: $0.name, about: $0.about, schema: $0.schema, isRequired: $0.isRequired)
        }
        return ObjectSchema(
            name: first.uppercased() + operation.dropFirst() + "Body", about: "", fields: fields)
    }

    private var responses: JSON {
        .object(
            statuses.map { status in
                JSON.Member(
                    name: String(status),
                    value: status == 200
                        ? .members(["description": .string("OK"), "content": content])
                        : .members(["$ref": .string("#/components/responses/Error\(status)")]))
            })
    }

    private var content: JSON {
        func text(_ types: [String]) -> JSON {
            .object(
                types.map { .init(name: $0, value: .members(["schema": .members(["type": .string("string")])])) })
        }
        return switch reply {
        case .json(let schema): .members(["application/json": .members(["schema": schema.json])])
        // What describes itself is not described again.
        case .description: .members(["application/json": .members(["schema": .members(["type": .string("object")])])])
        case .metrics: text(["text/plain", "application/openmetrics-text"])
        case .serverSentEvents: text(["text/event-stream"])
        }
    }
}

extension Parameter {
    fileprivate var json: JSON {
        .members([
            "name": .string(name), "in": .string(place.rawValue), "required": .bool(isRequired),
            "description": .string(about), "schema": schema.json,
        ])
    }
}

/// What a status says, in a few words.
func reason(_ status: Int) -> String {
    switch status {
    case 200: "OK"
    case 400: "Malformed"
    case 401: "The token is missing or not right"
    case 403: "Not from there, or nobody may act"
    case 404: "No such thing"
    case 405: "Not with this method"
    case 408: "The request took too long to arrive"
    case 409: "The engine refused"
    case 413: "The body is too large"
    case 415: "The body is not called JSON"
    case 431: "The header is too large"
    default: "The engine is away, or too busy"
    }
}
