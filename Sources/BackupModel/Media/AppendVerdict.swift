/// What a tape shows at its end, beside what the catalog says of it. Nothing is written before they agree.
package struct AppendSight: Hashable, Sendable {
    /// In the label that was just read.
    package var nonce: String
    /// Filemarks before the end of data and the block there, by the drive; nil where it has lost count (F14).
    package var endFile: Int?
    package var endBlock: Int64
    /// The number that the last tape file's head gives itself; nil where it could not be read or is a raw part.
    package var lastSequence: Int?

    package init(nonce: String, endFile: Int?, endBlock: Int64, lastSequence: Int?) {
        self.nonce = nonce
        self.endFile = endFile
        self.endBlock = endBlock
        self.lastSequence = lastSequence
    }
}

/// What may be written at the end of a volume.
package enum AppendVerdict: Hashable, Sendable {
    /// Here, as that tape file.
    case append(file: Int)
    /// The tape holds more tape files than the catalog knows: take over what is whole from that one on (F23).
    case adopt(from: Int)
    /// Behind the last filemark stands a beginning: locate to that block and write over it (F23).
    case discardTail(file: Int, block: Int64)
    /// The tape ends earlier than the catalog says: what it has from that tape file on is lost (F24).
    case lost(from: Int)
    /// Another volume than was meant (F6).
    case wrongVolume
    /// The drive cannot say where it stands: read the label and locate anew (F14).
    case positionUnknown
    /// As many filemarks as expected, and not the tape files that were written (F16, F19).
    case filesDiffer

    package static func judge(_ volume: Volume, _ sight: AppendSight) -> AppendVerdict {
        guard !volume.nonce.isEmpty, sight.nonce == volume.nonce else { return .wrongVolume }
        guard let file = sight.endFile else { return .positionUnknown }
        if file < volume.tapeFiles { return .lost(from: file) }
        if file > volume.tapeFiles { return .adopt(from: volume.tapeFiles) }
        if let last = sight.lastSequence, last != file - 1 { return .filesDiffer }
        guard let end = volume.endBlock, end != sight.endBlock else { return .append(file: file) }
        return sight.endBlock > end ? .discardTail(file: file, block: end) : .filesDiffer
    }
}
