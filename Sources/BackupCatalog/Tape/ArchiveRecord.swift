package import BackupModel

/// One archive on tape: what a run wrote, on one volume or over several.
package struct ArchiveRecord: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable {
        /// Begun. After a crash it stays so until the tape was read (F23).
        case writing
        /// Its last synchronous filemark is behind it, and all of its entries are here.
        case complete
        /// Given up; nothing of it counts.
        case void
        /// The catalog had it and the tape has it not (F24).
        case lost
        /// A volume of it was labelled anew (F12).
        case gone
    }

    /// The catalog's own number; 0 before it is there.
    package var id: Int64
    /// 32 hex digits, as in its heads on tape.
    package var archive: String
    package var set: String
    package var job: String
    package var run: RunID?
    package var pool: String
    /// The archive this incremental needs first; nil for a whole one.
    package var base: Int64?
    package var state: State
    /// Why it is void or lost, or empty.
    package var reason: String
    package var strategy: TapeStrategy
    package var startedAt: WallTime
    package var finishedAt: WallTime?
    /// Nil: never.
    package var expiresAt: WallTime?
    /// When all of it was last read back and found right.
    package var verifiedAt: WallTime?
    package var blockSize: Int
    package var compression: Pool.Packing
    /// The key's id, or empty.
    package var key: String
    /// Of the archive's stream before compression.
    package var streamBytes: Int64
    package var entries: Int64
    package var deletions: Int64
    package var driveSerial: String
    package var driveFirmware: String
    /// Found on the tape and taken over (F23).
    package var isAdopted: Bool

    package init(archive: String, set: String = "", job: String, pool: String, startedAt: WallTime, blockSize: Int) {
        self.archive = archive
        self.set = set.isEmpty ? archive : set
        self.job = job
        self.pool = pool
        self.startedAt = startedAt
        self.blockSize = blockSize
        id = 0
        state = .writing
        reason = ""
        strategy = .direct
        compression = .none
        key = ""
        streamBytes = 0
        entries = 0
        deletions = 0
        driveSerial = ""
        driveFirmware = ""
        isAdopted = false
    }
}

/// A part of an archive, or of its index, as one tape file of a volume.
package struct PartRecord: Hashable, Sendable {
    package enum State: String, Hashable, Sendable, CaseIterable { case writing, complete, void, lost, gone }

    /// Of the archive, or of its index, from 1.
    package var part: Int
    /// Of the index behind the archive: it holds no bytes of the archive's stream.
    package var isIndex: Bool
    package var volume: Int64
    package var state: State
    /// The tape file with its bytes; of a raw part the one behind its text.
    package var tapeFile: Int
    /// Of the volume, as the drive counts, or nil.
    package var firstBlock: Int64?
    package var blocks: Int64
    package var headBytes: Int64
    /// Of the archive's stream: where the part begins, and how much of it.
    package var offset: Int64
    package var length: Int64
    package var writtenAt: WallTime

    package init(
        part: Int, volume: Int64, state: State = .writing, tapeFile: Int, offset: Int64, writtenAt: WallTime
    ) {
        self.part = part
        isIndex = false
        self.volume = volume
        self.state = state
        self.tapeFile = tapeFile
        self.offset = offset
        self.writtenAt = writtenAt
        blocks = 0
        headBytes = 0
        length = 0
    }
}

/// What a volume is after a synchronous filemark.
package struct VolumeProgress: Hashable, Sendable {
    package var volume: Int64
    package var at: WallTime
    /// Tape files on it now, and the block behind the last filemark.
    package var tapeFiles: Int
    package var endBlock: Int64?
    /// Bytes on the medium in all.
    package var used: Int64
    package var state: Volume.State
    package var reason = ""
    package var drive: DriveIdentity

    package init(
        volume: Int64, at: WallTime, tapeFiles: Int, endBlock: Int64?, used: Int64, state: Volume.State = .appendable,
        drive: DriveIdentity
    ) {
        self.volume = volume
        self.at = at
        self.tapeFiles = tapeFiles
        self.endBlock = endBlock
        self.used = used
        self.state = state
        self.drive = drive
    }
}

/// Where an archive's frames begin, before and after compression.
package struct FrameRecord: Hashable, Sendable {
    package var plain: Int64
    package var packed: Int64

    package init(plain: Int64, packed: Int64) {
        self.plain = plain
        self.packed = packed
    }
}

/// A volume and its number in the catalog, which stays when it is labelled anew.
package struct KnownVolume: Hashable, Sendable {
    package var id: Int64
    package var volume: Volume

    package init(id: Int64, volume: Volume) {
        self.id = id
        self.volume = volume
    }
}
