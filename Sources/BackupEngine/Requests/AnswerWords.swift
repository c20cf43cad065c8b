package import BackupModel

/// The words of `holdfast answer N ...`, from the command line or from a file: an answer, `claim`, or `postpone 15m`.
///
/// A request whose answers hold `claim` or `postpone` itself would be answered by these words; none does.
package func answerIntent(request: Int, words: [String]) throws(Failure) -> Intent {
    let words = words.map(\.trimmed).filter { !$0.isEmpty }
    guard let first = words.first else {
        throw Failure(
            code: "ANSWER_EMPTY", side: .engine, message: "no answer is given",
            hint: "Give the word of an answer, 'claim', or 'postpone 15m'.")
    }
    switch (first.lowercased(), words.count) {
    case ("claim", 1): return .claim(request: request)
    case ("postpone", 2):
        guard let seconds = spanSeconds(words[1]) else {
            throw Failure(
                code: "ANSWER_SPAN", side: .engine, message: "'\(words[1].tidied(60))' is no span of time",
                hint: "Write it as 15m, 2h or 1d.")
        }
        return .postpone(request: request, seconds: seconds)
    default: return .answer(request: request, word: words.joined(separator: " "))
    }
}

/// `90s`, `15m`, `2h`, `1d`; minutes where no unit is given.
func spanSeconds(_ text: String) -> Double? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int(digits), number > 0, digits.count <= 6 else { return nil }
    switch text.dropFirst(digits.count) {
    case "s": return Double(number)
    case "", "m", "min": return Double(number) * 60
    case "h": return Double(number) * 3600
    case "d": return Double(number) * 86_400
    default: return nil
    }
}
