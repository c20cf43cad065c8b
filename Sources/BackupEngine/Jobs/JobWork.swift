package import BackupModel
import Synchronization

/// What a kind of job does; each worker registers its own.
package struct JobWork: Sendable {
    /// Slots that a job of this kind holds beside those of its settings: `target:/mnt/x`.
    package var slots: @Sendable (JobSettings) -> [String]
    /// Does the work to its end; ends early, within seconds, when the steering says so.
    package var run: @Sendable (JobContext) async -> JobOutcome

    package init(
        slots: @escaping @Sendable (JobSettings) -> [String] = { _ in [] },
        run: @escaping @Sendable (JobContext) async -> JobOutcome
    ) {
        self.slots = slots
        self.run = run
    }
}

/// What a worker is given for one run.
package struct JobContext: Sendable {
    package let run: JobRun
    package let settings: JobSettings
    package let log: RunLog
    package let steering: JobSteering
    /// Of the engine's environment, what programs may see.
    package var surroundings: [String: String] = [:]
}

/// What a person, the clock or the stop file wants of a run in progress.
package final class JobSteering: Sendable {
    package enum Wish: Hashable, Sendable { case cancel, pause, resume }

    private struct State {
        var isCancelled = false
        var isPaused = false
        var followers: [Int: @Sendable (Wish) -> Void] = [:]
        var last = 0
    }
    private let state = Mutex(State())

    package init() {}

    package var isCancelled: Bool { state.withLock { $0.isCancelled } }
    package var isPaused: Bool { state.withLock { $0.isPaused } }

    package func wish(_ wish: Wish) {
        let followers = state.withLock { state in
            switch wish {
            case .cancel: state.isCancelled = true
            case .pause: state.isPaused = true
            case .resume: state.isPaused = false
            }
            return Array(state.followers.values)
        }
        for follower in followers { follower(wish) }
    }

    /// `body` with somebody who hears each wish, at once those made before.
    package func followed<T: Sendable>(
        by follower: @escaping @Sendable (Wish) -> Void, _ body: () async -> T
    ) async -> T {
        let (id, wishes) = state.withLock { state in
            state.last += 1
            state.followers[state.last] = follower
            return (state.last, (state.isCancelled ? [Wish.cancel] : []) + (state.isPaused ? [.pause] : []))
        }
        for wish in wishes { follower(wish) }
        let value = await body()
        state.withLock { $0.followers[id] = nil }
        return value
    }
}
