import BackupModel
import TapeArchive
import WorkerKit

/// The person who changes tapes, reached by durable requests: one a drive.
///
/// A question may be asked again while it is open: then the request says the new reason, and both calls hear the answer.
actor TapeRequests: TapeOperator {
    private let requests: RequestDesk
    private let jobs: JobDesk
    private let time: SystemTime
    /// What was asked last for each drive: asked again for the same part, it is the same request.
    private var last: [String: Asked] = [:]
    private var isClosing = false
    private var calls = 0

    private struct Asked: Hashable {
        var job: String
        var run: RunID?
        var part: Int
        var number = 0
        /// Which of the calls it is: asked again, the newer one stands for the question.
        var call = 0

        init(_ question: TapeQuestion) { (job, run, part) = (question.job, question.run, question.part) }

        func isAbout(_ other: Asked) -> Bool { job == other.job && run == other.run && part == other.part }
    }

    init(_ requests: RequestDesk, _ jobs: JobDesk, _ time: SystemTime) {
        self.requests = requests
        self.jobs = jobs
        self.time = time
    }

    func ask(_ question: TapeQuestion) async -> TapeReply {
        // Nobody may be there for a scheduled run; who began one by hand is.
        let deadline = question.isScheduled ? time.wall().adding(seconds: TapeRequests.patience) : nil
        let draft = Request.changeTape(question, now: time.wall(), deadline: deadline)
        var asked = Asked(question)
        let before = last[question.drive].flatMap { $0.isAbout(asked) ? $0.number : nil }
        asked.number = before ?? 0
        calls += 1
        asked.call = calls
        let call = calls
        last[question.drive] = asked
        while !Task.isCancelled {
            let end = try? await requests.ask(draft, continuing: before) { [jobs] request in
                await self.note(request.number, question.drive)
                if let run = question.run { await jobs.follow(.waits(run, request: request.number)) }
            }
            if let end {
                if end == .open { await takeBack(question, call) }
                if let run = question.run { await jobs.follow(.goesOn(run)) }
                return await reply(to: end, question)
            }
            // The catalog does not take it now; nothing is lost by asking again.
            try? await Task.sleep(for: .seconds(5))
        }
        return .cancel
    }

    /// Seconds for which a scheduled run waits.
    static let patience = 12 * 3600.0

    private func note(_ number: Int, _ drive: String) { last[drive]?.number = number }

    private func reply(to end: RequestState, _ question: TapeQuestion) async -> TapeReply {
        switch end {
        case .answered(let word, _, _):
            let reply = TapeReply(answer: word)
            // So that it counts as ended by a person and is not tried again.
            if reply == .cancel, question.run != nil { _ = try? await jobs.step(.cancel(question.job)) }
            return reply
        case .expired: return .expired
        case .withdrawn, .open: return .cancel
        }
    }

    /// The tape came by itself, or nobody waits any more. What an engine that ends has asked stays asked: the job goes on
    /// in the next one.
    private func takeBack(_ question: TapeQuestion, _ call: Int) async {
        guard !isClosing, let asked = last[question.drive], asked.call == call else { return }
        try? await requests.withdraw(
            .changeTape, subject: question.drive, reason: "a tape is in the drive, or nobody waits for one any more")
        try? await requests.take(asked.number, job: question.job)
    }

    func close() { isClosing = true }
}
