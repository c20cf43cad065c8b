import BackupModel

/// Why a request was not answered: a status and the same three fields for every one.
struct Problem: Error, Hashable, Sendable {
    var status: Int
    var code: String
    var message: String
    var hint = ""
    /// `Allow`, `WWW-Authenticate`.
    var headers: [String: String] = [:]

    static func malformed(_ message: String, hint: String = "") -> Problem {
        Problem(status: 400, code: "MALFORMED", message: message, hint: hint)
    }

    static func unknown(_ what: String, _ name: String, hint: String = "") -> Problem {
        Problem(
            status: 404, code: "UNKNOWN_" + what.uppercased(), message: "no \(what) \(printable(name.utf8))", hint: hint
        )
    }

    /// What the engine refused: 404 when it knows no such thing, else `status`.
    init(_ failure: Failure, otherwise status: Int) {
        let isUnknown = ["UNKNOWN_", "NO_SUCH_", "NOT_FOUND"].contains { failure.code.hasPrefix($0) }
        self.init(
            status: isUnknown ? 404 : status, code: failure.code, message: failure.message, hint: failure.hint)
    }

    init(status: Int, code: String, message: String, hint: String = "", headers: [String: String] = [:]) {
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint
        self.headers = headers
    }

    static let engineAway = Problem(
        status: 503, code: "ENGINE_AWAY", message: "the engine gave no state in time", hint: "Ask again in a moment.")

    static let tooManyStreams = Problem(
        status: 503, code: "TOO_MANY_STREAMS", message: "too many wait for events already",
        hint: "Close one, or ask without wait.")
}

extension Problem: JSONObject {
    static let shape = Shape<Problem>("Error", "Why a request was not answered.", [Field("error") { Detail($0) }])

    private struct Detail: JSONObject {
        var problem: Problem
        init(_ problem: Problem) { self.problem = problem }

        static let shape = Shape<Detail>(
            "ErrorDetail", "",
            [
                Field("code", "Stable, upper snake case.") { $0.problem.code },
                Field("message") { $0.problem.message },
                Field("hint", "The next step, or empty.") { $0.problem.hint },
            ])
    }
}
