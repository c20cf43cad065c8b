import BackupModel
import TapeArchive

extension Request {
    /// A drive waits for a tape. The subject is the drive's name; the answers are the words of `TapeReply`.
    static func changeTape(_ question: TapeQuestion, now: WallTime, deadline: WallTime?) -> Request {
        let drive = printable(question.drive.utf8), job = printable(question.job.utf8)
        let scratch = "a blank\(question.generation.isEmpty ? "" : " " + question.generation) tape"
        let first = question.wanted.first.map { printable($0.name.utf8) }
        let part = question.part > 1 ? ", part \(question.part) of \(job)" : ""
        var candidates = question.wanted.dropFirst().map { wanted in
            "or \(printable(wanted.name.utf8))" + (wanted.place.isEmpty ? "" : ", \(wanted.place)")
        }
        if first != nil, question.takesScratch {
            candidates.append("or \(scratch) for pool \(printable(question.pool.utf8))")
        }
        return Request(
            kind: .changeTape, jobs: [question.job], subject: question.drive,
            what: "load \(first ?? scratch) into drive \(drive)\(part)", why: "job \(job): \(question.why)",
            place: question.wanted.first?.place ?? "", candidates: candidates, answers: answers(question),
            raisedAt: now, deadline: deadline, atDeadline: deadline == nil ? .keepWaiting : .failResumable)
    }

    private static func answers(_ question: TapeQuestion) -> [RequestAnswer] {
        var answers = [
            RequestAnswer(word: "loaded", meaning: "a tape lies in the drive: look now"),
            RequestAnswer(word: "use LABEL", meaning: "another volume will do: its label or barcode"),
        ]
        if question.takesScratch {
            answers.append(RequestAnswer(word: "blank LABEL", meaning: "a blank tape lies in the drive: label it so"))
        }
        answers.append(
            RequestAnswer(
                word: "cancel", meaning: "end the job; what is on tape stays on tape", isDangerous: true))
        return answers
    }
}

extension TapeReply {
    /// What the words of an answer to `Request.changeTape` mean.
    init(answer word: String) {
        let words = word.split(separator: " ", maxSplits: 1).map(String.init)
        switch (words.first, words.count) {
        case ("loaded", 1): self = .loaded
        case ("use", 2): self = .use(words[1])
        case ("blank", 2): self = .blank(label: words[1])
        default: self = .cancel
        }
    }
}
