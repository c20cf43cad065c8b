import BackupModel
import Synchronization

/// Claimed blobs on their way: waiting, in hand, written, and where they ended when the way was cut short.
final class CopyQueue: Sendable {
    struct Books: Sendable {
        /// Waiting or in a worker's hands.
        var underWay: [BlobID: BlobRecord] = [:]
        var written: [WrittenBlob] = []
        var writtenBytes: Int64 = 0
        /// Monotonic nanoseconds of the first blob in `written`.
        var openedAt: Int64 = 0
        var present: [(blob: WrittenBlob, proof: BlobProof)] = []
        var failed: [BlobOutcome] = []
        var givenBack: [BlobRecord] = []
        var stranded: [BlobRecord] = []
        /// Bytes of what is claimed and not settled.
        var outstanding: [BlobID: Int64] = [:]
        var outstandingBytes: Int64 = 0
        /// Workers hang and are waited for no longer: what they say later comes too late.
        var isAbandoned = false
        var trouble: Trouble?
        var intakeEnded = false
        var sourceStreak = FailureStreak()
        var targetStreak = FailureStreak()
    }
    private let books = Mutex(Books())
    /// Something changed that the feeder or the committer waits for.
    let feed: Wakeup
    let commit: Wakeup

    init(feed: Wakeup = Wakeup()) {
        self.feed = feed
        commit = Wakeup()
    }

    func with<R>(_ body: (inout sending Books) -> sending R) -> sending R { books.withLock(body) }

    /// Nothing more will come out of the workers.
    var isDrained: Bool { with { $0.intakeEnded && $0.underWay.isEmpty } }

    func claimed(_ records: [BlobRecord]) {
        with {
            for record in records {
                $0.underWay[record.id] = record
                $0.outstanding[record.id] = record.size
                $0.outstandingBytes += record.size
            }
        }
    }

    /// What was claimed and cannot be begun.
    func refused(_ records: [BlobRecord]) {
        with {
            for record in records { $0.underWay[record.id] = nil }
            $0.givenBack += records
        }
    }

    func endIntake() {
        with { $0.intakeEnded = true }
        commit.signal()
    }

    func settled(_ blobs: some Sequence<BlobID> & Sendable) {
        with {
            for blob in blobs { $0.outstandingBytes -= $0.outstanding.removeValue(forKey: blob) ?? 0 }
        }
        feed.signal()
    }

    /// Gives up workers that hang after a stop (A24, B29): what they have in hand is settled by the next start.
    func abandonWorkers() {
        with {
            $0.isAbandoned = true
            $0.underWay = [:]
            $0.intakeEnded = true
        }
        feed.signal()
        commit.signal()
    }

    /// Books what a worker ended with; returns the trouble that this made, if it is the first.
    func ended(_ record: BlobRecord, _ end: CopyEnd, now: Int64) -> Trouble? {
        let (new, wakes) = with { books -> (Trouble?, Bool) in
            guard !books.isAbandoned else { return (nil, false) }
            books.underWay[record.id] = nil
            let had = books.trouble != nil
            books.take(record, end, now: now)
            return (
                had ? nil : books.trouble,
                books.underWay.isEmpty || books.written.count < 8 || books.written.count % 8 == 0
            )
        }
        if wakes || new != nil {
            commit.signal()
            feed.signal()
        }
        return new
    }

    func fail(_ trouble: Trouble) -> Bool {
        let isFirst = with { books -> Bool in
            defer { books.trouble = books.trouble ?? trouble }
            return books.trouble == nil
        }
        feed.signal()
        commit.signal()
        return isFirst
    }
}

extension CopyQueue.Books {
    fileprivate mutating func take(_ record: BlobRecord, _ end: CopyEnd, now: Int64) {
        if openedAt == 0 { openedAt = now }
        switch end {
        case .written(let blob):
            written.append(blob)
            writtenBytes += blob.size
            sourceStreak.succeeded()
            targetStreak.succeeded()
        case .present(let blob, let proof): present.append((blob, proof))
        case .failed(let outcome):
            failed.append(outcome)
            count(outcome)
        case .givenBack: givenBack.append(record)
        case .stranded: stranded.append(record)
        case .trouble(let new, let mayHaveTemporary):
            trouble = trouble ?? new
            if mayHaveTemporary { stranded.append(record) } else { givenBack.append(record) }
        }
    }

    private mutating func count(_ outcome: BlobOutcome) {
        guard let failure = outcome.failure else { return }
        // Missing and corrupt blobs say nothing about the disk.
        if outcome.state == .unreadable || outcome.state == .pending, failure.side == .source {
            if sourceStreak.failed() { trouble = trouble ?? .fatal(.sourceFailing(failure)) }
        } else if failure.side == .destination, targetStreak.failed() {
            trouble = trouble ?? .fatal(.destinationFailing(failure))
        }
    }
}

extension Failure {
    static func sourceFailing(_ last: Failure) -> Failure {
        var failure = last
        failure.code = "SOURCE_FAILING"
        failure.message = "\(FailureStreak.limit) blobs in a row could not be read; the last: \(last.message)"
        failure.hint = "Check the source's disk with smartctl -a and dmesg before running again."
        return failure
    }

    static func destinationFailing(_ last: Failure) -> Failure {
        var failure = last
        failure.code = "DESTINATION_FAILING"
        failure.message = "\(FailureStreak.limit) blobs in a row could not be written; the last: \(last.message)"
        return failure
    }
}

/// One waiter, any number of signals; a signal before the wait is not lost.
final class Wakeup: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: CheckedContinuation<Void, Never>?
    }
    private let state = Mutex(State())

    func signal() {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            state.isSignalled = true
            return nil
        }
        waiter?.resume()
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isReady = state.withLock { state -> Bool in
                if state.isSignalled {
                    state.isSignalled = false
                    return true
                }
                state.waiter = continuation
                return false
            }
            if isReady { continuation.resume() }
        }
    }
}
