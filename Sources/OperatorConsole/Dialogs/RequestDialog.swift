import BackupModel

/// The box of one request. It holds no copy of it: what is shown is the request as it stands now.
///
/// Nothing here is the default and Enter does nothing; keys in the first half second are no answers (H11).
package struct RequestDialog: Hashable, Sendable {
    let number: Int
    let openedAt: Double
    var scroll = 0
    /// What was pressed and could not be, in words.
    var problem: SafeText?

    init(number: Int, openedAt: Double) {
        self.number = number
        self.openedAt = openedAt
    }

    /// Keys that mean the same for every request.
    static let reserved: Set<Unicode.Scalar> = ["M", "Z", "X"]

    /// Those, and the ones that a request has by its kind.
    static func reserved(_ request: Request) -> Set<Unicode.Scalar> {
        request.kind == .changeTape ? reserved.union(["L", "O", "B"]) : reserved
    }

    /// The keys of the answers that the request lists beside those of its kind.
    static func keys(of request: Request) -> [(key: Unicode.Scalar?, answer: RequestAnswer)] {
        let answers = request.listedAnswers
        return Array(zip(keys(of: answers, reserved: reserved(request)), answers))
    }

    /// The key of each answer: its own digit, else a capital of its word that no other answer took, else a number.
    static func keys(
        of answers: [RequestAnswer], reserved: Set<Unicode.Scalar> = RequestDialog.reserved
    ) -> [Unicode.Scalar?] {
        var taken = reserved
        var keys = [Unicode.Scalar?](repeating: nil, count: answers.count)
        for (index, answer) in answers.enumerated() {
            guard answer.word.unicodeScalars.count == 1, let digit = answer.word.unicodeScalars.first,
                ("1"..."9").contains(digit), taken.insert(digit).inserted
            else { continue }
            keys[index] = digit
        }
        for (index, answer) in answers.enumerated() where keys[index] == nil {
            let capitals = answer.word.uppercased().unicodeScalars.prefix(32).filter { ("A"..."Z").contains($0) }
            let free = (capitals + Array("123456789".unicodeScalars)).first { !taken.contains($0) }
            guard let free else { continue }
            taken.insert(free)
            keys[index] = free
        }
        return keys
    }
}

/// The words of a change of tapes: a label follows two of them.
extension Request {
    static let use = "use "
    static let blank = "blank "
    static let loaded = "loaded"
    static let cancel = "cancel"
    /// Stands for a label yet to be typed.
    static let placeholder = "LABEL"

    /// What a box lists; words that stand for a key of the kind, or for a label yet to be typed, have theirs already.
    var listedAnswers: [RequestAnswer] {
        guard kind == .changeTape else { return answers }
        let known = [
            Request.loaded, Request.cancel, Request.use + Request.placeholder, Request.blank + Request.placeholder,
        ]
        return answers.filter { !known.contains($0.word) }
    }

    /// Whether a label may follow the verb.
    func offers(_ verb: String) -> Bool { answers.contains { $0.word == verb + Request.placeholder } }

    /// Whether a typed answer is one.
    func takes(_ word: String) -> Bool {
        guard kind == .changeTape else { return answers.contains { $0.word == word } }
        if [Request.loaded, Request.cancel].contains(word) { return answers.contains { $0.word == word } }
        if listedAnswers.contains(where: { $0.word == word }) { return true }
        return [Request.use, Request.blank].contains { verb in
            offers(verb) && word.hasPrefix(verb) && word.count > verb.count && word != verb + Request.placeholder
        }
    }
}
