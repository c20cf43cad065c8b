import BackupModel

enum Method: String, Sendable { case get = "GET", post = "POST" }

/// One route: what it is called by, what it takes, what it answers. Routing and the description are both made of it.
struct Route: Sendable {
    enum Reply: Sendable {
        case json(Schema)
        /// The OpenAPI description itself.
        case description
        case metrics
        case serverSentEvents
    }

    var method: Method
    /// `/v1/jobs/{name}`
    var path: String
    /// `operationId`
    var operation: String
    var summary: String
    var parameters: [Parameter] = []
    var reply: Reply
    var act: @Sendable (Call) async throws(Problem) -> Response

    var part: HTTPPart { if case .metrics = reply { .metrics } else { .api } }

    var segments: [Substring] { Array(path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()) }

    /// The raw values of the path's parameters when it is this route's path.
    func match(_ path: [Substring]) -> [String: Substring]? {
        let own = segments
        guard own.count == path.count else { return nil }
        var values: [String: Substring] = [:]
        for (pattern, segment) in zip(own, path) {
            if pattern.hasPrefix("{") {
                values[String(pattern.dropFirst().dropLast())] = segment
            } else if pattern != segment {
                return nil
            }
        }
        return values
    }

    /// Every status it may answer with, in order.
    var statuses: [Int] {
        var statuses = [200, 400, 403, 404, 405, 408, 413, 431, 503]
        if method == .post || part == .metrics { statuses.append(401) }
        if method == .post { statuses += [409, 415] }
        return statuses.sorted()
    }
}

/// A whole answer.
struct Response: Sendable {
    var status = 200
    var type: String
    var headers: [String: String] = [:]
    var content: Content

    enum Content: Sendable {
        case text(String)
        /// Pieces as they come; ends when the stream ends.
        case stream(@Sendable (_ send: @escaping Send) async -> Void)
    }

    /// Returns false once nobody listens any more.
    typealias Send = @Sendable (String) async -> Bool

    static func json(_ value: some JSONValue, status: Int = 200) -> Response {
        Response(status: status, type: "application/json", content: .text(value.json.text + "\n"))
    }

    static func problem(_ problem: Problem) -> Response {
        var response = Response.json(problem, status: problem.status)
        response.headers = problem.headers
        return response
    }
}

/// A request that was found sound, with all a route needs to act on it.
struct Call: Sendable {
    var values: [String: Value]
    var accept: String
    var lastEventID: String?
    var orderID: String
    var context: Context

    /// What stays the same from call to call.
    struct Context: Sendable {
        var service: any EngineService
        var watch: StateWatch
        var person: Person
        var now: @Sendable () -> WallTime
    }

    func text(_ name: String) -> String? {
        guard case .text(let value)? = values[name] else { return nil }
        return value
    }

    func integer(_ name: String) -> Int64? {
        guard case .integer(let value)? = values[name] else { return nil }
        return value
    }

    func number(_ name: String) -> Double? {
        guard case .number(let value)? = values[name] else { return nil }
        return value
    }

    func flag(_ name: String) -> Bool? {
        guard case .flag(let value)? = values[name] else { return nil }
        return value
    }

    func time(_ name: String) -> WallTime? {
        guard case .time(let value)? = values[name] else { return nil }
        return value
    }

    /// The newest state; waits a moment for the first one.
    func state() async throws(Problem) -> EngineState {
        guard let state = await context.watch.state(within: .seconds(5)) else { throw .engineAway }
        return state
    }

    /// Asks the engine; what it refuses becomes a problem.
    func ask<Found>(_ query: Query, _ pick: (Answer) -> Found?) async throws(Problem) -> Found {
        let answer = await context.service.ask(query)
        if case .refused(let failure) = answer { throw Problem(failure, otherwise: 503) }
        guard let found = pick(answer) else {
            throw Problem(status: 503, code: "OTHER_ANSWER", message: "the engine answered another question")
        }
        return found
    }
}
