package import BackupModel

/// Gives what goes into an archive, on a thread that may block. Made anew when an archive must be begun anew.
package protocol EntrySource: AnyObject {
    /// Nil after the last one.
    func next() throws -> SourcedItem?
}

/// What a source gives, in order.
package enum SourcedItem {
    /// A member; `data` follows for what the entry declares, then `end`.
    /// `identity`: what the index keeps for the next incremental.
    case entry(ArchiveEntry, identity: FileIdentity? = nil)
    /// Valid until the next call.
    case data(UnsafeRawBufferPointer)
    /// `hash`: BLAKE3 of the data as stored, in hex, or empty. `grew`: there was more than declared.
    case end(hash: String, grew: Bool)
    /// A name that the base has and this archive has not.
    case deleted([UInt8])
}

/// Finds the next tape. While `next` runs the drive belongs to the supply.
package protocol VolumeSupply: Sendable {
    /// A cartridge in a drive, or nil: cancelled. The writer believes nothing of it: label and position are read.
    /// Called again, with the reason, for what was refused.
    func next(_ need: VolumeNeed) async throws -> VolumeOffer?
}

/// What is wanted, and why.
package struct VolumeNeed: Hashable, Sendable {
    package enum Reason: Hashable, Sendable {
        case begins
        /// That volume is full, by its label.
        case full(String)
        /// That volume must not be written to any more.
        case failed(String, words: String)
        /// What was offered is not what it should be; nothing was written to it (F6).
        case refused(MountRefusal)
        case fault(TapeFault)
    }

    package var reason: Reason
    package var archive: String
    /// The part that comes next, from 1.
    package var part: Int

    package init(_ reason: Reason, archive: String, part: Int) {
        self.reason = reason
        self.archive = archive
        self.part = part
    }
}

/// A volume as the catalog knows it, loaded in a drive.
package struct VolumeOffer: Sendable {
    package var drive: any TapeDrive
    package var label: String
    package var nonce: String
    package var end: TapeEnd
    /// What lies on it already, for its end mark.
    package var holdings: [VolumeEnd.Holding]
    /// Opens the device again after it was gone; nil where that cannot be (F14). Blocks.
    package var reopen: (@Sendable () throws -> any TapeDrive)?

    package init(
        drive: any TapeDrive, label: String, nonce: String, end: TapeEnd, holdings: [VolumeEnd.Holding] = [],
        reopen: (@Sendable () throws -> any TapeDrive)? = nil
    ) {
        self.drive = drive
        self.label = label
        self.nonce = nonce
        self.end = end
        self.holdings = holdings
        self.reopen = reopen
    }
}

/// Remembers what was written. Each call is over only when it is safe; one that throws ends the archive.
package protocol ArchiveJournal: Sendable {
    func begun(_ plan: ArchivePlan) async throws
    /// Who gets the rows of its index as they come; nil: nobody does.
    func taker(of plan: ArchivePlan) async throws -> (any RowTaker)?
    /// Before the first block of a part: after a crash this tells where a torn tape file may be (F23).
    func begins(_ part: BegunPart) async throws
    /// A tape file, behind a synchronous filemark; `end`: of its volume now.
    func wrote(_ file: WrittenFile) async throws
    /// Nothing more is to be written to that volume.
    func ended(volume nonce: String, as state: VolumeFate) async throws
    /// The archive is whole on tape, with its index, all of it behind a synchronous filemark.
    func complete(_ archive: WrittenArchive) async throws
    /// The archive is none: what lies on the tapes of it counts for nothing.
    func void(archive: String, words: String) async throws
}

/// For who keeps no catalog.
extension ArchiveJournal {
    package func taker(of plan: ArchivePlan) async throws -> (any RowTaker)? { nil }
    package func begins(_ part: BegunPart) async throws {}
}

/// How a volume is left.
package enum VolumeFate: Hashable, Sendable {
    case full
    /// A hard error: readable still, never appended to (F3).
    case error(String)
    /// Where it ends is not known: to be scanned before it is written to.
    case unproved(String)
}

/// Gets each row of an index as it comes, on the source's thread.
package protocol RowTaker: AnyObject, Sendable {
    func take(_ row: IndexRow) throws
    /// There are no more.
    func end() throws
}

/// A part that comes next on the mounted volume.
package struct BegunPart: Hashable, Sendable {
    package var kind: PartFacts.Kind
    package var archive: String
    /// Without blocks and length.
    package var part: StoredPart
    package var drive: DriveIdentity
    package var health: DriveHealth
}

/// One tape file as it was written.
package struct WrittenFile: Hashable, Sendable {
    package var kind: PartFacts.Kind
    package var archive: String
    package var part: StoredPart
    /// False for a part that was cut short by a cancel: nothing in it counts.
    package var isSound: Bool
    package var end: TapeEnd
    package var drive: DriveIdentity
    /// As the drive said behind its filemark.
    package var health: DriveHealth
}

/// Who an archive is.
package struct ArchivePlan: Hashable, Sendable {
    package var set: String
    package var archive: String
    package var job: String
    package var pool: String
    package var blockSize: Int
    /// The non-rewinding device, for the texts on the tape.
    package var device: String
    /// The archive that an incremental needs, or empty.
    package var base: String
    package var compression: Compression
    /// Encrypts archive and index; nil for none.
    package var key: ArchiveKey?

    package init(
        set: String, archive: String, job: String = "", pool: String = "", blockSize: Int,
        device: String = "/dev/nst0", base: String = "", compression: Compression = .none, key: ArchiveKey? = nil
    ) {
        self.set = set
        self.archive = archive
        self.job = job
        self.pool = pool
        self.blockSize = blockSize
        self.device = device
        self.base = base
        self.compression = compression
        self.key = key
    }
}

/// An archive that is there.
package struct WrittenArchive: Hashable, Sendable {
    package var facts: IndexFacts
    package var indexParts: [StoredPart]
    package var listing: ArchiveListing
    /// The drive wants cleaning: before the next archive (F5).
    package var wantsCleaning: Bool
    package var health: DriveHealth
}

/// How an archive ended.
package enum ArchiveOutcome: Hashable, Sendable {
    case complete(WrittenArchive)
    case void(ArchiveVoid)
}

/// Why an archive is none.
package struct ArchiveVoid: Error, Hashable, Sendable {
    package var words: String
    /// Another try from the source's beginning makes sense: a tape failed, and what is to be written again is no
    /// longer in the buffer (F3).
    package var canBeginAnew: Bool
}
