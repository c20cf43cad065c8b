import BackupModel

/// What the benchmarks need from inside the program: to hash files, and to put an index through a run.
@main
enum Benchmark {
    static func main() async throws {
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
        case ("catalog", 2):
            guard let count = Int(rest[1]), count >= 1000 else { throw Usage() }
            try CatalogBenchmark(path: rest[0], count: count).measure()
        case ("ring", 3):
            guard let bytes = Int(rest[0]), let block = Int(rest[1]), let total = Int(rest[2]) else { throw Usage() }
            try await RingBenchmark(bytes: bytes, blockSize: block, total: total).measure()
        case ("pipe", 5...):
            try await pipe(rest).run()
        case ("source", 2):
            guard let readers = Int(rest[1]) else { throw Usage() }
            try SourceBenchmark.measure(rest[0], readers: readers)
        default: throw Usage()
        }
    }

    /// `RULE BYTES BLOCK DRIVEBUFFER TOTAL SPEED...`, all but the rule in bytes.
    private static func pipe(_ words: [String]) throws -> PipeBenchmark {
        let numbers = words.dropFirst().compactMap { Int($0) }
        guard numbers.count == words.count - 1, numbers.count >= 4 else { throw Usage() }
        let drive = StreamingModel(
            speeds: numbers[4...].map(Double.init), buffer: Double(numbers[2]), stopCost: 3, startLevel: 0.5)
        return PipeBenchmark(
            rule: try FlowRule(words[0]), bytes: numbers[0], blockSize: numbers[1], drive: drive,
            total: Int64(numbers[3]))
    }

    struct Usage: Error, CustomStringConvertible {
        let description = """
            benchmark hash blake3|sha256 FILE... | hash-mapped blake3|sha256 FILE... | hash-memory \
            | index FILE BLOBS (100000 and more) | catalog FILE ENTRIES | ring BYTES BLOCK TOTAL \
            | pipe RULE BYTES BLOCK DRIVEBUFFER TOTAL SPEED... | source FOLDER READERS
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
