/// What lies on a tape, block by block: runs of blocks of one size, and of filemarks.
///
/// A pure value. Logical block numbers count filemarks as blocks, as READ POSITION does; tape files are counted by the
/// filemarks before them.
struct TapeLayout: Hashable, Sendable {
    struct Run: Hashable, Sendable {
        /// Logical number of the first block or mark.
        var start: Int64
        /// Blocks, or marks, in the run.
        var count: Int64
        /// Bytes of each block; nil for filemarks.
        var size: Int?
        /// The tape file of the blocks, or of the first mark.
        var file: Int
        /// Where the first block begins in its tape file's bytes.
        var offset: Int64
        /// Bytes on the medium before the run.
        var used: Int64

        var end: Int64 { start + count }
        /// Bytes on the medium behind the run.
        var usedBehind: Int64 { used + count * Int64(size ?? TapeLayout.filemarkBytes) }
        func used(before block: Int64) -> Int64 { used + (block - start) * Int64(size ?? TapeLayout.filemarkBytes) }
    }

    enum Item: Hashable, Sendable {
        case block(file: Int, offset: Int64, size: Int)
        case filemark
        case endOfData
    }

    /// What a filemark takes of the capacity, so that even filemarks come to an end.
    static let filemarkBytes = 512
    /// Room behind the physical end of data for filemarks alone: the driver ends what was written with one.
    static let filemarkReserve: Int64 = 64 * 512

    private(set) var runs: [Run] = []

    /// The logical number behind the last block: the end of data.
    var end: Int64 { runs.last?.end ?? 0 }
    var usedBytes: Int64 { runs.last?.usedBehind ?? 0 }
    var endsInBlock: Bool { runs.last.map { $0.size != nil } ?? false }
    /// Filemarks on the tape: the number of the tape file at the end.
    var lastFile: Int {
        guard let last = runs.last else { return 0 }
        return last.size == nil ? last.file + Int(last.count) : last.file
    }
    /// Bytes in the last tape file.
    var lastFileBytes: Int64 {
        guard let last = runs.last, let size = last.size else { return 0 }
        return last.offset + last.count * Int64(size)
    }

    mutating func appendBlocks(size: Int, count: Int64 = 1) {
        guard count > 0 else { return }
        if let index = runs.indices.last, runs[index].size == size {
            runs[index].count += count
        } else {
            runs.append(
                Run(start: end, count: count, size: size, file: lastFile, offset: lastFileBytes, used: usedBytes))
        }
    }

    mutating func appendFilemarks(_ count: Int64) {
        guard count > 0 else { return }
        if let index = runs.indices.last, runs[index].size == nil {
            runs[index].count += count
        } else {
            runs.append(Run(start: end, count: count, size: nil, file: lastFile, offset: 0, used: usedBytes))
        }
    }

    /// Takes away what stands at that logical block and behind it.
    mutating func cut(at block: Int64) {
        while let last = runs.last, last.end > block {
            if last.start >= block { runs.removeLast() } else { runs[runs.count - 1].count = block - last.start }
        }
    }

    func item(at block: Int64) -> Item {
        guard let run = run(at: block) else { return .endOfData }
        guard let size = run.size else { return .filemark }
        return .block(file: run.file, offset: run.offset + (block - run.start) * Int64(size), size: size)
    }

    /// Filemarks before that block.
    func file(at block: Int64) -> Int {
        guard let run = run(at: block) else { return lastFile }
        return run.size == nil ? run.file + Int(block - run.start) : run.file
    }

    func usedBytes(before block: Int64) -> Int64 { run(at: block)?.used(before: block) ?? usedBytes }

    /// The first filemark at or behind a block.
    func nextFilemark(from block: Int64) -> Int64? {
        guard var index = index(at: block) else { return nil }
        if runs[index].size == nil { return block }
        index += 1
        while index < runs.count, runs[index].size != nil { index += 1 }
        return index < runs.count ? runs[index].start : nil
    }

    /// The last filemark before a block.
    func lastFilemark(before block: Int64) -> Int64? {
        guard block > 0, var index = index(at: block - 1) ?? runs.indices.last else { return nil }
        if runs[index].size == nil { return min(block, runs[index].end) - 1 }
        while index > 0 {
            index -= 1
            if runs[index].size == nil { return runs[index].end - 1 }
        }
        return nil
    }

    private func run(at block: Int64) -> Run? { index(at: block).map { runs[$0] } }

    private func index(at block: Int64) -> Int? {
        guard block >= 0, block < end else { return nil }
        var low = 0
        var high = runs.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if runs[middle].start <= block { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
