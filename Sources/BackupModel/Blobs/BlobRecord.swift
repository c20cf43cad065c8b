/// One row of a blob index: a blob on one volume.
package struct BlobRecord: Hashable, Sendable {
    package var id: BlobID
    /// Bytes, as the source's listing last said.
    package var size: Int64
    package var state: BlobState
    /// Failed tries since the last `requeue`.
    package var attempts: Int

    package init(id: BlobID, size: Int64, state: BlobState = .pending, attempts: Int = 0) {
        self.id = id
        self.size = size
        self.state = state
        self.attempts = attempts
    }
}

/// What a run found out about a blob: the index row's next contents.
package struct BlobOutcome: Sendable {
    package var id: BlobID
    /// Bytes really seen, where they were; the index corrects its size by it.
    package var size: Int64?
    package var state: BlobState
    package var failure: Failure?

    package init(id: BlobID, size: Int64? = nil, state: BlobState, failure: Failure? = nil) {
        self.id = id
        self.size = size
        self.state = state
        self.failure = failure
    }
}

/// A failed blob with its reason, for `failures` and the Copy screen.
package struct BlobFailure: Hashable, Codable, Sendable {
    package var id: BlobID
    package var size: Int64
    package var state: BlobState
    package var attempts: Int
    package var failure: Failure
    package var at: WallTime

    package init(id: BlobID, size: Int64, state: BlobState, attempts: Int, failure: Failure, at: WallTime) {
        self.id = id
        self.size = size
        self.state = state
        self.attempts = attempts
        self.failure = failure
        self.at = at
    }
}

/// Files and bytes.
package struct Amount: Hashable, Codable, Sendable {
    package var count: Int
    package var bytes: Int64

    package init(count: Int = 0, bytes: Int64 = 0) {
        self.count = count
        self.bytes = bytes
    }

    package static func + (a: Amount, b: Amount) -> Amount {
        Amount(count: a.count + b.count, bytes: a.bytes + b.bytes)
    }

    package static func - (a: Amount, b: Amount) -> Amount {
        Amount(count: a.count - b.count, bytes: a.bytes - b.bytes)
    }

    package static func += (a: inout Amount, b: Amount) { a = a + b }
}

/// How many blobs a volume has in each state; kept by the index in the transaction that changes a state (N12).
package struct Tally: Hashable, Sendable {
    package private(set) var amounts: [BlobState: Amount]

    package init(_ amounts: [BlobState: Amount] = [:]) { self.amounts = amounts }

    package subscript(state: BlobState) -> Amount {
        get { amounts[state] ?? Amount() }
        set { amounts[state] = newValue }
    }

    package func sum(where matches: (BlobState) -> Bool) -> Amount {
        amounts.reduce(Amount()) { matches($1.key) ? $0 + $1.value : $0 }
    }

    package var total: Amount { sum { _ in true } }
    package var safe: Amount { sum(where: \.isSafe) }
    package var remaining: Amount { sum(where: \.isRemaining) }
    package var failed: Amount { sum(where: \.isFailure) }
}

extension Tally: Codable {
    package init(from decoder: any Decoder) throws {
        let words = try decoder.singleValueContainer().decode([String: Amount].self)
        amounts = Dictionary(
            uniqueKeysWithValues: words.compactMap { word, amount in
                BlobState(word: word).map { ($0, amount) }
            })
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(Dictionary(uniqueKeysWithValues: amounts.map { ($0.key.word, $0.value) }))
    }
}

/// Names one run; also part of the names of its temporaries: 16 lower-case hex digits.
package struct RunID: Hashable, Codable, Sendable, CustomStringConvertible {
    package let text: String

    package init?(_ text: String) {
        guard text.utf8.count == 16, text.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) }) else {
            return nil
        }
        self.text = text
    }

    /// The id with these 64 random bits.
    package init(bits: UInt64) {
        let hex = String(bits, radix: 16)
        text = String(repeating: "0", count: 16 - hex.count) + hex
    }

    package var description: String { text }
}

extension RunID {
    private enum Key: CodingKey { case text }

    /// A string; older records have it inside an object. What is no run id is refused.
    package init(from decoder: any Decoder) throws {
        let text =
            if let plain = try? decoder.singleValueContainer().decode(String.self) { plain } else {
                try decoder.container(keyedBy: Key.self).decode(String.self, forKey: .text)
            }
        guard let id = RunID(text) else {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: "no run id"))
        }
        self = id
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// What a finished run leaves behind; the index keeps one for each run.
package struct RunSummary: Hashable, Codable, Sendable {
    package enum Kind: String, Codable, Sendable { case scan, run, verify }

    package var run: RunID
    package var kind: Kind
    package var startedAt: WallTime
    package var endedAt: WallTime?
    /// Nil while it runs, and for ever when the process died.
    package var result: RunResult?
    /// Safe before this run began.
    package var before: Amount
    /// Made safe (or proved, for `verify`) by this run.
    package var done: Amount
    package var failed: Amount
    package var remaining: Amount
    package var retries: Int
    package var failure: Failure?

    package init(
        run: RunID, kind: Kind, startedAt: WallTime, endedAt: WallTime? = nil, result: RunResult? = nil,
        before: Amount = Amount(), done: Amount = Amount(), failed: Amount = Amount(), remaining: Amount = Amount(),
        retries: Int = 0, failure: Failure? = nil
    ) {
        self.run = run
        self.kind = kind
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.result = result
        self.before = before
        self.done = done
        self.failed = failed
        self.remaining = remaining
        self.retries = retries
        self.failure = failure
    }
}
