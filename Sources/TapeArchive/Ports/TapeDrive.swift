package import BackupModel

/// One tape drive, real or virtual. Every call blocks and belongs on the drive's own thread; one caller at a time.
///
/// The behaviour is that of Linux `st` with variable blocks, as measured on the real driver; `DriveContract` in the
/// tests holds every adapter to it.
package protocol TapeDrive: AnyObject, Sendable {
    /// Vendor, model, serial, firmware; constant while open.
    var identity: DriveIdentity { get }

    /// What the drive says now; does not move the tape.
    func status() throws(TapeFault) -> DriveStatus
    /// Where the tape stands, from the drive itself. Throws `.positionLost` when the drive does not know.
    func position() throws(TapeFault) -> TapePosition

    /// Makes a medium that was put in ready; may take up to two hours for the first load of an LTO-9 cartridge.
    func load() throws(TapeFault)
    func rewind() throws(TapeFault)
    /// Rewinds, unlocks and gives the cartridge back.
    func eject() throws(TapeFault)
    /// To the block with that logical number, as `position` tells it.
    func locate(_ block: Int64) throws(TapeFault)
    /// Forward over that many filemarks, to behind the last (`fsf`); negative: back, to before it (`bsf`).
    func spaceFilemarks(_ count: Int) throws(TapeFault)
    /// Forward or back over that many blocks within one tape file; a filemark on the way is `.filemark`, passed.
    func spaceBlocks(_ count: Int) throws(TapeFault)
    func toEndOfData() throws(TapeFault)

    /// One block, whole or not at all. Succeeds while it crosses early warning; the next is `.earlyWarning`.
    func write(_ block: UnsafeRawBufferPointer) throws(TapeFault) -> BlockWritten
    /// Behind early warning too. Not immediate: returns when everything before it is on the medium (F4).
    func writeFilemarks(_ count: Int, immediate: Bool) throws(TapeFault)
    /// One block into the buffer. A block larger than the buffer is `.tooLarge`, and passed (F20).
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(TapeFault) -> BlockRead

    /// From here to the end of the medium. Short: writes an end of data only.
    func erase(long: Bool) throws(TapeFault)
    /// Winds to the end and back, for tapes stored long.
    func retension() throws(TapeFault)
    /// Holds the cartridge while it is in use (F32).
    func lockDoor(_ isLocked: Bool) throws(TapeFault)
    /// Sets block mode, compression and encryption, and reads them back; throws `.optionRefused` if they differ (F21).
    func configure(_ options: DriveOptions) throws(TapeFault)

    /// Counters and alerts from the log pages, alerts not cleared.
    func health() throws(TapeFault) -> DriveHealth
    /// What the cartridge's own memory and the drive say of the medium.
    func medium() throws(TapeFault) -> MediumFacts
    /// Closes the device; the tape stays where it is.
    func close()
}

/// How a write ended.
package enum BlockWritten: Hashable, Sendable {
    case written
    /// Nothing was written: the end is near (`ENOSPC` of the driver, once). What is written now, the trailer and
    /// filemarks, goes through until the physical end (F1, F2).
    case earlyWarning
}

/// How a read ended.
package enum BlockRead: Hashable, Sendable {
    case block(bytes: Int)
    /// The tape stands behind it.
    case filemark
    case endOfData
    /// The block is passed and lost to this read; read it again with a larger buffer.
    case tooLarge
}

/// Where a tape stands, by the drive.
package struct TapePosition: Hashable, Codable, Sendable {
    /// The tape file: filemarks before here. Nil where the driver lost count (after a locate).
    package var file: Int?
    /// The logical block number, filemarks counted as blocks, as READ POSITION has it.
    package var block: Int64
    package var isBeginning: Bool
    /// Early warning is behind.
    package var isNearEnd: Bool

    package init(file: Int?, block: Int64, isBeginning: Bool = false, isNearEnd: Bool = false) {
        self.file = file
        self.block = block
        self.isBeginning = isBeginning
        self.isNearEnd = isNearEnd
    }
}

/// What is set at each open, and read back.
package struct DriveOptions: Hashable, Sendable {
    /// The drive's own compression.
    package var compression: Bool
    /// Our own encryption happens in the host; a drive that encrypts by itself would surprise the reader.
    package var expectsNoEncryption: Bool

    package init(compression: Bool = false, expectsNoEncryption: Bool = true) {
        self.compression = compression
        self.expectsNoEncryption = expectsNoEncryption
    }
}
