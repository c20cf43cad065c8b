import BackupModel

/// A request as it came, before anything in it is believed.
struct RawRequest: Sendable {
    var method: String
    /// Path and query, as sent.
    var target: String
    /// Names in lower case; what is sent twice is joined with commas.
    var headers: [String: String]
    var body: [UInt8]
}

/// Finds the route of a request, checks everything it carries, and lets the route act.
struct Router: Sendable {
    var context: Call.Context
    var parts = HTTPPart.everything
    /// Nil: nobody may act.
    var token: String?
    /// Nil: everybody may read the metrics.
    var metricsToken: String?
    /// A name for an order whose sender gave none.
    var randomID: @Sendable () -> String

    func respond(to request: RawRequest) async -> Response {
        do throws(Problem) {
            let (route, call) = try prepare(request)
            return try await route.act(call)
        } catch {
            return .problem(error)
        }
    }

    /// The route and its checked call; pure.
    func prepare(_ request: RawRequest) throws(Problem) -> (Route, Call) {
        guard request.target.hasPrefix("/") else { throw .malformed("the target is no path") }
        let parts = request.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0].split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let (route, raw) = try find(request.method, Array(path))
        try checkToken(route, request.headers["authorization"])
        var values = try read(route, path: raw)
        try read(route, query: parts.count > 1 ? parts[1] : "", into: &values)
        try read(route, body: request, into: &values)
        let call = Call(
            values: values, accept: request.headers["accept"] ?? "", lastEventID: request.headers["last-event-id"],
            orderID: try orderID(request.headers["idempotency-key"]), context: context)
        return (route, call)
    }

    private func find(_ method: String, _ path: [Substring]) throws(Problem) -> (Route, [String: Substring]) {
        var allowed: [String] = []
        for route in RouteTable.all where parts.contains(route.part) {
            // A word of the table wins over a parameter: `/v1/events/stream`.
            guard let raw = route.match(path) else { continue }
            if route.method.rawValue == method || (method == "HEAD" && route.method == .get) { return (route, raw) }
            allowed += route.method == .get ? ["GET", "HEAD"] : ["POST"]
        }
        if allowed.isEmpty {
            throw Problem(
                status: 404, code: "NO_SUCH_ROUTE", message: "nothing is served there",
                hint: "GET /v1/openapi.json lists what is.")
        }
        throw Problem(
            status: 405, code: "METHOD_NOT_ALLOWED", message: "not with this method",
            hint: "Use " + allowed.joined(separator: " or ") + ".", headers: ["Allow": allowed.joined(separator: ", ")])
    }

    private func checkToken(_ route: Route, _ authorization: String?) throws(Problem) {
        switch (route.part, route.method) {
        case (.metrics, _):
            if let metricsToken { try check(authorization, against: metricsToken) }
        case (.api, .get): return
        case (.api, .post):
            guard let token, !token.isEmpty else {
                throw Problem(
                    status: 403, code: "INTENTS_OFF", message: "no token is set, so nobody may act here",
                    hint: "Set a token in the settings, or use the command line.")
            }
            try check(authorization, against: token)
        }
    }

    private func check(_ authorization: String?, against token: String) throws(Problem) {
        let scheme = "bearer "
        let given = authorization ?? ""
        let isBearer = given.prefix(scheme.count).lowercased() == scheme
        if isBearer && isEqualInConstantTime(given.dropFirst(scheme.count).utf8, token.utf8) { return }
        throw Problem(
            status: 401, code: "TOKEN_REFUSED", message: given.isEmpty ? "a token is needed" : "the token is not right",
            hint: "Send the header Authorization: Bearer TOKEN.", headers: ["WWW-Authenticate": "Bearer"])
    }

    private func orderID(_ given: String?) throws(Problem) -> String {
        guard let given else { return randomID() }
        guard Parameter.Kind.key.read(text: given) != nil else {
            throw .malformed("Idempotency-Key is 1 to 64 visible ASCII characters")
        }
        return given
    }

    private func read(_ route: Route, path raw: [String: Substring]) throws(Problem) -> [String: Value] {
        var values: [String: Value] = [:]
        for parameter in route.parameters where parameter.place == .path {
            guard let text = percentDecoded(raw[parameter.name] ?? "", plusIsSpace: false),
                let value = parameter.kind.read(text: text)
            else { throw .malformed("\(parameter.name) in the path is not " + parameter.kind.words) }
            values[parameter.name] = value
        }
        return values
    }

    private func read(_ route: Route, query: Substring, into values: inout [String: Value]) throws(Problem) {
        for pair in query.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(parts[0], plusIsSpace: true),
                let text = percentDecoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { throw .malformed("the query is not UTF-8 in percent encoding") }
            guard let parameter = route.parameters.first(where: { $0.place == .query && $0.name == name }) else {
                throw .malformed("no parameter \(printable(name.utf8)) here")
            }
            guard let value = parameter.kind.read(text: text) else {
                throw .malformed("\(name) is not " + parameter.kind.words)
            }
            guard values.updateValue(value, forKey: name) == nil else { throw .malformed("\(name) is there twice") }
        }
    }

    private func read(_ route: Route, body request: RawRequest, into values: inout [String: Value]) throws(Problem) {
        guard route.method == .post else {
            if request.body.isEmpty { return }
            throw .malformed("a GET has no body")
        }
        let type = (request.headers["content-type"] ?? "").split(separator: ";").first ?? ""
        if !request.body.isEmpty, type.lowercased().filter({ $0 != " " }) != "application/json" {
            throw Problem(
                status: 415, code: "NOT_JSON", message: "the body is not called JSON",
                hint: "Send the header Content-Type: application/json.")
        }
        guard let fields = Scalar.fields(of: request.body) else {
            throw .malformed("the body is no flat JSON object")
        }
        let known = route.parameters.filter { $0.place == .body }
        for name in fields.keys.sorted() where !known.contains(where: { $0.name == name }) {
            throw .malformed("no field \(printable(name.utf8)) here")
        }
        for parameter in known { values[parameter.name] = try read(parameter, fields[parameter.name]) }
    }

    private func read(_ parameter: Parameter, _ scalar: Scalar?) throws(Problem) -> Value? {
        guard let scalar else {
            if parameter.isRequired { throw .malformed("\(parameter.name) is missing") }
            return nil
        }
        if scalar == .null, parameter.isNullable { return .null }
        guard let value = parameter.kind.read(scalar) else {
            throw .malformed("\(parameter.name) is not " + parameter.kind.words)
        }
        return value
    }
}

extension Parameter.Kind {
    /// What it should be, for messages.
    fileprivate var words: String {
        switch self {
        case .name: "a name of at most 128 characters"
        case .key: "1 to 64 visible ASCII characters"
        case .run: "16 hex digits"
        case .blob: "64 lower-case hex digits"
        case .time: "a time such as 2026-10-04T14:02:51Z"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .text(let most): "a text of at most \(most) characters"
        case .flag: "true or false"
        case .words(let words): "one of " + words.joined(separator: ", ")
        }
    }
}

/// Whether two secrets are equal, in a time that depends on the given one's length alone.
func isEqualInConstantTime(_ given: some Collection<UInt8>, _ secret: some Collection<UInt8>) -> Bool {
    let secret = Array(secret)
    guard !secret.isEmpty else { return false }
    var difference = given.count ^ secret.count
    for (index, byte) in given.enumerated() { difference |= Int(byte ^ secret[index % secret.count]) }
    return difference == 0
}

/// Undoes percent encoding; nil when it is none, or no UTF-8.
func percentDecoded(_ text: Substring, plusIsSpace: Bool) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "%"):
            guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
                return nil
            }
            bytes.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
        default: bytes.append(byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}

private func hexValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 48...57: digit - 48
    case 65...70: digit - 55
    case 97...102: digit - 87
    default: nil
    }
}
