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

    /// The key of each answer: its own digit, else a capital of its word that no other answer took, else a number.
    static func keys(of answers: [RequestAnswer]) -> [Unicode.Scalar?] {
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
