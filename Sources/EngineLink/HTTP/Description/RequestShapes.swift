import BackupModel

extension RequestAnswer: JSONObject {
    static let shape = Shape<RequestAnswer>(
        "RequestAnswer", "One answer that a request takes.",
        [
            Field("word", "What is sent.") { $0.word },
            Field("meaning") { $0.meaning },
            Field("is_dangerous", "Ends or loses something.") { $0.isDangerous },
        ])
}

extension RequestClaim: JSONObject {
    static let shape = Shape<RequestClaim>(
        "RequestClaim", "Somebody is on the way; it lapses by itself.",
        [Field("by") { $0.by }, Field("until") { $0.until }])
}

extension Request: JSONObject {
    static let shape = Shape<Request>(
        "Request", "A question to the operator.",
        [
            Field("number") { $0.number },
            Field("kind") { $0.kind },
            Field("jobs", "The jobs that wait for it.") { $0.jobs },
            Field("subject", "What it is about: a volume's uuid, a plan's hash.") { $0.subject },
            Field("what") { $0.what },
            Field("why") { $0.why },
            Field("place", "Where it was last seen, or where to look.") { $0.place },
            Field("candidates", "What was found that might be it.") { $0.candidates },
            Field("answers") { $0.answers },
            Field("raised_at") { $0.raisedAt },
            Field("deadline", "Null: it waits without end.") { $0.deadline },
            Field("at_deadline") { $0.atDeadline },
            Field("reminders", "Those to come.") { $0.reminders },
            Field("claim") { $0.claim },
            Field("state") { RequestWord(of: $0.state) },
            Field("answer", "The word it was answered with.") { $0.state.answer },
            Field("closed_by") { $0.state.person },
            Field("closed_at") { $0.state.closedAt },
            Field("closed_reason", "Why it was withdrawn, or empty.") { $0.state.reason },
        ])
}

enum RequestWord: String, CaseIterable, JSONValue {
    case open, answered, withdrawn, expired

    init(of state: RequestState) {
        self =
            switch state {
            case .open: .open
            case .answered: .answered
            case .withdrawn: .withdrawn
            case .expired: .expired
            }
    }
}

extension RequestState {
    fileprivate var answer: String? {
        guard case .answered(let word, _, _) = self else { return nil }
        return word
    }

    fileprivate var person: Person? {
        guard case .answered(_, let person, _) = self else { return nil }
        return person
    }

    fileprivate var closedAt: WallTime? {
        switch self {
        case .open: nil
        case .answered(_, _, let at), .withdrawn(_, let at), .expired(let at): at
        }
    }

    fileprivate var reason: String {
        guard case .withdrawn(let reason, _) = self else { return "" }
        return reason
    }
}

extension Acknowledgement: JSONObject {
    static let shape = Shape<Acknowledgement>(
        "Acknowledgement", "Somebody has seen an alert.",
        [Field("by") { $0.by }, Field("at") { $0.at }, Field("note") { $0.note }])
}

extension EscalationStep: JSONObject {
    static let shape = Shape<EscalationStep>(
        "EscalationStep", "A channel that is told at a time.", [Field("at") { $0.at }, Field("channel") { $0.channel }])
}

extension Alert: JSONObject {
    static let shape = Shape<Alert>(
        "Alert", "Something a person should know or do.",
        [
            Field("id") { $0.id },
            Field("severity") { $0.severity },
            Field("raised_at") { $0.raisedAt },
            Field("subject", "The job or volume it is about.") { $0.subject },
            Field("failure") { $0.failure },
            Field("count", "How often its condition was met.") { $0.count },
            Field("acknowledgement") { $0.acknowledgement },
            Field("snoozed_until") { $0.snoozedUntil },
            Field("escalation", "Who is told next and when, if nobody acts.") { $0.escalation },
        ])
}

extension Event: JSONObject {
    static let shape = Shape<Event>(
        "Event", "One numbered thing that happened.",
        [
            Field("number") { $0.number },
            Field("at") { $0.at },
            Field("severity") { $0.severity },
            Field("component") { $0.component },
            Field("code", "Stable, upper snake case.") { $0.code },
            Field("job", "The mirror or job, or empty.") { $0.job },
            Field("message") { $0.message },
            Field("failure") { $0.failure },
        ])
}

extension AuditEntry: JSONObject {
    static let shape = Shape<AuditEntry>(
        "AuditEntry", "One order, who gave it, and what came of it.",
        [
            Field("number") { $0.number },
            Field("at") { $0.at },
            Field("id", "The order's id, which the Idempotency-Key sets.") { $0.order.id },
            Field("words", "The order in words.") { $0.words },
            Field("by") { $0.order.by },
            Field("is_accepted") { $0.result.isAccepted },
            Field("message", "What the engine answered.") { $0.result.message },
            Field("code", "Why it was refused; null when it was not.") { $0.result.code },
        ])
}

extension IntentResult {
    var isAccepted: Bool {
        if case .accepted = self { true } else { false }
    }

    var message: String {
        switch self {
        case .accepted(let words): words
        case .refused(let failure): failure.message
        }
    }

    var code: String? {
        guard case .refused(let failure) = self else { return nil }
        return failure.code
    }
}
