import BackupModel
import Synchronization

/// What one thread spends its time on. The call that runs counts too, so that one that hangs shows while it hangs.
final class CallTimes: Sendable {
    enum Share: Sendable { case sourceRead, hash, targetWrite, commit }

    private struct Books: Sendable {
        var spent = CopyReading.Shares()
        var share: Share?
        var since: Int64 = 0

        mutating func settle(at now: Int64) {
            let passed = max(0, now - since)
            switch share {
            case .sourceRead: spent.sourceRead += passed
            case .hash: spent.hash += passed
            case .targetWrite: spent.targetWrite += passed
            case .commit: spent.commit += passed
            case nil: break
            }
            since = now
        }
    }
    private let books = Mutex(Books())

    /// From now on, monotonic nanoseconds, time goes to `share`; nil: to none.
    func enter(_ share: Share?, at now: Int64) {
        books.withLock {
            $0.settle(at: now)
            $0.share = share
        }
    }

    /// Whose files the running call is about.
    var side: Side {
        switch books.withLock({ $0.share }) {
        case .sourceRead: .source
        case .targetWrite, .commit: .destination
        case .hash, nil: .engine
        }
    }

    func add(to shares: inout CopyReading.Shares, now: Int64) {
        let spent = books.withLock { books in
            books.settle(at: max(now, books.since))
            return books.spent
        }
        shares.sourceRead += spent.sourceRead
        shares.hash += spent.hash
        shares.targetWrite += spent.targetWrite
        shares.commit += spent.commit
    }
}
