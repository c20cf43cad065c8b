import BackupModel

/// The right word for a wrong one.
package enum Nearest {
    /// The word that takes the fewest changes; nil when none is near.
    package static func word(_ wrong: String, in words: some Sequence<String>) -> String? {
        let limit = max(1, min(4, wrong.count / 3 + 1))
        let scored = words.map { (distance(Array(wrong.prefix(64)), Array($0)), $0) }
        guard let best = scored.min(by: { $0.0 < $1.0 }), best.0 <= limit else { return nil }
        return best.1
    }

    /// `, did you mean X?`, or nothing.
    package static func hint(_ wrong: String, _ words: some Sequence<String>) -> String {
        word(wrong, in: words).map { ", did you mean `\(printable($0.utf8))`?" } ?? ""
    }

    /// Insertions, deletions and exchanges between two words.
    private static func distance(_ left: [Character], _ right: [Character]) -> Int {
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let change = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(change, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[right.count]
    }
}
