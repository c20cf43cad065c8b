/// Makes tape blocks of a part's head and the ring's blocks, and knows where on the tape each byte of the stream is.
///
/// A head is no whole number of blocks: behind it the ring's blocks lie shifted, so what does not fit is carried on to
/// the next tape block, or to the next tape. A raw part has no head: blocks are the ring's, the last one as short as it
/// is. Used on the drive's thread only.
final class PartComposer {
    let blockSize: Int
    let isRaw: Bool
    private(set) var frame: PartFrame
    /// Of this part, on the tape.
    private(set) var blocks: Int64 = 0
    /// What comes before the ring's next block: the rest of the head, then stream.
    private var lead: [UInt8] = []
    /// The last block that the drive took.
    private(set) var last: [UInt8] = []
    private var tracker = TarReader(NoSink())
    private var start = Start()

    /// What a part is begun with, so that it can be begun again.
    private struct Start {
        var tracker = TarReader(NoSink())
        var carried: [UInt8] = []
        var ring = 0
    }

    init(blockSize: Int, isRaw: Bool) {
        self.blockSize = blockSize
        self.isRaw = isRaw
        frame = PartFrame(start: 0, headBytes: 0, blockSize: blockSize)
    }

    /// The end of what is on the tape, in the stream.
    var offset: Int64 { frame.streamOffset(afterBlocks: blocks) }
    /// No byte of the stream is in the part.
    var isVoid: Bool { frame.isVoid(afterBlocks: blocks) }

    /// Begins a part where the last one ended. `ring`: bytes that it has released.
    func begin(_ facts: PartFacts, device: String, ring: Int) throws {
        let written = Int(min(Int64(frame.headBytes), blocks * Int64(blockSize)))
        start = Start(tracker: tracker, carried: Array(lead.dropFirst(frame.headBytes - written)), ring: ring)
        try restart(facts, device: device)
    }

    /// Begins the part anew, on another tape or at the same place; false when its bytes are no longer in the ring.
    func beginAgain(_ facts: PartFacts, device: String, in ring: BlockRing) throws -> Bool {
        guard ring.released == start.ring || ring.goBack(to: start.ring) else { return false }
        try restart(facts, device: device)
        return true
    }

    private func restart(_ facts: PartFacts, device: String) throws {
        tracker = start.tracker
        let head = isRaw ? [] : try PartHead(facts, at: tracker.standing, device: device).bytes
        frame = PartFrame(start: facts.offset, headBytes: head.count, blockSize: blockSize)
        lead = head + start.carried
        blocks = 0
        last = []
    }

    /// Takes the ring's next block, whole or not at all.
    func put(_ block: UnsafeRawBufferPointer, to drive: any TapeDrive) throws -> BlockWritten {
        guard try flush(to: drive) == .written else { return .earlyWarning }
        let wanted = blockSize - lead.count
        guard block.count >= wanted else {
            lead.append(contentsOf: block)
            return .written
        }
        var whole = lead
        whole.reserveCapacity(blockSize)
        whole.append(contentsOf: block[..<wanted])
        guard try write(whole, to: drive) == .written else { return .earlyWarning }
        lead.removeAll(keepingCapacity: true)
        lead.append(contentsOf: block[wanted...])
        return .written
    }

    /// The stream is over: writes what is left, filled up with zeros where it is no raw part.
    func finish(to drive: any TapeDrive) throws -> BlockWritten {
        guard try flush(to: drive) == .written else { return .earlyWarning }
        guard !lead.isEmpty else { return .written }
        let fill = [UInt8](repeating: 0, count: isRaw ? 0 : blockSize - lead.count)
        guard try write(lead + fill, to: drive) == .written else { return .earlyWarning }
        lead = []
        return .written
    }

    private func flush(to drive: any TapeDrive) throws -> BlockWritten {
        while lead.count >= blockSize {
            guard try write(Array(lead[..<blockSize]), to: drive) == .written else { return .earlyWarning }
            lead.removeFirst(blockSize)
        }
        return .written
    }

    private func write(_ block: [UInt8], to drive: any TapeDrive) throws -> BlockWritten {
        guard try block.withUnsafeBytes({ try drive.write($0) }) == .written else { return .earlyWarning }
        if !isRaw {
            let head = frame.content(ofBlock: blocks).head.count
            try block[head...].withUnsafeBytes { try tracker.feed($0) }
        }
        blocks += 1
        last = block
        return .written
    }
}
