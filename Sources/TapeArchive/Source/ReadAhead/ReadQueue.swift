import BackupModel
import WorkerKit

/// How much is read ahead.
package struct ReadLimits: Hashable, Sendable {
    /// Bytes of file data in memory.
    package var memory: Int
    package var chunk: Int
    /// Files up to this size are read whole, several by one reader at a time.
    package var smallFile: Int
    package var readers: Int
    /// Read attempts of a small file that changes.
    package static let attempts = 3

    package init(memory: Int = 48 << 20, chunk: Int = 1 << 20, smallFile: Int = 256 << 10, readers: Int = 4) {
        self.memory = memory
        self.chunk = chunk
        self.smallFile = min(smallFile, chunk / 2)
        self.readers = max(1, readers)
    }
}

/// Steps of the walk that one reader works off.
struct ReadBatch: Sendable {
    /// Counted from 0 in the order of the walk.
    var number = 0
    var steps: [WalkStep] = []
    /// Room in a chunk that its small files want.
    var bytes = 0
    var nameBytes = 0
    var folders = 0

    /// Holding more folders open than this, times the batches under way, would meet the limit of 1,024 descriptors.
    static let mostFolders = 10
    static let mostSteps = 256
    static let mostNameBytes = 64 << 10
    static let mostUnderWay = 32
}

/// Batches on their way from the walk to the reader threads and, in order, to the consumer.
final class ReadQueue: Sendable {
    private struct Books: Sendable {
        var waiting: [ReadBatch] = []
        /// Events of batches begun, by number.
        var ready: [Int: [SourceEvent]] = [:]
        var finished: Set<Int> = []
        /// The batch that the consumer is at.
        var front = 0
        var count = 0
        var walkEnd: Result<SourceTally, any Error>?
        var isStopped = false
    }
    private let books = Monitor(Books())
    let pool: ChunkPool

    init(_ limits: ReadLimits) { pool = ChunkPool(bytes: limits.memory, chunkSize: limits.chunk) }

    // MARK: Walk

    /// Waits for room. Throws `CancellationError` once stopped.
    func append(_ batch: ReadBatch) throws {
        let isTaken = books.wait { books -> Bool? in
            if books.isStopped { return false }
            guard books.count - books.front < ReadBatch.mostUnderWay else { return nil }
            return true
        }
        guard isTaken else { throw CancellationError() }
        books.change { books in
            var batch = batch
            batch.number = books.count
            books.count += 1
            books.waiting.append(batch)
        }
    }

    func endWalk(_ end: Result<SourceTally, any Error>) { books.change { $0.walkEnd = end } }

    // MARK: Readers

    /// Nil when there will be no more.
    func next() -> ReadBatch? {
        books.wait { books -> ReadBatch?? in
            if books.isStopped { return .some(nil) }
            if !books.waiting.isEmpty { return books.waiting.removeFirst() }
            return books.walkEnd == nil ? nil : .some(nil)
        }
    }

    func publish(_ events: [SourceEvent], of number: Int, isLast: Bool) {
        books.change { books in
            books.ready[number, default: []] += events
            if isLast { books.finished.insert(number) }
        }
    }

    /// Waits for memory; nil once stopped.
    func chunk(for number: Int) -> Chunk? {
        pool.take(isFirst: { books.with { $0.front == number } }, isStopped: { isStopped })
    }

    var isStopped: Bool { books.with { $0.isStopped } }

    func stop() {
        books.change { $0.isStopped = true }
        pool.wake()
    }

    // MARK: Consumer

    enum Delivery {
        case events([SourceEvent])
        case end(Result<SourceTally, any Error>)
        case stopped
    }

    /// Waits for the next events in order.
    func deliver() -> Delivery {
        var hasMoved = false
        let delivery = books.wait { books -> Delivery? in
            while true {
                if books.isStopped { return .stopped }
                if let events = books.ready.removeValue(forKey: books.front), !events.isEmpty {
                    return .events(events)
                }
                guard books.finished.remove(books.front) != nil else { break }
                books.front += 1
                hasMoved = true
            }
            if let end = books.walkEnd, books.front == books.count { return .end(end) }
            if hasMoved {
                // Whoever works on the new front may take the reserve, and the walk has room.
                return .events([])
            }
            return nil
        }
        if hasMoved {
            books.change { _ in }
            pool.wake()
        }
        return delivery
    }
}
