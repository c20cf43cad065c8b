/// The word that was probably meant.
enum NearestWord {
    /// The known word with the fewest typing slips, if they are few for its length.
    static func of(_ word: String, among known: some Sequence<String>) -> String? {
        let typed = Array(word.lowercased().unicodeScalars.prefix(64))
        let scored = known.map { (word: $0, slips: slips(typed, Array($0.unicodeScalars))) }
        guard let best = scored.min(by: { ($0.slips, $0.word) < ($1.slips, $1.word) }) else { return nil }
        return best.slips <= max(1, best.word.unicodeScalars.count / 3) ? best.word : nil
    }

    /// `; did you mean "workers"?`, or the list when nothing is near and the list is short.
    static func suggestion(_ word: String, among known: [String]) -> String {
        if let near = of(word, among: known) { return "; did you mean \"\(near)\"?" }
        return known.count <= 8 && !known.isEmpty ? "; known: " + known.joined(separator: ", ") : ""
    }

    /// Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment).
    static func slips(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
        var older: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, older[j - 1] + 1) }
                row.append(least)
            }
            older = previous
            previous = row
        }
        return previous[b.count]
    }
}
