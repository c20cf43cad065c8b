import BackupModel

/// What the benchmarks need from inside the program: to hash files, and to put an index through a run.
@main
enum Benchmark {
    static func main() throws {
        let words = CommandLine.arguments.dropFirst()
        let rest = Array(words.dropFirst())
        switch (words.first, rest.count) {
        case ("hash", 2...):
            guard let kind = HashKind(rawValue: rest[0]) else { throw Usage() }
            for file in rest.dropFirst() { print(try HashBenchmark.hash(file, kind), file) }
        case ("hash-mapped", 2...):
            guard let kind = HashKind(rawValue: rest[0]) else { throw Usage() }
            for file in rest.dropFirst() { print(try HashBenchmark.hashMapped(file, kind), file) }
        case ("hash-memory", 0): try HashBenchmark.measure()
        case ("index", 2):
            guard let count = Int(rest[1]), count >= 100_000 else { throw Usage() }
            try IndexBenchmark(path: rest[0], count: count).measure()
        case ("source", 2):
            guard let readers = Int(rest[1]) else { throw Usage() }
            try SourceBenchmark.measure(rest[0], readers: readers)
        default: throw Usage()
        }
    }

    struct Usage: Error, CustomStringConvertible {
        let description = """
            benchmark hash blake3|sha256 FILE... | hash-mapped blake3|sha256 FILE... | hash-memory \
            | index FILE BLOBS (100000 and more) \
            | source FOLDER READERS
            """
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }

    /// How long `work` takes.
    static func of(_ work: () throws -> Void) rethrows -> Duration { try ContinuousClock().measure(work) }
}

extension [Duration] {
    /// Milliseconds: the middle one and the longest.
    var milliseconds: (median: Double, longest: Double) {
        let sorted = sorted()
        guard let longest = sorted.last else { return (0, 0) }
        return (sorted[sorted.count / 2].seconds * 1000, longest.seconds * 1000)
    }
}
