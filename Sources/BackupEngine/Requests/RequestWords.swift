package import BackupModel

extension Request {
    /// When it ended; nil while it is open.
    package var endedAt: WallTime? {
        switch state {
        case .open: nil
        case .answered(_, _, let at), .withdrawn(_, let at), .expired(let at): at
        }
    }

    /// Nobody came in time.
    var hasExpired: Bool { if case .expired = state { true } else { false } }

    /// As a refusal to a late answer: what happened, by whom and when; nil while it is open.
    var isClosed: Failure? {
        switch state {
        case .open: nil
        case .answered(let word, let by, let at):
            Failure(
                code: "REQUEST_ANSWERED", side: .engine,
                message: "request \(number) was answered '\(word)' by \(by.inWords) \(at.timeOfDay)")
        case .withdrawn(let reason, let at):
            Failure(
                code: "REQUEST_WITHDRAWN", side: .engine,
                message: "request \(number) was withdrawn \(at.timeOfDay): \(reason)")
        case .expired(let at):
            Failure(
                code: "REQUEST_EXPIRED", side: .engine,
                message: "request \(number) expired \(at.timeOfDay); its jobs failed and can be resumed",
                hint: "Run the job again.")
        }
    }

    /// Another job waits for the same: who asked first keeps the words, the later deadline counts.
    mutating func join(_ other: Request) {
        jobs += other.jobs.filter { !jobs.contains($0) }
        if let mine = deadline { deadline = other.deadline.map { max(mine, $0) } }
        if atDeadline != other.atDeadline { atDeadline = .keepWaiting }
        if !other.place.isEmpty { place = other.place }
        if !other.candidates.isEmpty { candidates = other.candidates }
        // One drive waits, whoever asks for it: what it wants now counts.
        if kind == .changeTape {
            (what, why, place, candidates, answers) = (
                other.what, other.why, other.place, other.candidates, other.answers
            )
        }
    }

    /// Bounded and without foreign bytes, whoever made it; a request without a subject is its own.
    var tidied: Request {
        var request = self
        request.what = what.tidied(200)
        request.why = why.tidied(500)
        request.place = place.tidied(500)
        request.candidates = candidates.prefix(16).map { $0.tidied(200) }
        request.answers = answers.prefix(16).map {
            RequestAnswer(
                word: $0.word.trimmed.tidied(60), meaning: $0.meaning.tidied(200), isDangerous: $0.isDangerous)
        }
        if subject.isEmpty { request.subject = request.what }
        return request
    }

    // MARK: The kinds

    /// The volume that jobs need is away. `deadline` is nil when a person waits beside it.
    ///
    /// - Parameters:
    ///   - volume: nil when the mirror's index knows none.
    ///   - why: what the look at the target said.
    ///   - seen: when a run on it last ended.
    ///   - candidates: places where it was found instead.
    package static func attachVolume(
        _ volume: VolumeIdentity?, mirror: String, target: String, job: String, why: String, seen: WallTime?,
        candidates: [String] = [], now: WallTime, deadline: WallTime?
    ) -> Request {
        let name = printable(mirror.utf8)
        let which = volume.map { "\($0.uuid.prefix(8)) of mirror \(name)" } ?? "of mirror \(name)"
        var place = printable(target.utf8)
        if let seen { place += ", at \(seen.iso8601())" }
        if let volume {
            place +=
                " (\(printable(volume.fileSystem.utf8)), uuid \(volume.uuid), enrolled "
                + "\(volume.enrolledAt.iso8601().prefix(10)))"
        }
        return Request(
            kind: .attachVolume, jobs: [job], subject: subject(volume, mirror: mirror), what: "attach volume \(which)",
            why: "job \(printable(job.utf8)) needs it: \(why)", place: place, candidates: candidates,
            answers: [
                RequestAnswer(word: "attached", meaning: "it is there, look now"),
                RequestAnswer(
                    word: "cancel", meaning: "end the jobs that wait; what is safe stays safe", isDangerous: true),
            ], raisedAt: now, deadline: deadline, atDeadline: deadline == nil ? .keepWaiting : .failResumable)
    }

    /// One question for each volume, whoever waits for it.
    package static func subject(_ volume: VolumeIdentity?, mirror: String) -> String { volume?.uuid ?? mirror }

    /// A plan larger than usual wants a yes. `plan` names exactly this plan, so that another one is asked anew.
    package static func confirm(
        plan: String, job: String, what: String, why: String, now: WallTime, deadline: WallTime?
    ) -> Request {
        Request(
            kind: .confirm, jobs: [job], subject: plan, what: what, why: why,
            answers: [
                RequestAnswer(word: "yes", meaning: "do it", isDangerous: true),
                RequestAnswer(word: "no", meaning: "leave it; the job ends and nothing is changed"),
            ], raisedAt: now, deadline: deadline, atDeadline: deadline == nil ? .keepWaiting : .failResumable)
    }

    /// One of several: the answers are `1`, `2` ... in the order given.
    package static func choose(
        subject: String, job: String, what: String, why: String, choices: [String], now: WallTime, deadline: WallTime?
    ) -> Request {
        Request(
            kind: .choose, jobs: [job], subject: subject, what: what, why: why,
            answers: choices.enumerated().map { RequestAnswer(word: "\($0.offset + 1)", meaning: $0.element) }
                + [RequestAnswer(word: "cancel", meaning: "choose nothing; the job ends", isDangerous: true)],
            raisedAt: now, deadline: deadline, atDeadline: deadline == nil ? .keepWaiting : .failResumable)
    }

    /// Scheduled runs wait 12 hours, what a person started waits without end.
    package static func usualDeadline(for trigger: JobTrigger, now: WallTime) -> WallTime? {
        trigger == .operator ? nil : now.adding(seconds: 12 * 3600)
    }
}

extension Failure {
    static func unknown(_ number: Int) -> Failure {
        Failure(
            code: "REQUEST_UNKNOWN", side: .engine, message: "there is no request \(number)",
            hint: "holdfast requests lists those that are open.")
    }

    static func longEnded(_ number: Int) -> Failure {
        Failure(
            code: "REQUEST_ENDED", side: .engine, message: "request \(number) ended long ago",
            hint: "holdfast requests lists those that are open.")
    }
}

extension Person {
    /// `ben (command line)`; safe on any screen.
    package var inWords: String { "\(user.tidied(60)) (\(via.tidied(60)))" }
}

extension String {
    /// Foreign bytes escaped, though what is escaped already stays as it is, and at most `limit` characters.
    func tidied(_ limit: Int) -> String {
        let safe = split(separator: "\\", omittingEmptySubsequences: false).map { printable($0.utf8) }
            .joined(separator: "\\")
        return safe.count <= limit ? safe : safe.prefix(limit - 1) + "…"
    }

    /// Without blanks, tabs and line ends at both ends.
    var trimmed: String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
        guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
