import BackupModel
import WorkerKit

/// Where a volume's data ends: as the catalog remembers it, or as the drive says.
package struct TapeEnd: Hashable, Codable, Sendable {
    /// Tape files, the label among them: the number of the next one.
    package var files: Int
    /// Logical number of the next block, filemarks counted.
    package var block: Int64

    package init(files: Int, block: Int64) {
        self.files = files
        self.block = block
    }
}

/// Why not a byte is written to what lies in the drive. In words by `message`.
package enum MountRefusal: Error, Hashable, Sendable {
    case noMedium
    /// By the drive's status, before the first write (F10).
    case writeProtected
    case blank
    /// What is there is not a label of ours (F8, F9).
    case contents(TapeContents)
    case unreadable(String)
    /// Another cartridge than the one asked for, by its nonce (F6, F13, F29).
    case wrongVolume(wanted: String, found: VolumeLabel)
    /// Drive and catalog do not agree where the data ends (F16, F23, F24).
    case otherEnd(catalog: TapeEnd, drive: TapePosition)
    /// Written with another block size than the one asked for.
    case blockSize(wanted: Int, found: Int)
    case notBlank(VolumeReading)
    /// The label was written and is read back as something else.
    case labelNotThere

    package var message: String {
        switch self {
        case .noMedium: "no tape is ready in the drive: put one in"
        case .writeProtected: "the tape is write-protected: nothing was written; move its tab or take another"
        case .blank: "the tape is blank: label it first"
        case .contents(.halfLabel):
            "the tape begins with a broken label of ours: nothing was written; erase it by its barcode if it is not needed"
        case .contents(.foreign(let name)):
            "the tape holds \(name), which is not ours: nothing was written; erase it by its barcode if it is not needed"
        case .contents(.newerLabel(let format)):
            "the tape's label has format \(format), made by a newer program: nothing was written"
        case .contents: "the tape holds data of no known format: nothing was written"
        case .unreadable(let words): "the tape's beginning cannot be read (\(words)): nothing was written"
        case .wrongVolume(let wanted, let found):
            "the tape in the drive is \(found.label) (\(found.nonce)), wanted is \(wanted): nothing was written"
        case .otherEnd(let catalog, let drive):
            "the data ends at block \(drive.block), the catalog says \(catalog.block): nothing was written; scan the tape"
        case .blockSize(let wanted, let found):
            "the tape has blocks of \(found) bytes, wanted are \(wanted): nothing was written"
        case .notBlank: "the tape is not blank: nothing was written"
        case .labelNotThere: "the label just written is not what is read back: take the tape out of use"
        }
    }
}

/// What is done with a cartridge before it is written to. Blocks: belongs on the drive's thread.
package enum VolumeMount {
    /// Writes a label to a proved blank and reads it back (F7, F8, F10). Throws `MountRefusal`, `TapeFault`, and what
    /// the format throws.
    ///
    /// `overwriting`: an answer of `VolumeReading.read` that somebody decided may go; what is read must be the same.
    package static func label(
        _ drive: any TapeDrive, _ label: VolumeLabel, device: String, overwriting: VolumeReading = .blank
    ) throws -> TapeEnd {
        try prepare(drive)
        let found = try VolumeReading.read(drive)
        guard found == overwriting else { throw MountRefusal.notBlank(found) }
        let file = try label.file(device: device)
        try drive.rewind()
        Failpoint.hit("T1")
        var count = 0
        for start in stride(from: 0, to: file.count, by: label.blockSize) {
            let block = file[start..<min(start + label.blockSize, file.count)]
            guard try block.withUnsafeBytes({ try drive.write($0) }) == .written else {
                throw TapeFault(.endOfMedium, operation: "write", detail: "early warning within the label")
            }
            count += 1
            Failpoint.hit("T2")
        }
        try drive.writeFilemarks(1, immediate: false)
        Failpoint.hit("T3")
        guard case .holds(.ours(label), count) = try VolumeReading.read(drive) else { throw MountRefusal.labelNotThere }
        return TapeEnd(files: 1, block: Int64(count) + 1)
    }

    /// The label of what is loaded; the tape stands behind it.
    package static func identify(_ drive: any TapeDrive) throws -> VolumeLabel {
        switch try VolumeReading.read(drive) {
        case .blank: throw MountRefusal.blank
        case .holds(.ours(let label), _): return label
        case .holds(let contents, _): throw MountRefusal.contents(contents)
        case .unreadable(let fault): throw MountRefusal.unreadable(fault.detail)
        }
    }

    /// Winds to the end of data of the volume with that nonce, if label and position are what the catalog says; stands
    /// there afterwards, the door locked. Throws `MountRefusal` and `TapeFault`; nothing was written then.
    package static func forAppend(
        _ drive: any TapeDrive, nonce: String, name: String, end: TapeEnd, blockSize: Int
    ) throws -> VolumeLabel {
        try prepare(drive)
        let label = try identify(drive)
        guard label.nonce == nonce else { throw MountRefusal.wrongVolume(wanted: "\(name) (\(nonce))", found: label) }
        guard label.blockSize == blockSize else {
            throw MountRefusal.blockSize(wanted: blockSize, found: label.blockSize)
        }
        try drive.toEndOfData()
        let position = try drive.position()
        guard position.block == end.block, position.file.map({ $0 == end.files }) ?? true else {
            throw MountRefusal.otherEnd(catalog: end, drive: position)
        }
        try drive.lockDoor(true)
        return label
    }

    private static func prepare(_ drive: any TapeDrive) throws {
        let status = try drive.status()
        guard status.hasMedium, status.isReady else { throw MountRefusal.noMedium }
        guard !status.isWriteProtected else { throw MountRefusal.writeProtected }
        try drive.configure(DriveOptions())
    }
}
