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
            status: 404, code: what.uppercased() + "_UNKNOWN", message: "no \(what) \(printable(name.utf8))", hint: hint
        )
    }

    /// The engine's codes for something that a path names and that is not there, or not any more. `INTENT_UNKNOWN`
    /// and its like say another thing.
    private static let absences: Set<String> = [
        "JOB_UNKNOWN", "MIRROR_UNKNOWN", "RUN_UNKNOWN", "REQUEST_UNKNOWN", "ALERT_GONE", "TAPE_NONE", "POOL_UNKNOWN",
        "VOLUME_UNKNOWN", "DRIVE_UNKNOWN",
    ]

    /// What the engine refused: 404 when it knows no such thing, else `status`.
    init(_ failure: Failure, otherwise status: Int) {
        self.init(
            status: Self.absences.contains(failure.code) ? 404 : status, code: failure.code, message: failure.message,
            hint: failure.hint)
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
