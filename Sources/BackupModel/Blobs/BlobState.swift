/// Where one blob stands on one volume. Raw values are stored in index files: never renumber them.
package enum BlobState: Int, Codable, CaseIterable, Sendable {
    /// Known to the source, wanted on the volume, not begun.
    case pending = 0
    /// Given to a run on another machine (shared index); not begun.
    case claimed = 1
    /// A run has begun it: a temporary, or a file without its row, may be on the volume.
    case copying = 2
    /// Data, name and directory were made durable on the enrolled volume (I1).
    case placed = 3
    /// Read back from the volume after placing, and the hash matched.
    case verified = 4
    /// The source listed it once and does not have it now (A2).
    case sourceMissing = 5
    /// The source's bytes do not have this name's hash (A1).
    case sourceCorrupt = 6
    /// The volume's bytes do not have this name's hash; they are kept in quarantine.
    case corrupt = 7
    /// The volume could not read it: an input error is not corruption (L11).
    case unreadable = 8
    /// It was placed and is no longer there.
    case lost = 9
    /// It cannot be written to this volume for a reason that trying again will not change.
    case blocked = 10

    /// Good copies: the volume has the bytes.
    package var isSafe: Bool { self == .placed || self == .verified }

    /// Waiting for a worker.
    package var isRemaining: Bool { self == .pending || self == .claimed || self == .copying || self == .lost }

    /// Needs a person or a repaired side.
    package var isFailure: Bool { !isSafe && !isRemaining }

    /// The word shown everywhere: screens, JSON, reports.
    package var word: String {
        switch self {
        case .pending: "pending"
        case .claimed: "claimed"
        case .copying: "copying"
        case .placed: "placed"
        case .verified: "verified"
        case .sourceMissing: "source_missing"
        case .sourceCorrupt: "source_corrupt"
        case .corrupt: "corrupt"
        case .unreadable: "unreadable"
        case .lost: "lost"
        case .blocked: "blocked"
        }
    }

    /// The state with that word, or nil.
    package init?(word: String) {
        guard let state = BlobState.allCases.first(where: { $0.word == word }) else { return nil }
        self = state
    }
}

/// How a placed blob is proved.
package enum ReadBack: String, Codable, CaseIterable, Sendable {
    /// Not at all: `placed` is the best it gets until a `verify`.
    case none
    /// At once, past the page cache (`O_DIRECT`).
    case direct
    /// By a later `verify`, for bridges that lie about flush (A23).
    case later
}
