import BackupModel
import Testing

@testable import BackupEngine

@Suite struct IntentGateTests {
    static let phases: [CopyPhase] = [
        .idle, .scanning(seen: 1, of: 2), .reconciling, .copying, .verifying, .paused, .waiting(reason: "x"),
        .finished(.ok),
    ]

    struct Row: CustomTestStringConvertible, Sendable {
        var intent: Intent
        /// One letter a phase: `.` goes, and the codes below.
        var answers: String
        var testDescription: String { "\(intent)" }
    }

    static let codes: [Character: String] = [
        "A": "ALREADY_RUNNING", "N": "NOT_RUNNING", "P": "ALREADY_PAUSED", "Q": "NOT_PAUSED",
    ]

    @Test(
        "each intent in each phase",
        arguments: [
            Row(intent: .runMirror(name: "m", overrides: RunOverrides()), answers: ".AAAAAA."),
            Row(intent: .scanMirror(name: "m"), answers: ".AAAAAA."),
            Row(intent: .verifyMirror(name: "m"), answers: ".AAAAAA."),
            Row(intent: .requeue(name: "m", blob: nil), answers: ".AAAAAA."),
            Row(intent: .pauseMirror(name: "m"), answers: "N....P.N"),
            Row(intent: .resumeMirror(name: "m"), answers: "QQQQQ.QQ"),
            Row(intent: .stopMirror(name: "m"), answers: "N......N"),
            Row(intent: .limitMirror(name: "m", limits: CopyLimits()), answers: "N......N"),
            Row(intent: .acknowledge(alert: 1, note: ""), answers: "........"),
        ])
    func table(_ row: Row) {
        for (phase, answer) in zip(Self.phases, row.answers) {
            let refusal = refusal(of: row.intent, in: phase)
            #expect(refusal?.code == Self.codes[answer], "in \(phase)")
            #expect(refusal.map { $0.side == .engine && !$0.message.isEmpty } ?? true)
        }
    }

    struct Said: CustomTestStringConvertible, Sendable {
        var intent: Intent
        var words: String
        var mirror: String?
        var job: String?
        var testDescription: String { words }

        init(_ intent: Intent, _ words: String, mirror: String? = nil, job: String? = nil) {
            (self.intent, self.words, self.mirror, self.job) = (intent, words, mirror, job)
        }
    }

    /// What somebody may send as a name or a word, and what of it reaches the audit log.
    static let foreign = "m\u{1b}[2J\n\u{202e}", escaped = printable(Array(foreign.utf8))
    static let limits = CopyLimits(workers: 3, batch: 50, rate: nil, readBack: .later)
    static let overrides = RunOverrides(batch: 5, workers: 2, limit: 9, readBack: ReadBack.none, dryRun: true)
    static let said = [
        Said(.runMirror(name: "m", overrides: RunOverrides()), "run mirror m", mirror: "m"),
        Said(
            .runMirror(name: foreign, overrides: overrides),
            "run mirror \(escaped): dry run, 2 workers, batch 5, 9 blobs at most, read-back none", mirror: foreign),
        Said(.scanMirror(name: foreign), "scan mirror \(escaped)", mirror: foreign),
        Said(.verifyMirror(name: foreign), "verify mirror \(escaped)", mirror: foreign),
        Said(.pauseMirror(name: foreign), "pause mirror \(escaped)", mirror: foreign),
        Said(.resumeMirror(name: foreign), "resume mirror \(escaped)", mirror: foreign),
        Said(.stopMirror(name: foreign), "stop mirror \(escaped)", mirror: foreign),
        Said(
            .limitMirror(name: foreign, limits: limits),
            "limit mirror \(escaped): 3 workers, batch 50, read-back later, rate unlimited", mirror: foreign),
        Said(.requeue(name: foreign, blob: nil), "requeue all failures of mirror \(escaped)", mirror: foreign),
        Said(.requeue(name: "m", blob: .emptySHA256), "requeue e3b0c4..b855 of mirror m", mirror: "m"),
        Said(.acknowledge(alert: 4, note: ""), "acknowledge alert 4"),
        Said(.acknowledge(alert: 4, note: foreign), "acknowledge alert 4: \(escaped)"),
        Said(.snooze(alert: 4, seconds: 7200), "snooze alert 4 for 2h00"),
        Said(.runJob(name: foreign), "run job \(escaped)", job: foreign),
        Said(.cancelJob(name: foreign), "cancel job \(escaped)", job: foreign),
        Said(.pauseJob(name: foreign), "pause job \(escaped)", job: foreign),
        Said(.resumeJob(name: foreign), "resume job \(escaped)", job: foreign),
        Said(.enableJob(name: foreign, isEnabled: true), "enable job \(escaped)", job: foreign),
        Said(.enableJob(name: foreign, isEnabled: false), "disable job \(escaped)", job: foreign),
        Said(.skipNext(job: foreign), "skip the next start of job \(escaped)", job: foreign),
        Said(.answer(request: 7, word: foreign), "answer request 7: \(escaped)"),
        Said(.claim(request: 7), "claim request 7"),
        Said(.postpone(request: 7, seconds: 900), "postpone the reminders of request 7 by 15:00"),
        Said(.maintenance(until: start), "maintenance until \(start.iso8601())"),
        Said(.maintenance(until: nil), "end maintenance"),
        Said(.drain(isOn: true), "drain"), Said(.drain(isOn: false), "end draining"),
        Said(.acceptClock, "accept the clock"), Said(.reloadSettings, "reload the settings"),
        Said(.stopEngine, "stop the engine"),
    ]

    @Test("I9 an intent's words for the audit log, whatever it was sent with, and what it is about", arguments: said)
    func words(_ row: Said) {
        #expect(row.intent.words == row.words)
        #expect(row.intent.words.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        #expect(row.intent.mirror == row.mirror && row.intent.job == row.job)
    }
}
