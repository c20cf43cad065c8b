import Synchronization
package import WorkerKit

/// One ring of memory between one thread that fills it and one that writes it to the drive, block by block.
///
/// Cursors are bytes since the stream began: `freed <= taken <= filled <= freed + capacity`. `filled` is moved by the
/// producer only, the other two by the consumer only; so nobody needs a lock, and a thread sleeps only when there is
/// nothing for it to do. `abort`, `wake` and all that reads counters may be called by anybody.
///
/// A block that was released still lies in the ring while `retention` bytes behind it allow: what a drive took into its
/// own buffer and lost with a hard error can be taken again (F3, F4). `settle` gives it up once a synchronous filemark
/// has proved it.
package final class BlockRing: Sendable {
    package let blockSize: Int
    /// Bytes: whole blocks.
    package let capacity: Int
    /// Released bytes that are kept for rewriting.
    package let retention: Int
    package var pages: RingPages { memory.pages }

    let memory: RingMemory
    let filled = Atomic<Int>(0)
    let taken = Atomic<Int>(0)
    let freed = Atomic<Int>(0)
    /// What `freed` must reach for the producer to be woken, and `filled` for the consumer; `never` while awake.
    let producerWants = Atomic<Int>(BlockRing.never)
    let consumerWants = Atomic<Int>(BlockRing.never)
    let isFinished = Atomic<Bool>(false)
    let isAborted = Atomic<Bool>(false)
    private let failure = Mutex<(any Error)?>(nil)
    let producerWakes = Semaphore()
    let consumerWakes = Semaphore()
    let clock: @Sendable () -> Int64
    let waits = RingWaits()

    /// `bytes` is rounded down to whole blocks, of which there must be two beside those of `retention`.
    package init(
        bytes: Int, blockSize: Int, retention: Int = 0, time: SystemTime = .live
    ) throws(RingMemoryError) {
        precondition(blockSize > 0 && retention >= 0, "a ring has blocks")
        let kept = (retention + blockSize - 1) / blockSize
        let blocks = max(bytes / blockSize, kept + 2)
        self.blockSize = blockSize
        self.retention = kept * blockSize
        capacity = blocks * blockSize
        memory = try RingMemory(bytes: capacity)
        clock = time.monotonic
    }

    /// Bytes that wait for the drive.
    package var fill: Int { max(0, filled.load(ordering: .acquiring) - taken.load(ordering: .acquiring)) }
    /// The most that can wait.
    package var room: Int { capacity - retention }
    /// Bytes that the source gave since the stream began, and those released.
    package var received: Int { filled.load(ordering: .acquiring) }
    package var released: Int { taken.load(ordering: .acquiring) }
    /// Bytes that the source could give at once without sleeping.
    package var space: Int { capacity - (filled.load(ordering: .acquiring) - freed.load(ordering: .acquiring)) }
    /// The source sleeps for want of room, though a few bytes may be free: the ring is full.
    package var isSourceAsleep: Bool { waits.producerSince.load(ordering: .relaxed) != 0 }
    /// Seconds that the source slept for room and the drive's thread for blocks.
    package var slept: (source: Double, drive: Double) {
        (Double(waits.producer.load(ordering: .relaxed)) / 1e9, Double(waits.consumer.load(ordering: .relaxed)) / 1e9)
    }
    /// The source gave its last byte.
    package var isEnding: Bool { isFinished.load(ordering: .acquiring) }

    /// Ends the stream from either side: both get `error` thrown at their next call, or out of the one they wait in.
    /// The first error stays.
    package func abort(_ error: any Error) {
        failure.withLock { $0 = $0 ?? error }
        isAborted.store(true, ordering: .sequentiallyConsistent)
        producerWakes.signal()
        consumerWakes.signal()
    }

    /// Lets the consumer look again, because a knob was turned or it is to stop.
    package func wake() { consumerWakes.signal() }

    /// Begins another stream from nothing, an aborted or a fully released one gone. Both threads must be out of the ring.
    package func restart() {
        filled.store(0, ordering: .relaxed)
        taken.store(0, ordering: .relaxed)
        freed.store(0, ordering: .relaxed)
        failure.withLock { $0 = nil }
        isFinished.store(false, ordering: .sequentiallyConsistent)
        isAborted.store(false, ordering: .sequentiallyConsistent)
    }

    func throwIfAborted() throws {
        guard isAborted.load(ordering: .acquiring) else { return }
        if let error = failure.withLock({ $0 }) { throw error }
    }

    static let never = Int.max
}

/// Nanoseconds that each side slept in the ring, and how often.
final class RingWaits: Sendable {
    let producer = Atomic<Int64>(0)
    let consumer = Atomic<Int64>(0)
    let producerCount = Atomic<Int>(0)
    let consumerCount = Atomic<Int>(0)
    /// When the producer began to sleep for want of room; 0 while it does not.
    let producerSince = Atomic<Int64>(0)
}
