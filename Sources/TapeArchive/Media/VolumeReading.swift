import BackupModel

/// What the first tape file of a loaded cartridge says, found out by reading it.
package enum VolumeReading: Hashable, Sendable {
    /// Reading met the end of data at the very beginning: proved, not guessed from an error (F7).
    case blank
    /// `blocks`: of the label file, without its filemark.
    case holds(TapeContents, blocks: Int)
    /// Reading failed: never blank (F8).
    case unreadable(TapeFault)

    /// Winds to the beginning and reads the first file; stands behind its filemark afterwards where there is a label.
    /// Throws what keeps the drive from being asked at all.
    package static func read(_ drive: any TapeDrive) throws(TapeFault) -> VolumeReading {
        try drive.rewind()
        var bytes: [UInt8] = []
        var blocks = 0
        do throws(TapeFault) {
            var block = BlockBuffer()
            reading: while bytes.count <= SmallTar.largest {
                switch try block.read(drive) {
                case .block(let count):
                    bytes += block.bytes(count)
                    blocks += 1
                case .filemark: break reading
                case .endOfData, .tooLarge:
                    guard blocks > 0 else { return .blank }
                    break reading
                }
            }
        } catch {
            guard error.kind == .mediumError || error.kind == .hardware else { throw error }
            return .unreadable(error)
        }
        // A filemark first, or a stream without an end: somebody's.
        guard blocks > 0 else { return .holds(.unknown, blocks: 0) }
        return .holds(TapeContents.classify(bytes[...]), blocks: blocks)
    }
}

/// Memory for one block of unknown size, grown as far as 16 MiB when a block is larger (F20).
package struct BlockBuffer {
    private var storage: [UInt8]

    /// Largest block that is looked for.
    package static let largest = 16 << 20

    package init(size: Int = 1 << 20) { storage = [UInt8](repeating: 0, count: size) }

    /// The next block. One that is too large is read again with a larger buffer; `.tooLarge` is beyond 16 MiB.
    package mutating func read(_ drive: any TapeDrive) throws(TapeFault) -> BlockRead {
        while true {
            let answer = try once(drive)
            guard answer == .tooLarge, storage.count < Self.largest else { return answer }
            storage = [UInt8](repeating: 0, count: storage.count * 2)
            try drive.spaceBlocks(-1)
        }
    }

    package func bytes(_ count: Int) -> ArraySlice<UInt8> { storage[..<count] }

    private mutating func once(_ drive: any TapeDrive) throws(TapeFault) -> BlockRead {
        do {
            return try storage.withUnsafeMutableBytes { try drive.read(into: $0) }
        } catch let fault as TapeFault {
            throw fault
        } catch { throw TapeFault(.system, operation: "read", detail: "an unknown error") }
    }
}
