import WorkerKit

/// Memory for file data, of fixed size, handed out in chunks.
final class ChunkPool: Sendable {
    /// Allocated for once, page by page as it is used.
    private let memory: PooledMemory
    private let free: Monitor<[Int]>
    let chunkSize: Int
    /// Chunks that only the reader gets which everybody waits for.
    private let reserve: Int

    init(bytes: Int, chunkSize: Int) {
        let count = max(4, bytes / chunkSize)
        self.chunkSize = chunkSize
        reserve = max(2, count / 6)
        memory = PooledMemory(bytes: count * chunkSize)
        free = Monitor(Array((0..<count).reversed()))
    }

    /// Waits for a chunk. `isFirst` is asked each time: who holds up the others may take the reserve, so that files
    /// read ahead cannot stop the one in front. Nil once `isStopped` says so.
    func take(isFirst: () -> Bool, isStopped: () -> Bool) -> Chunk? {
        let number: Int? = free.wait { free -> Int?? in
            if isStopped() { return .some(nil) }
            guard free.count > (isFirst() ? 0 : reserve) else { return nil }
            return free.removeLast()
        }
        return number.map { Chunk(self, $0) }
    }

    /// Asks the waiting ones to look again.
    func wake() { free.change { _ in } }

    fileprivate func giveBack(_ number: Int) { free.change { $0.append(number) } }

    fileprivate func bytes(_ number: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory.bytes[number * chunkSize..<(number + 1) * chunkSize])
    }
}

/// A piece of the pool's memory; it goes back when the last one lets go of it.
final class Chunk: Sendable {
    private let pool: ChunkPool
    private let number: Int

    fileprivate init(_ pool: ChunkPool, _ number: Int) {
        self.pool = pool
        self.number = number
    }

    deinit { pool.giveBack(number) }

    /// Written by the reader that took it, before it hands it on; read only from then on.
    var bytes: UnsafeMutableRawBufferPointer { pool.bytes(number) }
}

private final class PooledMemory: Sendable {
    // nonisolated(unsafe): the memory never moves, and each part of it belongs to one chunk's owner at a time.
    nonisolated(unsafe) let bytes: UnsafeMutableRawBufferPointer

    init(bytes: Int) { self.bytes = .allocate(byteCount: bytes, alignment: 4096) }

    deinit { bytes.deallocate() }
}

/// Bytes of a file in pooled memory. Hold them no longer than it takes to copy them: the readers wait for the memory.
package struct SourceData: Sendable {
    private let chunk: Chunk
    private let range: Range<Int>

    init(_ chunk: Chunk, _ range: Range<Int>) {
        self.chunk = chunk
        self.range = range
    }

    package var count: Int { range.count }

    package func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try body(UnsafeRawBufferPointer(rebasing: chunk.bytes[range]))
    }
}
