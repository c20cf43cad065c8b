/// How long the lists in a state may be, so that it stays under 256 KiB however many mirrors and jobs there are.
///
/// What a list leaves out is asked for by `Query`. Bytes of JSON are those of usual entries.
package struct StateShares: Hashable, Sendable {
    package static let room = 256 << 10

    package var events: Int
    package var firings: Int
    /// Of all mirrors together; each that has any keeps one.
    package var failures: Int
    package var workers: Int
    /// Durations and sizes of one job.
    package var history: Int

    package init(mirrors: Int, jobs: Int) {
        // A mirror with its map and graphs, a job with its last run.
        let rest = max(0, Self.room - mirrors * 2100 - jobs * 620)
        func share(_ percent: Int, each bytes: Int, _ range: ClosedRange<Int>) -> Int {
            min(max(rest / 100 * percent / bytes, range.lowerBound), range.upperBound)
        }
        events = share(25, each: 300, 20...200)
        firings = share(10, each: 120, 20...100)
        failures = share(25, each: 500, 10...400)
        workers = share(25, each: 200, 16...400)
        history = share(10, each: max(1, jobs) * 20, 3...20)
    }
}

extension EngineState {
    /// The state as it is sent: with as much of each list as there is room for.
    package var fitted: EngineState {
        let shares = StateShares(mirrors: copies.count, jobs: jobs.count)
        var fitted = self
        fitted.recentEvents = recentEvents.suffix(shares.events)
        fitted.firings = Array(firings.prefix(shares.firings))
        let failing = max(1, copies.count { !$0.failures.isEmpty })
        let working = max(1, copies.count { !$0.workers.isEmpty })
        for index in copies.indices {
            fitted.copies[index].failures = Array(copies[index].failures.prefix(max(1, shares.failures / failing)))
            fitted.copies[index].workers = Array(copies[index].workers.prefix(max(1, shares.workers / working)))
        }
        for index in jobs.indices {
            fitted.jobs[index].durations = jobs[index].durations.suffix(shares.history)
            fitted.jobs[index].sizes = jobs[index].sizes.suffix(shares.history)
        }
        return fitted
    }
}
