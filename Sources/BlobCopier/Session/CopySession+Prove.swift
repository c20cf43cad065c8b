import BackupModel
import Glibc
import WorkerKit

extension CopySession {
    /// What a page of proofs found. Blobs without an outcome could not be judged.
    struct Judged: Sendable {
        var outcomes: [BlobOutcome]
        var trouble: Trouble?
    }

    private enum Judgement: Sendable {
        case unknown
        case outcome(BlobOutcome)
        case trouble(Trouble)
    }

    /// Proves placed blobs from the medium, in parallel.
    func prove(_ records: [BlobRecord]) async -> Judged {
        let target = self.target
        let answers = Answers([Judgement](repeating: .unknown, count: records.count))
        await pool.perform(records.count) { [self] number, bench in
            guard control.mayBegin() else { return }
            bench.slot.begin(.readBack, blob: records[number].id, size: records[number].size, attempt: 1)
            do throws(FileError) {
                answers.set(number, try judge(records[number], target, bench))
            } catch { answers.set(number, judge(error, records[number], target)) }
        }
        var judged = Judged(outcomes: [])
        for answer in answers.all {
            switch answer {
            case .unknown: break
            case .outcome(let outcome): judged.outcomes.append(outcome)
            case .trouble(let trouble): judged.trouble = judged.trouble ?? trouble
            }
        }
        return judged
    }

    private func judge(_ record: BlobRecord, _ target: OpenTarget, _ bench: Bench) throws(FileError) -> Judgement {
        let keepGoing = { [control] in control.mayGoOn(after: bench.buffer.count) }
        guard let first = try target.prove(record.id, bench: bench, keepGoing: keepGoing) else { return .unknown }
        let good = BlobOutcome(id: record.id, size: first.size, state: .verified)
        if first.verdict == .good { return .outcome(good) }
        // Wrong once is a question, wrong twice is an answer (L12).
        guard let second = try target.prove(record.id, bench: bench, keepGoing: keepGoing) else { return .unknown }
        if second.verdict == .good {
            report(
                .warn, "UNSTABLE_READ",
                "\(record.id.short) was read wrong once and right then: check cable, memory and drive")
            return .outcome(BlobOutcome(id: record.id, size: second.size, state: .verified))
        }
        try target.quarantine(record.id)
        count { $0.foundDamage += 1 }
        return .outcome(replaced(record.id, .targetCorrupt(target, record.id), otherwise: .corrupt))
    }

    private func judge(_ error: FileError, _ record: BlobRecord, _ target: OpenTarget) -> Judgement {
        if let trouble = Trouble.of(error, gate: target.gate) { return .trouble(trouble) }
        switch error.errno {
        case ENOENT: return .outcome(replaced(record.id, .targetMissing(target, record.id), otherwise: .lost))
        // An input error is not corruption: nothing is renamed (L11).
        case EIO: return .outcome(BlobOutcome(id: record.id, state: .unreadable, failure: error.failure))
        default: return .unknown
        }
    }

    /// The next run copies it again, if the source still has it.
    private func replaced(_ id: BlobID, _ failure: Failure, otherwise: BlobState) -> BlobOutcome {
        let isThere = Result { () throws(FileError) in try source.has(id) }
        var failure = failure
        if case .success(false) = isThere {
            failure.hint = "The source does not have it any more: look for another copy."
            return BlobOutcome(id: id, state: otherwise, failure: failure)
        }
        return BlobOutcome(id: id, state: .lost, failure: failure)
    }
}
