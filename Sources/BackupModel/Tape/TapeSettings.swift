/// How an archive gets from its sources to the tape.
package enum TapeStrategy: String, Hashable, Codable, CaseIterable, Sendable {
    /// From the tree through the buffer to the tape.
    case direct
    /// In parts of bounded size over a spool folder, so that a slow source is read at its own pace.
    case staged
    /// One file or device that is there already.
    case image
}

/// One `[library.NAME]`: what of a robot, real or of folders, is ours.
package struct LibrarySettings: Hashable, Codable, Sendable {
    package enum Kind: String, Hashable, Codable, CaseIterable, Sendable { case virtual, scsi }

    /// How much of a real drive's time a virtual one takes.
    package enum Pace: String, Hashable, Codable, CaseIterable, Sendable { case real, x10, off }

    package var name: String
    package var kind: Kind
    /// The folder of a virtual library; empty for others.
    package var path: String
    /// The robot's own device, `/dev/sg10`; empty for others.
    package var changer: String
    /// Names of its drives, in the robot's order.
    package var drives: [String]
    /// Slots that are ours, counted from 1; nil: all, of a virtual one the first eight.
    package var slots: SlotRange?
    /// Empty: all.
    package var barcodes: [BarcodeRange]
    package var pace: Pace

    package init(name: String, kind: Kind) {
        self.name = name
        self.kind = kind
        path = ""
        changer = ""
        drives = []
        barcodes = []
        pace = .real
    }
}

/// Slots by their numbers, `1..24`.
package struct SlotRange: Hashable, Codable, Sendable {
    package static let most = 10_000

    package var first: Int
    package var last: Int

    /// Reads `FIRST..LAST`, or one number; nil for anything else.
    package init?(_ text: String) {
        let halves = text.split(separator: ".", omittingEmptySubsequences: false)
        guard halves.count == 1 || halves.count == 3 && halves[1].isEmpty,
            let first = halves.first.flatMap(SlotRange.number), let last = halves.last.flatMap(SlotRange.number),
            first <= last
        else { return nil }
        self.first = first
        self.last = last
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.count <= 5, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int(text).flatMap { (1...most).contains($0) ? $0 : nil }
    }

    package var text: String { first == last ? "\(first)" : "\(first)..\(last)" }

    package func contains(_ number: Int) -> Bool { (first...last).contains(number) }
}

/// One `[drive.NAME]`.
package struct DriveSettings: Hashable, Codable, Sendable {
    package var name: String
    /// `/dev/nst0`; empty for a drive of a virtual library.
    package var device: String
    /// Bytes.
    package var blockSize: Int64
    package var buffer: BufferSize
    /// The operator takes more memory by name.
    package var isBufferOverridden: Bool
    /// Nil: `paced` where the drive's range of speeds is known, else `adaptive`.
    package var policy: FlowRule?
    /// Nil: as the drive names itself.
    package var generation: TapeGeneration?

    package init(name: String) {
        self.name = name
        device = ""
        blockSize = 1 << 20
        buffer = .standard
        isBufferOverridden = false
    }
}

/// The keys of a `[job.NAME]` that are for tape alone.
package struct TapeJobSettings: Hashable, Codable, Sendable {
    package var sources: [String]
    package var pool: String
    package var strategy: TapeStrategy
    /// Patterns over paths; empty: all.
    package var include: [String]
    package var exclude: [String]
    package var oneFileSystem: Bool
    /// Only what changed since the job's newest complete archive; a whole one where there is none.
    package var isIncremental: Bool
    /// The folder for the parts of a `staged` archive; nil: `spool/` in the state folder.
    package var spool: String?
    /// Instead of the pool's.
    package var encryption: SecretReference?

    package init() {
        sources = []
        pool = ""
        strategy = .direct
        include = []
        exclude = []
        oneFileSystem = false
        isIncremental = false
    }
}
