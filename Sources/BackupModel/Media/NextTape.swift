/// What is asked of the next tape.
package struct TapeWish: Hashable, Sendable {
    package var pool: Pool
    /// Of the drive; nil where nobody knows.
    package var generation: TapeGeneration?
    /// The drive that will write, and the library it stands in, or nil.
    package var drive: String
    package var library: String?
    /// Barcodes that are ours; empty: all.
    package var ours: [BarcodeRange] = []
    /// Nonces, or barcodes of blanks, that were tried already and did not do.
    package var tried: Set<String> = []
    package var clockIsDoubted = false

    package init(pool: Pool, drive: String, library: String? = nil, generation: TapeGeneration? = nil) {
        self.pool = pool
        self.drive = drive
        self.library = library
        self.generation = generation
    }
}

/// A volume that could be the next, and what it holds; nil where the catalog does not know.
package struct TapeCandidate: Hashable, Sendable {
    package var volume: Volume
    package var contents: VolumeContents?

    package init(_ volume: Volume, _ contents: VolumeContents? = VolumeContents()) {
        self.volume = volume
        self.contents = contents
    }
}

/// Which tape comes next, and why no other does: as `holdfast tape next --explain` tells it.
package struct TapeChoice: Hashable, Sendable {
    /// What makes a volume fit, the best first.
    package enum Rank: Int, Hashable, Comparable, Sendable {
        /// Goes on where it ends.
        case appendable
        case empty
        /// All on it has expired.
        case recyclable
        /// Gets its first label.
        case blank

        package static func < (a: Rank, b: Rank) -> Bool { a.rawValue < b.rawValue }
    }

    package struct Fit: Hashable, Sendable {
        package var volume: Volume
        package var rank: Rank
        /// In the library or the drive: it needs no hand.
        package var isInReach: Bool
    }

    package struct Rejected: Hashable, Sendable {
        package var volume: Volume
        package var reason: String
    }

    /// In the order of preference, those in reach first.
    package private(set) var fits: [Fit] = []
    package private(set) var rejected: [Rejected] = []

    /// The one to load without asking anybody; nil: ask for one of `fits`, or for a blank tape.
    package var next: Fit? { fits.first.flatMap { $0.isInReach ? $0 : nil } }

    package init(_ wish: TapeWish, among candidates: [TapeCandidate]) {
        for candidate in candidates {
            switch TapeChoice.judge(candidate, wish) {
            case .success(let rank):
                fits.append(
                    Fit(volume: candidate.volume, rank: rank, isInReach: wish.reaches(candidate.volume.place)))
            case .failure(let unfit):
                rejected.append(Rejected(volume: candidate.volume, reason: unfit.reason))
            }
        }
        fits.sort { TapeChoice.order($0, wish) < TapeChoice.order($1, wish) }
        rejected.sort { ($0.volume.name, $0.volume.nonce) < ($1.volume.name, $1.volume.nonce) }
    }

    /// In reach before out of it, then by rank, what the drive holds already first, the longest unwritten, then by name.
    private static func order(_ fit: Fit, _ wish: TapeWish) -> (Int, Int, Int, Int64, String, String) {
        (
            fit.isInReach ? 0 : 1, fit.rank.rawValue, fit.volume.place == .drive(wish.drive) ? 0 : 1,
            fit.volume.lastWrittenAt?.milliseconds ?? .min, fit.volume.name,
            fit.volume.nonce
        )
    }
}

/// Why a volume cannot be the next.
private struct Unfit: Error { var reason: String }

extension TapeChoice {
    private static func judge(_ candidate: TapeCandidate, _ wish: TapeWish) -> Result<Rank, Unfit> {
        let volume = candidate.volume
        if let reason = unfitMedium(volume, wish) ?? unfitPlace(volume, wish) { return .failure(Unfit(reason: reason)) }
        switch volume.state {
        case .unlabelled: return .success(.blank)
        case .error:
            return .failure(Unfit(reason: "had a write error" + (volume.reason.isEmpty ? "" : ": " + volume.words)))
        case .retired: return .failure(Unfit(reason: "is retired"))
        case .cleaning: return .failure(Unfit(reason: "is a cleaning cartridge"))
        case .foreign: return .failure(Unfit(reason: "holds somebody else's data"))
        case .quarantined: return .failure(Unfit(reason: "is in quarantine: " + volume.words))
        case .empty, .appendable, .full: break
        }
        guard volume.pool == wish.pool.name else {
            return .failure(Unfit(reason: "is of pool " + printable(volume.pool.utf8)))
        }
        if volume.state == .empty { return .success(.empty) }
        if volume.state == .appendable, volume.free != 0 { return .success(.appendable) }
        let recycling = Recycling.judge(
            volume, candidate.contents, pool: wish.pool, clockIsDoubted: wish.clockIsDoubted)
        return recycling == .allowed ? .success(.recyclable) : .failure(Unfit(reason: "is full and " + recycling.words))
    }

    private static func unfitMedium(_ volume: Volume, _ wish: TapeWish) -> String? {
        if volume.isWorn { return "is worn" + (volume.reason.isEmpty ? "" : ": " + volume.words) }
        guard let generation = volume.generation ?? Barcode(volume.barcode).generation else { return nil }
        if let drive = wish.generation, drive.fit(generation) != .writes {
            return "is \(generation.rawValue), which an \(drive.rawValue) drive does not write"
        }
        return wish.pool.takes(generation)
            ? nil : "is \(generation.rawValue), which pool \(wish.pool.name) does not take"
    }

    private static func unfitPlace(_ volume: Volume, _ wish: TapeWish) -> String? {
        if wish.tried.contains(volume.nonce.isEmpty ? volume.barcode : volume.nonce) {
            return "was tried and did not do"
        }
        let barcode = Barcode(volume.barcode)
        if barcode.isCleaning { return "is a cleaning cartridge" }
        if !wish.ours.isEmpty, !barcode.text.isEmpty, !wish.ours.contains(where: { $0.contains(barcode) }) {
            return "has a barcode that is not among ours"
        }
        switch volume.place {
        case .drive(let name) where name != wish.drive: return "is in drive \(name)"
        case .slot(let library, _) where library != wish.library, .port(let library, _) where library != wish.library:
            return "is in library \(library), which this drive does not stand in"
        case .drive, .slot, .port, .shelf, .offsite: return nil
        }
    }
}

extension TapeWish {
    /// Import slots are a person's place: what lies there may be on its way out.
    fileprivate func reaches(_ place: VolumePlace) -> Bool {
        switch place {
        case .drive, .slot: true
        case .port, .shelf, .offsite: false
        }
    }
}

extension Volume {
    fileprivate var words: String { printable(reason.utf8) }
}

// MARK: - In words

extension TapeChoice {
    /// The choice, then each that fits, then each that does not, a line each.
    package var lines: [String] {
        let first =
            if let next { "next: " + next.words } else if fits.isEmpty {
                "next: none; ask for a blank tape, or for one of the pool"
            } else { "next: none in reach; ask for " + fits.prefix(3).map(\.volume.name).joined(separator: ", ") }
        return [first] + fits.dropFirst(next == nil ? 0 : 1).map { "then: " + $0.words }
            + rejected.map { "not \($0.volume.name): it \($0.reason)" }
    }
}

extension TapeChoice.Fit {
    /// `NX0007, appendable, 3.10 TiB free, last written 2026-10-04T14:02:51Z, slot 4 of shelf`
    package var words: String {
        var parts = [volume.name]
        switch rank {
        case .appendable: parts.append("appendable")
        case .empty: parts.append("empty")
        case .recyclable: parts.append("all on it has expired")
        case .blank: parts.append("blank, to be labelled")
        }
        if rank == .appendable, let free = volume.free { parts.append(Quantity.bytes(free) + " free") }
        if let at = volume.lastWrittenAt { parts.append("last written " + at.iso8601()) }
        parts.append(volume.place.description)
        return parts.joined(separator: ", ")
    }
}
