/// Tapes as a console sees them: the drives, what stands around them, and the volumes that matter now.
package struct TapeState: Hashable, Codable, Sendable {
    package var drives: [DriveState]
    package var libraries: [LibraryState]
    /// Those in drives and slots first, then the last written; at most `mostVolumes`. All by `Query.volumes`.
    package var volumes: [VolumeRow]
    package var tally: VolumeTally
    package var pools: [PoolRow]
    /// Bytes of memory that buffers could still take.
    package var memoryLeft: Int64
    /// Archives and verifications that no job of the settings stands for: in progress, and those that ended last.
    package var byHand: [JobRun]
    /// Tapes that the planned starts of the next 24 hours need and that are not there, a line each.
    package var needs: [String]

    package static let mostVolumes = 24

    package init() {
        drives = []
        libraries = []
        volumes = []
        tally = VolumeTally()
        pools = []
        memoryLeft = 0
        byHand = []
        needs = []
    }

    /// No drive is configured: there is no tape screen.
    package var isEmpty: Bool { drives.isEmpty }
}

/// One drive at this moment.
package struct DriveState: Hashable, Codable, Sendable {
    /// As the settings name it.
    package var name: String
    /// `/dev/nst0`; empty for a virtual drive.
    package var device: String
    package var library: String
    package var identity: DriveIdentity
    /// `LTO-9`, or empty where nobody knows.
    package var generation: String
    package var standing: DriveStanding
    /// Of the job or the order that has the drive, or empty.
    package var job: String
    /// The request that waits for this drive.
    package var request: Int?
    package var medium: LoadedMedium?
    package var stream: StreamState?
    package var health: DriveHealth
    /// What the flags that stand say, the worst first.
    package var alerts: [String]
    package var lastTrouble: DriveTrouble?
    /// Writing stops after the tape in hand.
    package var holdsAfterTape: Bool
    /// When the drive was last asked.
    package var checkedAt: WallTime

    package init(name: String, at: WallTime) {
        self.name = name
        device = ""
        library = ""
        identity = DriveIdentity(vendor: "", model: "", serial: "", firmware: "")
        generation = ""
        standing = .empty
        job = ""
        health = DriveHealth()
        alerts = []
        holdsAfterTape = false
        checkedAt = at
    }
}

/// What a drive is at.
package enum DriveStanding: Hashable, Codable, Sendable {
    case empty
    /// A tape lies in it, nobody uses it.
    case ready
    case loading
    /// The first load of a cartridge: up to two hours, no error.
    case initialising
    case winding
    case writing
    case reading
    /// The writer is parked with its buffer until a tape comes.
    case waiting
    case cleaning
    /// Another program has it.
    case held(by: String)
    case trouble(String)

    package var word: String {
        switch self {
        case .empty: "empty"
        case .ready: "ready"
        case .loading: "loading"
        case .initialising: "initialising"
        case .winding: "winding"
        case .writing: "writing"
        case .reading: "reading"
        case .waiting: "waiting"
        case .cleaning: "cleaning"
        case .held: "in use"
        case .trouble: "trouble"
        }
    }
}

/// The cartridge in a drive.
package struct LoadedMedium: Hashable, Codable, Sendable {
    /// As read from the tape, or empty.
    package var label: String
    package var barcode: String
    package var pool: String
    package var generation: String
    /// Bytes on the medium, and what it holds natively; nil where nobody knows.
    package var used: Int64
    package var capacity: Int64?
    package var isWriteProtected: Bool
    package var isWORM: Bool
    /// Proved by reading that nothing is on it: it may be labelled without typing what goes.
    package var isBlank: Bool
    /// Id of the key that its newest archive is encrypted with, or empty.
    package var key: String
    package var loads: Int64?
    /// What was found on it, in words, or empty while nobody looked.
    package var words: String

    package init(label: String = "", barcode: String = "", pool: String = "") {
        self.label = label
        self.barcode = barcode
        self.pool = pool
        generation = ""
        used = 0
        isWriteProtected = false
        isWORM = false
        isBlank = false
        key = ""
        words = ""
    }
}

/// An archive on its way through the buffer.
package struct StreamState: Hashable, Codable, Sendable {
    package var archive: String
    /// What is being written: `archive`, `index`; or read.
    package var phase: String
    package var part: Int
    package var since: WallTime
    /// Tape file and block that come next, and bytes of a block.
    package var file: Int
    package var block: Int64
    package var blockSize: Int
    package var policy: String
    /// Percent; nil where the policy has no marks.
    package var lowMark: Int?
    package var highMark: Int?
    /// Bytes.
    package var fill: Int64
    package var size: Int64
    package var received: Int64
    package var written: Int64
    /// Of the source, as far as it is known: bytes in all.
    package var expected: Int64?
    /// Bytes a second.
    package var sourceRate: Double
    package var driveRate: Double
    package var isHolding: Bool
    package var counts: FlowCounts
    package var limits: FlowLimits
    /// Fill in tenths, one digit for every ten seconds of the last 30 minutes, oldest first, `9` is full.
    package var history: String
    /// Bytes on the medium by bytes sent, or nil while nobody knows.
    package var compression: Double?
    /// Seconds until the tape is full, and until the job ends, at the present rate.
    package var fullIn: Double?
    package var endsIn: Double?

    package init(archive: String, since: WallTime, blockSize: Int) {
        self.archive = archive
        self.since = since
        self.blockSize = blockSize
        phase = ""
        part = 1
        file = 0
        block = 0
        policy = ""
        fill = 0
        size = 0
        received = 0
        written = 0
        sourceRate = 0
        driveRate = 0
        isHolding = false
        counts = FlowCounts()
        limits = FlowLimits()
        history = ""
    }

    /// Whether the job fits on the tape, with seconds to spare or short; nil where one of the two is not known.
    package var margin: Double? {
        guard let fullIn, let endsIn else { return nil }
        return fullIn - endsIn
    }
}

/// The last thing that went wrong with a drive.
package struct DriveTrouble: Hashable, Codable, Sendable {
    package var at: WallTime
    /// In words, sense data decoded.
    package var words: String
    package var wasRecovered: Bool

    package init(at: WallTime, words: String, wasRecovered: Bool) {
        self.at = at
        self.words = words
        self.wasRecovered = wasRecovered
    }
}

/// A robot, or the folders that stand for one, and what lies in it.
package struct LibraryState: Hashable, Codable, Sendable {
    package var name: String
    package var identity: DriveIdentity
    package var slots: [SlotState]
    package var lookedAt: WallTime?
    /// Why it cannot be used at the moment, or empty.
    package var trouble: String

    package init(name: String) {
        self.name = name
        identity = DriveIdentity(vendor: "", model: "", serial: "", firmware: "")
        slots = []
        trouble = ""
    }
}

/// A slot, or an import and export slot.
package struct SlotState: Hashable, Codable, Sendable {
    package var number: Int
    package var isPort: Bool
    package var isFull: Bool
    package var barcode: String
    /// The label the catalog knows for what lies there, or empty.
    package var label: String
    /// `scratch`, `full`, `cleaning`, `not ours`; empty for an empty slot.
    package var state: String
    package var note: String

    package init(number: Int, isPort: Bool = false) {
        self.number = number
        self.isPort = isPort
        isFull = false
        barcode = ""
        label = ""
        state = ""
        note = ""
    }
}

/// A volume as a table shows it.
package struct VolumeRow: Hashable, Codable, Sendable {
    /// The catalog's number: where a page goes on.
    package var id: Int64
    package var volume: Volume
    package var archives: Int
    /// When the last of it may go; nil: never, or nothing on it.
    package var keptUntil: WallTime?
    package var isKeptForEver: Bool
    /// When all on it was last read back and found right.
    package var verifiedAt: WallTime?

    package init(id: Int64, volume: Volume) {
        self.id = id
        self.volume = volume
        archives = 0
        isKeptForEver = false
    }
}

/// Volumes by what can be done with them.
package struct VolumeTally: Hashable, Codable, Sendable {
    package var scratch = 0
    package var appendable = 0
    package var full = 0
    package var suspect = 0
    package var retired = 0

    package init() {}

    package var all: Int { scratch + appendable + full + suspect + retired }
}

/// A pool with what it has.
package struct PoolRow: Hashable, Codable, Sendable {
    package var name: String
    package var retention: String
    package var volumes: Int
    /// The volume to write next, or what to ask for, in words.
    package var next: String

    package init(name: String, retention: String) {
        self.name = name
        self.retention = retention
        volumes = 0
        next = ""
    }
}
