/// How one part's blocks stand to the archive's stream: pure arithmetic, no bytes kept.
///
/// A part is its head, then the stream from `start` on, in blocks of one size. When block k could not be written, the
/// part holds the stream up to `streamOffset(afterBlocks: k)`, and the next part begins there.
package struct PartFrame: Hashable, Sendable {
    package var start: Int64
    package var headBytes: Int
    package var blockSize: Int

    package init(start: Int64, headBytes: Int, blockSize: Int) {
        self.start = start
        self.headBytes = headBytes
        self.blockSize = blockSize
    }

    /// The end of what is on the tape after so many whole blocks; `start` where not even the head is.
    package func streamOffset(afterBlocks count: Int64) -> Int64 {
        start + max(0, count * Int64(blockSize) - Int64(headBytes))
    }

    /// Not a byte of the stream would be in a part that ends there: it is no part, and its number is given again.
    package func isVoid(afterBlocks count: Int64) -> Bool { streamOffset(afterBlocks: count) == start }

    /// What of the head, then of the stream, makes up block `index`, for a stream of unknown length.
    package func content(ofBlock index: Int64) -> (head: Range<Int>, stream: Range<Int64>) {
        let from = index * Int64(blockSize)
        let head = Int(min(from, Int64(headBytes)))..<Int(min(from + Int64(blockSize), Int64(headBytes)))
        return (head, streamOffset(afterBlocks: index)..<streamOffset(afterBlocks: index + 1))
    }

    /// Blocks of a part that holds the stream to its end; the last is filled up with `fill` zero bytes.
    package func blocks(toStreamEnd end: Int64) -> (count: Int64, fill: Int) {
        let bytes = end - start + Int64(headBytes)
        let count = (bytes + Int64(blockSize) - 1) / Int64(blockSize)
        return (count, Int(count * Int64(blockSize) - bytes))
    }

    /// The block of this part, and the byte in it, where an offset of the stream stands.
    package func position(of streamOffset: Int64) -> (block: Int64, byte: Int) {
        let at = streamOffset - start + Int64(headBytes)
        return (at / Int64(blockSize), Int(at % Int64(blockSize)))
    }
}
