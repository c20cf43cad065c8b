package import TapeArchive

/// A stream of blocks and filemarks that anybody can check: each block tells its place and whose it is.
///
/// Every seventh item is a filemark, some of them immediate; a block bears its epoch and its logical number. An epoch
/// begins anywhere on the tape and ends what stood there.
package struct TapeStream: Sendable {
    package var epoch: UInt64

    package init(epoch: UInt64) { self.epoch = epoch }

    package static func isFilemark(_ block: Int64) -> Bool { block % 7 == 6 }
    package static func isSynchronous(_ block: Int64) -> Bool { block % 21 == 20 }

    static func size(_ block: Int64) -> Int { block % 5 == 0 ? 1536 : 4096 }

    /// Writes from where the tape stands until `limit`, telling of each synchronised end.
    package func write(
        to drive: any TapeDrive, until limit: Int64, synchronised: (Int64) throws -> Void
    ) throws {
        var block = try drive.position().block
        while block < limit {
            if Self.isFilemark(block) {
                let isSynchronous = Self.isSynchronous(block)
                try drive.writeFilemarks(1, immediate: !isSynchronous)
                block += 1
                if isSynchronous { try synchronised(block) }
            } else {
                try drive.put(epoch << 32 | UInt64(block), size: Self.size(block))
                block += 1
            }
        }
    }

    /// Reads the whole tape and checks that each item stands where it was written, epochs never going back. A tape cut
    /// anywhere passes; the answer is its end and the epoch of each block (nil for filemarks).
    package static func check(_ drive: any TapeDrive, epochs: ClosedRange<UInt64>) throws -> [UInt64?] {
        try drive.rewind()
        var found: [UInt64?] = []
        var epoch = epochs.lowerBound
        while true {
            let block = Int64(found.count)
            switch try drive.get(room: 4096) {
            case .endOfData: return found
            case .filemark:
                // One that the driver wrote when it closed may stand where a block would.
                found.append(nil)
            case .block(let bytes):
                let candidates = epoch...epochs.upperBound
                guard
                    let owner = candidates.first(where: {
                        bytes == blockBytes($0 << 32 | UInt64(block), size: size(block))
                    })
                else {
                    throw ContractBroken(what: "block \(block) is not what was written", file: #fileID, line: #line)
                }
                epoch = owner
                found.append(owner)
            case .tooLarge:
                throw ContractBroken(what: "block \(block) is too large", file: #fileID, line: #line)
            }
        }
    }
}
