package import BackupCatalog
package import BackupModel

/// What became of a question that a job asked.
package enum RaisedRequest: Hashable, Sendable {
    /// A new one.
    case asked(Request)
    /// Somebody asked the same already.
    case joined(Request)
    /// It was settled before the engine ended, and this job never heard.
    case settled(Request)

    package var request: Request {
        switch self {
        case .asked(let request), .joined(let request), .settled(let request): request
        }
    }
}

/// What a step of the board changed and what is due.
package struct RequestChange: Hashable, Sendable {
    /// To be kept, in this order.
    package var kept: [KeptRequest]
    /// Requests that ended with it.
    package var ended: [Request]
    /// To be sent; the board repeats them until it is told that they are out.
    package var reminders: [RequestReminder]

    package init(kept: [KeptRequest] = [], ended: [Request] = [], reminders: [RequestReminder] = []) {
        self.kept = kept
        self.ended = ended
        self.reminders = reminders
    }

    static func += (a: inout RequestChange, b: RequestChange) {
        a.kept += b.kept
        a.ended += b.ended
        a.reminders += b.reminders
    }
}

/// "Request 17 still waits", once for each time it was planned, however many were slept through.
package struct RequestReminder: Hashable, Sendable {
    package var request: Request
    /// The time it was planned for.
    package var at: WallTime

    package init(request: Request, at: WallTime) {
        self.request = request
        self.at = at
    }

    /// The same after a crash, so that an outbox that knows it sends it once.
    package var key: String { "request-\(request.number)-\(at.milliseconds)" }
}

/// When reminders go out: at once, after 5, 15 and 45 minutes, then every hour.
enum Reminders {
    static let firstMinutes: [Double] = [0, 5, 15, 45]
    static let later = 3600.0
    /// How many a request carries ahead.
    static let ahead = 5

    static func first(from start: WallTime) -> [WallTime] {
        var times = firstMinutes.map { start.adding(seconds: $0 * 60) }
        fill(&times, from: start)
        return times
    }

    /// Drops those up to a time and fills up by the hour.
    static func advance(_ times: inout [WallTime], past: WallTime) {
        let last = times.last ?? past
        times.removeAll { $0 <= past }
        fill(&times, from: max(last, past))
    }

    /// Moves all by as much as the first needs to come no earlier than `time`.
    static func shift(_ times: inout [WallTime], firstNotBefore time: WallTime) {
        guard let first = times.first, first < time else { return }
        let seconds = time.seconds(since: first)
        times = times.map { $0.adding(seconds: seconds) }
    }

    private static func fill(_ times: inout [WallTime], from start: WallTime) {
        while times.count < ahead { times.append((times.last ?? start).adding(seconds: later)) }
    }
}
