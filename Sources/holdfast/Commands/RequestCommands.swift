import ArgumentParser
import BackupModel

/// What waits for a person.
struct RequestsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "requests", abstract: "The open requests: what is wanted, why, and how to answer.")

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Closed ones too, newest first.")
    var all = false

    @Flag(help: "Answer in JSON.")
    var json = false

    func run() async throws {
        let reach = try await Reach.attach(place)
        let state = try await reach.state()
        var requests = state.requests
        if all, case .requestHistory(let closed) = try await reach.ask(.requestHistory(limit: 50)) {
            requests += closed
        }
        await reach.close()
        if json { return Standard.json(requests) }
        let words = requests.map { RequestText(request: $0, now: state.at).paragraph }
        Standard.out(words.isEmpty ? "nothing waits for you" : words.joined(separator: "\n\n"))
    }
}

/// Answers one: the first answer wins.
struct AnswerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "answer",
        abstract: "Answer a request: a word it takes, claim, or postpone 15m.")

    @Argument(help: "The request's number.")
    var number: Int

    @Argument(help: "A word that the request takes, claim, or postpone with a time.")
    var words: [String]

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        guard let intent = intent else {
            throw Ended(.usage, words: "holdfast: postpone wants a time, for instance 15m or 2h")
        }
        let reach = try await Reach.attach(place)
        let answer = try await reach.order(intent)
        await reach.close()
        Standard.out("#\(number): \(answer)")
    }

    private var intent: Intent? {
        switch words.first {
        case "claim": return .claim(request: number)
        case "postpone":
            guard words.count == 2, let seconds = SpokenTime.seconds(words[1]) else { return nil }
            return .postpone(request: number, seconds: seconds)
        default: return .answer(request: number, word: words.joined(separator: " "))
        }
    }
}

/// A request in lines.
struct RequestText {
    var request: Request
    var now: WallTime

    var paragraph: String {
        var lines = ["#\(request.number) \(request.what)", "  why      \(request.why)"]
        if !request.place.isEmpty { lines.append("  where    \(request.place)") }
        if !request.jobs.isEmpty { lines.append("  jobs     " + request.jobs.joined(separator: ", ")) }
        lines += request.candidates.map { "  found    \($0)" }
        lines.append("  since    \(request.raisedAt.iso8601())")
        if let deadline = request.deadline {
            lines.append(
                "  until    \(deadline.iso8601()), then "
                    + (request.atDeadline == .failResumable ? "the jobs fail and can be resumed" : "it goes on waiting")
            )
        }
        if let claim = request.claim, claim.until > now {
            lines.append("  claimed  by \(claim.by.user)@\(claim.by.via)")
        }
        switch request.state {
        case .open:
            lines += request.answers.map { "  answer   holdfast answer \(request.number) \($0.word)    \($0.meaning)" }
        case .answered(let word, let by, let at):
            lines.append("  answered \(word), by \(by.user) (\(by.via)) \(at.iso8601())")
        case .withdrawn(let reason, let at): lines.append("  closed   \(reason) \(at.iso8601())")
        case .expired(let at): lines.append("  expired  \(at.iso8601())")
        }
        return lines.joined(separator: "\n")
    }
}

/// `90s`, `15m`, `2h`, `1d`.
enum SpokenTime {
    static func seconds(_ text: String) -> Double? {
        guard let unit = text.last, let factor = ["s": 1.0, "m": 60, "h": 3600, "d": 86_400][unit],
            let number = Double(text.dropLast()), number > 0, number * factor <= 366 * 86_400
        else { return nil }
        return number * factor
    }
}
