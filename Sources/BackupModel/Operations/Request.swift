/// A question to the operator; it outlives consoles and engines until it is answered, withdrawn or expired.
package struct Request: Hashable, Codable, Sendable {
    package var number: Int
    package var kind: RequestKind
    /// The jobs that wait for it; more than one may wait for the same volume.
    package var jobs: [String]
    /// What it is about, so that nothing is asked twice: a volume's uuid, a plan's hash.
    package var subject: String
    /// One line: what is wanted.
    package var what: String
    package var why: String
    /// Where it was last seen, or where to look.
    package var place: String
    /// What was found that might be it.
    package var candidates: [String]
    /// What may be answered, in the order shown.
    package var answers: [RequestAnswer]
    package var raisedAt: WallTime
    /// Nil: it waits without end.
    package var deadline: WallTime?
    package var atDeadline: DeadlineRule
    /// When reminders go out, those to come.
    package var reminders: [WallTime]
    package var claim: RequestClaim?
    package var state: RequestState

    package init(
        number: Int = 0, kind: RequestKind, jobs: [String], subject: String, what: String, why: String,
        place: String = "", candidates: [String] = [], answers: [RequestAnswer], raisedAt: WallTime,
        deadline: WallTime? = nil, atDeadline: DeadlineRule = .keepWaiting
    ) {
        self.number = number
        self.kind = kind
        self.jobs = jobs
        self.subject = subject
        self.what = what
        self.why = why
        self.place = place
        self.candidates = candidates
        self.answers = answers
        self.raisedAt = raisedAt
        self.deadline = deadline
        self.atDeadline = atDeadline
        reminders = []
        state = .open
    }

    package var isOpen: Bool { state == .open }
}

package enum RequestKind: String, Codable, CaseIterable, Sendable {
    case attachVolume = "attach_volume"
    /// A plan larger than usual.
    case confirm
    case choose
    /// A drive waits for a tape; its live state stands in `TapeState`, under the drive that `subject` names.
    case changeTape = "change_tape"
}

/// One answer that a request takes.
package struct RequestAnswer: Hashable, Codable, Sendable {
    /// What is typed and sent: `attached`, `yes`, `cancel`, `2`.
    package var word: String
    /// What it means, for people.
    package var meaning: String
    /// Ends or loses something: asked again before it is sent.
    package var isDangerous: Bool

    package init(word: String, meaning: String, isDangerous: Bool = false) {
        self.word = word
        self.meaning = meaning
        self.isDangerous = isDangerous
    }

    /// `use LABEL`: a label is said in place of the last word.
    package var takesLabel: Bool { word.hasSuffix(RequestAnswer.labelMark) }

    /// The words that count when somebody says these, or nil where that is not this answer: `USE NX0007` is
    /// `use NX0007`.
    package func accepts(_ said: String) -> String? {
        guard takesLabel else { return said.lowercased() == word.lowercased() ? word : nil }
        let verb = word.dropLast(RequestAnswer.labelMark.count)
        let words = said.split(separator: " ")
        guard words.count == 2, words[0].lowercased() == verb.lowercased(), words[1].utf8.count <= 64 else {
            return nil
        }
        return "\(verb) \(words[1])"
    }

    private static let labelMark = " LABEL"
}

/// What happens when nobody answered in time.
package enum DeadlineRule: String, Codable, CaseIterable, Sendable {
    case keepWaiting = "keep_waiting"
    /// The jobs fail, and can be resumed.
    case failResumable = "fail_resumable"
}

/// Somebody is on the way; it lapses by itself.
package struct RequestClaim: Hashable, Codable, Sendable {
    package var by: Person
    package var until: WallTime

    package init(by: Person, until: WallTime) {
        self.by = by
        self.until = until
    }
}

package enum RequestState: Hashable, Codable, Sendable {
    case open
    case answered(word: String, by: Person, at: WallTime)
    /// What it asked for came by itself, or nobody waits any more.
    case withdrawn(reason: String, at: WallTime)
    case expired(at: WallTime)
}

/// Who did something, for the audit log and for "answered by ben (command line) 14:06".
package struct Person: Hashable, Codable, Sendable {
    /// The user's name as the system has it, `schedule` or `engine` for no person.
    package var user: String
    package var uid: UInt32
    /// The terminal, `command line`, `file`, `api`.
    package var via: String

    package init(user: String, uid: UInt32, via: String) {
        self.user = user
        self.uid = uid
        self.via = via
    }

    package static let engine = Person(user: "engine", uid: 0, via: "engine")
}
