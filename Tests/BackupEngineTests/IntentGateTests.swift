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

    @Test("the mirror an intent is about, and its words for the audit log")
    func words() throws {
        let limits = CopyLimits(workers: 3, batch: 50, rate: nil, readBack: .later)
        #expect(
            Intent.limitMirror(name: "m", limits: limits).words
                == "limit: 3 workers, batch 50, read-back later, rate unlimited")
        #expect(Intent.requeue(name: "m", blob: .emptySHA256).words == "requeue e3b0c4..b855")
        #expect(Intent.acknowledge(alert: 4, note: "").mirror == nil)
        #expect(Intent.stopMirror(name: "m").mirror == "m")
    }
}
