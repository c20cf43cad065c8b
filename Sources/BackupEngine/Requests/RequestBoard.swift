package import BackupCatalog
package import BackupModel

/// The questions to the operator and the rules they live by; a value, with time passed in.
///
/// Each change returns what must be kept; the caller keeps it and only then takes the changed board for its own, so
/// that memory and disk never differ.
package struct RequestBoard: Hashable, Sendable {
    /// Open requests, oldest first.
    package private(set) var open: [Request] = []
    /// Ended ones, oldest first: for late answers and for jobs that have not acted on the end yet.
    private(set) var closed: [KeptRequest] = []
    private var lastNumber = 0

    package init() {}

    /// A board as the catalog kept it.
    package init(restoring kept: [KeptRequest], lastNumber: Int) {
        open = kept.map(\.request).filter(\.isOpen)
        closed = kept.filter { !$0.request.isOpen }
        self.lastNumber = lastNumber
    }

    /// The request of that number, open or ended lately.
    package func request(_ number: Int) -> Request? {
        open.first { $0.number == number } ?? closed.first { $0.request.number == number }?.request
    }

    // MARK: Asking

    /// Asks, unless the same is asked already: then the jobs join that request; or was settled already and the job was
    /// not told because the engine ended: then it gets that end. Nothing is asked twice.
    ///
    /// `continuing`: the request whose answer did not help; it is open again with the new reason and keeps its number,
    /// its deadline and the times of its reminders.
    ///
    /// Throws `REQUESTS_FULL` when `mostOpen` are open.
    package mutating func raise(
        _ draft: Request, continuing: Int? = nil, now: WallTime
    ) throws(Failure) -> (raised: RaisedRequest, change: RequestChange) {
        let draft = draft.tidied
        if let request = reopen(continuing, draft, now: now) {
            return (.joined(request), RequestChange(kept: [KeptRequest(request)]))
        }
        if let settled = takeSettled(draft, now: now) { return (.settled(settled.request), settled.change) }
        if let index = open.firstIndex(where: { $0.kind == draft.kind && $0.subject == draft.subject }) {
            let before = open[index]
            open[index].join(draft)
            let isSame = open[index] == before
            return (.joined(open[index]), isSame ? RequestChange() : RequestChange(kept: [KeptRequest(open[index])]))
        }
        guard open.count < RequestBoard.mostOpen else {
            throw Failure(
                code: "REQUESTS_FULL", side: .engine, message: "\(open.count) questions wait for an answer already",
                hint: "Answer some of them: holdfast requests.")
        }
        var request = draft
        lastNumber += 1
        request.number = lastNumber
        request.state = .open
        request.claim = nil
        request.raisedAt = now
        request.reminders = Reminders.first(from: now)
        open.append(request)
        return (.asked(request), RequestChange(kept: [KeptRequest(request)]))
    }

    private mutating func reopen(_ number: Int?, _ draft: Request, now: WallTime) -> Request? {
        guard
            let index = closed.firstIndex(where: { kept in
                kept.request.number == number && kept.request.kind == draft.kind
                    && kept.request.subject == draft.subject && !kept.request.hasExpired
            }), open.count < RequestBoard.mostOpen
        else { return nil }
        let before = closed.remove(at: index).request
        var request = draft
        request.number = before.number
        request.state = .open
        (request.raisedAt, request.deadline, request.atDeadline) = (before.raisedAt, before.deadline, before.atDeadline)
        request.reminders = Reminders.first(from: before.raisedAt)
        Reminders.advance(&request.reminders, past: now)
        let place = open.firstIndex { $0.number > request.number } ?? open.endIndex
        open.insert(request, at: place)
        return request
    }

    /// The end of the same question, where a job of `draft` was never told.
    private mutating func takeSettled(_ draft: Request, now: WallTime) -> (request: Request, change: RequestChange)? {
        guard
            let index = closed.lastIndex(where: { kept in
                kept.request.kind == draft.kind && kept.request.subject == draft.subject
                    && !kept.untaken.isDisjoint(with: draft.jobs)
                    && now.seconds(since: kept.request.endedAt ?? now) < RequestBoard.settledLasts
            })
        else { return nil }
        closed[index].untaken.subtract(draft.jobs)
        return (closed[index].request, RequestChange(kept: [closed[index]]))
    }

    /// The job has acted on the end of a request.
    package mutating func take(_ number: Int, job: String) -> RequestChange {
        guard let index = closed.firstIndex(where: { $0.request.number == number }),
            closed[index].untaken.remove(job) != nil
        else { return RequestChange() }
        return RequestChange(kept: [closed[index]])
    }

    /// The job waits for nothing any more; what nobody waits for is withdrawn.
    package mutating func leave(job: String, reason: String, now: WallTime) -> RequestChange {
        var change = RequestChange()
        for index in closed.indices where closed[index].untaken.remove(job) != nil { change.kept.append(closed[index]) }
        for request in open where request.jobs.contains(job) {
            guard let index = open.firstIndex(where: { $0.number == request.number }) else { continue }
            open[index].jobs.removeAll { $0 == job }
            if open[index].jobs.isEmpty {
                // Whoever withdraws knows already.
                change += close(index, .withdrawn(reason: reason, at: now), untaken: [])
            } else {
                change.kept.append(KeptRequest(open[index]))
            }
        }
        return change
    }

    // MARK: The operator

    /// The first answer wins; a later one is told whose it was.
    package mutating func answer(
        _ number: Int, word: String, by: Person, now: WallTime
    ) throws(Failure) -> RequestChange {
        let index = try find(number)
        let said = word.trimmed.tidied(100)
        guard let answer = open[index].answers.lazy.compactMap({ $0.accepts(said) }).first else {
            throw wrongWord(word, for: open[index])
        }
        return close(index, .answered(word: answer, by: by, at: now), untaken: Set(open[index].jobs))
    }

    /// "I am on my way": ten minutes without reminders, then it lapses.
    package mutating func claim(_ number: Int, by: Person, now: WallTime) throws(Failure) -> RequestChange {
        let index = try find(number)
        if let claim = open[index].claim, claim.until > now, claim.by.user != by.user {
            throw Failure(
                code: "REQUEST_CLAIMED", side: .engine,
                message: "\(claim.by.inWords) is on the way to request \(number) until \(claim.until.timeOfDay)",
                hint: "You may still answer it.")
        }
        let until = now.adding(seconds: RequestBoard.claimLasts)
        open[index].claim = RequestClaim(by: by, until: until)
        Reminders.shift(&open[index].reminders, firstNotBefore: until)
        return RequestChange(kept: [KeptRequest(open[index])])
    }

    /// Moves the reminders so that the next comes after `seconds`; the deadline stays.
    package mutating func postpone(
        _ number: Int, seconds: Double, now: WallTime
    ) throws(Failure) -> RequestChange {
        let index = try find(number)
        guard seconds > 0, seconds <= RequestBoard.longestPostponement else {
            throw Failure(
                code: "REQUEST_POSTPONED_TOO_FAR", side: .engine,
                message: "reminders can be moved by more than nothing and by at most seven days")
        }
        Reminders.shift(&open[index].reminders, firstNotBefore: now.adding(seconds: seconds))
        return RequestChange(kept: [KeptRequest(open[index])])
    }

    // MARK: The world and the clock

    /// What it asked for came by itself.
    package mutating func withdraw(
        _ kind: RequestKind, subject: String, reason: String, now: WallTime
    ) -> RequestChange {
        guard let index = open.firstIndex(where: { $0.kind == kind && $0.subject == subject }) else {
            return RequestChange()
        }
        return close(index, .withdrawn(reason: reason.tidied(300), at: now), untaken: Set(open[index].jobs))
    }

    /// Lets claims lapse and deadlines pass, and says which reminders are due; those are due until `remind` is told.
    package mutating func tick(now: WallTime) -> RequestChange {
        var change = RequestChange()
        for request in open {
            guard let index = open.firstIndex(where: { $0.number == request.number }) else { continue }
            if let deadline = request.deadline, deadline <= now {
                if request.atDeadline == .failResumable {
                    change += close(index, .expired(at: now), untaken: Set(request.jobs))
                    continue
                }
                // From here on it waits without end.
                open[index].deadline = nil
            }
            if let claim = request.claim, claim.until <= now { open[index].claim = nil }
            if let due = request.reminders.last(where: { $0 <= now }) {
                change.reminders.append(RequestReminder(request: open[index], at: due))
            }
            if open[index] != request { change.kept.append(KeptRequest(open[index])) }
        }
        return change
    }

    /// A reminder is out: those up to it are done with, and the next hour is appended.
    package mutating func reminded(_ reminder: RequestReminder) -> RequestChange {
        guard let index = open.firstIndex(where: { $0.number == reminder.request.number }) else {
            return RequestChange()
        }
        Reminders.advance(&open[index].reminders, past: reminder.at)
        return RequestChange(kept: [KeptRequest(open[index])])
    }

    /// The clock on the wall was moved: deadlines, claims and reminders move with it (I12).
    package mutating func clockJumped(by seconds: Double) -> RequestChange {
        for index in open.indices {
            open[index].deadline = open[index].deadline?.adding(seconds: seconds)
            if let claim = open[index].claim {
                open[index].claim = RequestClaim(by: claim.by, until: claim.until.adding(seconds: seconds))
            }
            open[index].reminders = open[index].reminders.map { $0.adding(seconds: seconds) }
        }
        return RequestChange(kept: open.map { KeptRequest($0) })
    }

    // MARK: Inside

    private mutating func close(_ index: Int, _ state: RequestState, untaken: Set<String>) -> RequestChange {
        var request = open.remove(at: index)
        request.state = state
        request.claim = nil
        request.reminders = []
        let kept = KeptRequest(request, untaken: untaken)
        closed.append(kept)
        while closed.count > RequestBoard.rememberedClosed, let index = closed.firstIndex(where: \.untaken.isEmpty) {
            closed.remove(at: index)
        }
        return RequestChange(kept: [kept], ended: [request])
    }

    private func find(_ number: Int) throws(Failure) -> Int {
        if let index = open.firstIndex(where: { $0.number == number }) { return index }
        throw request(number)?.isClosed ?? (number > 0 && number <= lastNumber ? .longEnded(number) : .unknown(number))
    }

    private func wrongWord(_ word: String, for request: Request) -> Failure {
        let words = request.answers.map { "\($0.word) (\($0.meaning))" }.joined(separator: ", ")
        return Failure(
            code: "ANSWER_NOT_ACCEPTABLE", side: .engine,
            message: "request \(request.number) does not take '\(word.tidied(60))'; it takes: \(words)",
            hint: "Answer with one of these words.")
    }

    static let claimLasts = 600.0
    static let longestPostponement = 7 * 86_400.0
    /// Seconds for which the end of a request answers the same question of a job that was not told.
    static let settledLasts = 86_400.0
    /// More than a person can read; a bound on the state's size.
    static let mostOpen = 64
    private static let rememberedClosed = 200
}
