import BackupModel

/// The volume that is being written, and where on it the next tape file begins. The drive's thread only.
struct MountedVolume {
    var drive: any TapeDrive
    let label: VolumeLabel
    var end: TapeEnd
    var holdings: [VolumeEnd.Holding]
    let reopen: (@Sendable () throws -> any TapeDrive)?
    /// Writes that began again behind a lost drive.
    var recoveries = 0

    /// Throws when the tape is not where the next block belongs: somebody moved it (F16).
    func requirePosition(_ block: Int64) throws {
        let position = try drive.position()
        guard position.block == block else {
            throw TapeFault(
                .positionLost, operation: "position",
                detail: "the tape stands at block \(position.block), not at \(block): another program moved it")
        }
    }

    /// Ends a tape file of so many blocks; everything up to here is on the medium then (F4). Throws a medium error when
    /// the drive counts other blocks than were sent (F31).
    mutating func endFile(blocks: Int64) throws {
        try drive.writeFilemarks(1, immediate: false)
        let position = try drive.position()
        guard position.block == end.block + blocks + 1 else {
            throw TapeFault(
                .mediumError, operation: "write filemark",
                detail:
                    "the tape stands at block \(position.block), not at \(end.block + blocks + 1): blocks are missing")
        }
        end = TapeEnd(files: end.files + 1, block: end.block + blocks + 1)
    }

    /// Writes a small tape file, behind a synchronous filemark. Refused at early warning: what of it is on the tape then
    /// is ended too, and is no file of ours.
    mutating func writeFile(_ bytes: [UInt8], blockSize: Int) throws -> BlockWritten {
        var blocks: Int64 = 0
        for start in stride(from: 0, to: bytes.count, by: blockSize) {
            let block = bytes[start..<min(start + blockSize, bytes.count)]
            guard try block.withUnsafeBytes({ try drive.write($0) }) == .written else {
                if blocks > 0 { try endFile(blocks: blocks) }
                return .earlyWarning
            }
            blocks += 1
        }
        try endFile(blocks: blocks)
        return .written
    }

    /// Reads the block before the filemark again: a drive may say more than is there (F31). Stands at the end of data
    /// afterwards.
    func holdsLast(_ block: [UInt8]) throws -> Bool {
        try drive.locate(end.block - 2)
        var buffer = BlockBuffer(size: max(block.count, 4096))
        guard case .block(let count) = try buffer.read(drive), buffer.bytes(count).elementsEqual(block) else {
            return false
        }
        guard try buffer.read(drive) == .filemark else { return false }
        try requirePosition(end.block)
        return true
    }

    /// Writes the end mark; a volume is valid without it, so the physical end is no error here (F1, F2).
    mutating func writeTrailer(_ trailer: VolumeEnd, _ facts: PartFacts, device: String) {
        guard let file = try? trailer.file(facts, device: device) else { return }
        for start in stride(from: 0, to: file.count, by: facts.blockSize) {
            let block = file[start..<min(start + facts.blockSize, file.count)]
            // Every other write behind early warning is answered by another warning.
            for _ in 0..<2 {
                guard let answer = try? block.withUnsafeBytes({ try drive.write($0) }) else { return }
                if answer == .written { break }
            }
        }
        try? drive.writeFilemarks(1, immediate: false)
    }

    /// The drive was gone: opens it again and stands behind the last block that was written, if that is where the data
    /// ends and the block is what was sent; false otherwise (F14, F32).
    mutating func recover(blocks: Int64, last: [UInt8]) throws -> Recovery {
        guard let reopen, recoveries < MountedVolume.mostRecoveries else { return .hopeless }
        recoveries += 1
        drive.close()
        drive = try reopen()
        let status = try drive.status()
        if !status.isReady { try drive.load() }
        let found = try VolumeMount.identify(drive)
        guard found.nonce == label.nonce else {
            throw MountRefusal.wrongVolume(wanted: "\(label.label) (\(label.nonce))", found: found)
        }
        try drive.configure(DriveOptions())
        try drive.lockDoor(true)
        try drive.toEndOfData()
        let atEnd = try drive.position().block
        if blocks > 0, atEnd == end.block + blocks {
            try drive.locate(atEnd - 1)
            var buffer = BlockBuffer(size: max(last.count, 4096))
            if case .block(let count) = try buffer.read(drive), buffer.bytes(count).elementsEqual(last) {
                try requirePosition(atEnd)
                return .goesOn
            }
        }
        guard atEnd >= end.block else { return .hopeless }
        // What stands before the part is a filemark that was synchronous: the place is proved by it.
        try drive.locate(end.block - 1)
        var buffer = BlockBuffer()
        guard try buffer.read(drive) == .filemark else { return .hopeless }
        try requirePosition(end.block)
        return .fromPartStart
    }

    enum Recovery { case goesOn, fromPartStart, hopeless }

    private static let mostRecoveries = 3
}
