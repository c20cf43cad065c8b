import Synchronization
import WorkerKit

/// The producer's side: one thread.
extension BlockRing {
    /// A stretch to write into, at least `least` bytes where the ring's end is not nearer, and at most `most`. Sleeps
    /// while there is no room. Nothing is given on until `commit`.
    ///
    /// Throws what `abort` was given.
    package func reserve(least: Int = 1, most: Int = .max) throws -> UnsafeMutableRawBufferPointer {
        let at = filled.load(ordering: .relaxed)
        let offset = at % capacity
        let toEnd = capacity - offset
        // A block that is begun cannot be released, so its room never comes back before it is full.
        let least = min(max(1, least), toEnd, room - blockSize)
        try sleepUntilFreed(at + least - capacity)
        let free = capacity - (at - freed.load(ordering: .acquiring))
        return UnsafeMutableRawBufferPointer(
            start: memory.base + offset, count: min(max(least, most), toEnd, free))
    }

    /// Gives the first `count` bytes of the reserved stretch on.
    package func commit(_ count: Int) {
        let now = filled.load(ordering: .relaxed) + count
        filled.store(now, ordering: .sequentiallyConsistent)
        if consumerWants.load(ordering: .sequentiallyConsistent) <= now { wakeConsumer() }
    }

    /// The one copy for a source that has its bytes elsewhere.
    package func append(_ bytes: UnsafeRawBufferPointer) throws {
        var left = bytes[...]
        while !left.isEmpty {
            let span = try reserve(most: left.count)
            let part = left.prefix(span.count)
            span.copyMemory(from: UnsafeRawBufferPointer(rebasing: part))
            commit(part.count)
            left = left.dropFirst(part.count)
        }
    }

    /// Nothing more comes; a last block that is not full is given as short as it is.
    package func finish() {
        isFinished.store(true, ordering: .sequentiallyConsistent)
        wakeConsumer()
    }

    private func wakeConsumer() {
        if consumerWants.exchange(Self.never, ordering: .sequentiallyConsistent) != Self.never {
            consumerWakes.signal()
        }
    }

    private func sleepUntilFreed(_ least: Int) throws {
        try throwIfAborted()
        if freed.load(ordering: .acquiring) >= least { return }
        let begun = clock()
        waits.producerSince.store(max(1, begun), ordering: .sequentiallyConsistent)
        // What is there may be less than the consumer waits for, and there will be no more.
        wakeConsumer()
        defer {
            waits.producerSince.store(0, ordering: .relaxed)
            waits.producer.add(clock() - begun, ordering: .relaxed)
            waits.producerCount.add(1, ordering: .relaxed)
        }
        // Some room more than is needed, so that it is not woken for each block of a full ring.
        let at = filled.load(ordering: .relaxed)
        let enough = max(least, min(least + room / 16, at - at % blockSize - retention))
        while freed.load(ordering: .sequentiallyConsistent) < least {
            producerWants.store(enough, ordering: .sequentiallyConsistent)
            // An abort signals after it is set: looked at between, it cannot be slept through.
            try throwIfAborted()
            if freed.load(ordering: .sequentiallyConsistent) < enough { producerWakes.wait() }
            producerWants.store(Self.never, ordering: .sequentiallyConsistent)
            try throwIfAborted()
        }
    }
}

/// What the consumer finds.
package enum RingBlock {
    /// A whole block, or the short last one. It stays where it is until it is released.
    case block(UnsafeRawBufferPointer)
    /// Not yet.
    case nothing
    /// The source gave its last byte, and all is released.
    case end
}

/// The consumer's side: one thread.
extension BlockRing {
    /// The next block; the same one until it is released. Never sleeps. Throws what `abort` was given.
    package func peek() throws -> RingBlock {
        try throwIfAborted()
        // In this order: what was committed before the end must be seen with the end.
        let isEnding = isFinished.load(ordering: .sequentiallyConsistent)
        let at = taken.load(ordering: .relaxed)
        let count = min(blockSize, filled.load(ordering: .acquiring) - at)
        if count == blockSize || isEnding && count > 0 {
            return .block(UnsafeRawBufferPointer(start: memory.base + at % capacity, count: count))
        }
        return isEnding ? .end : .nothing
    }

    /// The block of the last `peek` has been taken by the drive.
    package func release() {
        let at = taken.load(ordering: .relaxed)
        let now = min(at + blockSize, filled.load(ordering: .acquiring))
        taken.store(now, ordering: .sequentiallyConsistent)
        free(upTo: now - retention)
    }

    /// What was released is proved to be on the medium, and need not be kept.
    package func settle() { free(upTo: taken.load(ordering: .relaxed)) }

    /// Bytes released and still here.
    package var kept: Int { taken.load(ordering: .relaxed) - freed.load(ordering: .relaxed) }

    /// Goes back so that the block with that first byte, counted from the stream's begin, comes next. False when it is
    /// no longer here or no block begins there.
    package func goBack(to position: Int) -> Bool {
        guard position % blockSize == 0, position >= freed.load(ordering: .relaxed),
            position <= taken.load(ordering: .relaxed)
        else { return false }
        taken.store(position, ordering: .sequentiallyConsistent)
        return true
    }

    /// Sleeps until some blocks are there, or the end, an abort, a `wake`, or the time is over; a single block may wait
    /// until then, because waking a thread for each costs more than the block.
    package func sleepUntilBlock(seconds: Double) {
        let isUrgent = isSourceAsleep
        let wanted = taken.load(ordering: .relaxed) + blockSize * (isUrgent ? 1 : max(1, min(8, room / blockSize / 8)))
        let begun = clock()
        consumerWants.store(wanted, ordering: .sequentiallyConsistent)
        if filled.load(ordering: .sequentiallyConsistent) < wanted, !isFinished.load(ordering: .sequentiallyConsistent),
            !isAborted.load(ordering: .sequentiallyConsistent)
        {
            consumerWakes.wait(seconds: seconds)
        }
        consumerWants.store(Self.never, ordering: .sequentiallyConsistent)
        waits.consumer.add(clock() - begun, ordering: .relaxed)
        waits.consumerCount.add(1, ordering: .relaxed)
    }

    /// Sleeps until the time is over or somebody calls `wake` or `abort`.
    package func sleep(seconds: Double) { consumerWakes.wait(seconds: seconds) }

    private func free(upTo position: Int) {
        guard position > freed.load(ordering: .relaxed) else { return }
        freed.store(position, ordering: .sequentiallyConsistent)
        guard producerWants.load(ordering: .sequentiallyConsistent) <= position else { return }
        if producerWants.exchange(Self.never, ordering: .sequentiallyConsistent) != Self.never {
            producerWakes.signal()
        }
    }
}
