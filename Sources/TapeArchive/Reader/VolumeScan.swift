/// One tape file as a scan finds it, without any catalog (F19, F23).
package struct ScannedFile: Hashable, Sendable {
    /// Its number, by the filemarks before it.
    package var file: Int
    package var firstBlock: Int64
    package var blocks: Int64
    package var bytes: Int64 = 0
    /// Of its head; of a raw part those of the text before it. Nil for what is not ours.
    package var facts: PartFacts?
    package var headBytes: Int
    /// A filemark ends it; what has none was cut off.
    package var isEnded: Bool

    /// The text before a raw part.
    package var isFront: Bool { headBytes > 0 && announcesRaw }
    /// A raw part: its facts are those of the text before it.
    package var isRaw: Bool { headBytes == 0 && announcesRaw }
    /// Filemarks were lost or added before here: its head says another number (F19).
    package var isOutOfStep: Bool { facts.map { $0.sequence != (isRaw ? file - 1 : file) } ?? false }

    private var announcesRaw: Bool {
        guard let facts, facts.kind == .archive || facts.kind == .index else { return false }
        return !facts.compression.isPlain || !facts.key.isEmpty
    }
}

extension TapeReader {
    /// All tape files of what is in the drive, each block read. Stops at the end of data.
    package func scan(_ drive: any TapeDrive) throws -> [ScannedFile] { try Self.scan(drive, from: nil) }

    /// Those from a proved end on. On the caller's thread, which it blocks.
    static func scan(_ drive: any TapeDrive, from end: TapeEnd?) throws -> [ScannedFile] {
        if let end { try drive.locate(end.block) } else { try drive.rewind() }
        var found: [ScannedFile] = []
        var buffer = BlockBuffer()
        while true {
            let first = try drive.position().block
            var file = ScannedFile(
                file: (end?.files ?? 0) + found.count, firstBlock: first, blocks: 0, facts: nil, headBytes: 0,
                isEnded: false)
            var front: [UInt8] = []
            var isLooking = true
            reading: while true {
                switch try buffer.read(drive) {
                case .block(let count):
                    file.blocks += 1
                    file.bytes += Int64(count)
                    guard isLooking else { continue }
                    front += buffer.bytes(count)
                    switch FoundHead.read(front[...]) {
                    case .more: isLooking = front.count <= FoundHead.largest
                    case .none: isLooking = false
                    case .head(let head): (file.facts, file.headBytes, isLooking) = (head.facts, head.length, false)
                    }
                case .tooLarge: file.blocks += 1
                case .filemark:
                    file.isEnded = true
                    break reading
                case .endOfData: break reading
                }
            }
            if file.facts == nil, let before = found.last, before.isFront { file.facts = before.facts }
            if file.isEnded || file.blocks > 0 { found.append(file) }
            if !file.isEnded { return found }
        }
    }
}
