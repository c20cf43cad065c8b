import BackupModel

/// What was typed in plain mode.
enum PlainCommand: Hashable, Sendable {
    case nothing, status, requests, help, quit
    case order(Intent)
    case complaint(String)

    static let helpLines: [String] = [
        "-- status                     how everything stands",
        "-- requests                   what waits for an answer",
        "-- answer NUMBER WORD         answer a request; NUMBER WORD does too",
        "-- claim NUMBER               I am on my way: ten minutes without reminders",
        "-- postpone NUMBER TIME       reminders later: 15m, 2h",
        "-- run|pause|resume|cancel JOB",
        "-- ack ALERT [NOTE]           seen; a note says what is done about it",
        "-- snooze ALERT TIME          silent for a time",
        "-- quit                       leave; the engine goes on",
    ]

    static func parse(_ line: String, state: EngineState, now: WallTime, offset: Int) -> PlainCommand {
        let words = line.prefix(4096).split(whereSeparator: { $0 == " " || $0 == "\t" }).map(String.init)
        guard let first = words.first else { return .nothing }
        let rest = Array(words.dropFirst())
        switch first {
        case "status": return .status
        case "requests": return .requests
        case "help", "?": return .help
        case "quit", "q", "exit": return .quit
        case "answer", "claim", "postpone": return parse(request: first, rest, state)
        case "run", "pause", "resume", "cancel": return parse(job: first, rest.joined(separator: " "), state)
        case "ack", "snooze": return parse(alert: first, rest, state)
        default:
            if number(first) != nil, !rest.isEmpty { return parse(request: "answer", words, state) }
            return .complaint("no such command: \(first)" + Nearest.hint(first, names) + "; help lists them")
        }
    }

    private static let names = [
        "status", "requests", "help", "quit", "answer", "claim", "postpone", "run", "pause", "resume", "cancel", "ack",
        "snooze",
    ]

    private static func number(_ word: String) -> Int? {
        Int(word.hasPrefix("#") ? String(word.dropFirst()) : word)
    }

    private static func parse(request verb: String, _ words: [String], _ state: EngineState) -> PlainCommand {
        guard let first = words.first, let number = number(first) else {
            return .complaint("\(verb): which request? For instance: \(verb) 17")
        }
        guard let request = state.requests.first(where: { $0.number == number && $0.isOpen }) else {
            return .complaint("there is no open request #\(number)")
        }
        let rest = words.dropFirst().joined(separator: " ")
        switch verb {
        case "claim": return .order(.claim(request: number))
        case "postpone":
            guard let seconds = TypedTime.duration(rest) else {
                return .complaint("postpone: not a time, for instance 15m")
            }
            return .order(.postpone(request: number, seconds: seconds))
        default:
            guard request.takes(rest) else {
                let words = request.answers.map(\.word)
                return .complaint("answer: one of " + words.joined(separator: ", ") + Nearest.hint(rest, words))
            }
            return .order(.answer(request: number, word: rest))
        }
    }

    private static func parse(job verb: String, _ name: String, _ state: EngineState) -> PlainCommand {
        let names = state.jobs.map(\.name)
        guard names.contains(name) else {
            return .complaint("\(verb): no such job: \(name)" + Nearest.hint(name, names))
        }
        switch verb {
        case "run": return .order(.runJob(name: name))
        case "pause": return .order(.pauseJob(name: name))
        case "resume": return .order(.resumeJob(name: name))
        default: return .order(.cancelJob(name: name))
        }
    }

    private static func parse(alert verb: String, _ words: [String], _ state: EngineState) -> PlainCommand {
        guard let first = words.first, let id = number(first), state.alerts.contains(where: { $0.id == id }) else {
            return .complaint("\(verb): which alert? status shows their numbers")
        }
        let rest = words.dropFirst().joined(separator: " ")
        if verb == "ack" { return .order(.acknowledge(alert: id, note: rest)) }
        guard let seconds = TypedTime.duration(rest) else { return .complaint("snooze: not a time, for instance 2h") }
        return .order(.snooze(alert: id, seconds: seconds))
    }
}

extension Intent {
    /// What is about to be done, for a question in plain mode.
    var plainWords: String {
        switch self {
        case .cancelJob(let name): "cancel the run of " + SafeText(brief: name).plain
        case .answer(let request, let word): "answer request #\(request) with \"" + SafeText(brief: word).plain + "\""
        default: SafeText(brief: done).plain
        }
    }
}
