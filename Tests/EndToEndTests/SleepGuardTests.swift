import BackupModel
import Testing

@testable import holdfast

@Suite struct SleepGuardTests {
    struct Case: CustomTestStringConvertible {
        var kind: JobKind
        var phase: JobPhase
        var holds: Bool
        var testDescription: String { "\(kind.rawValue) \(phase)" }
    }

    static let cases = [
        Case(kind: .command, phase: .running, holds: true),
        Case(kind: .mirrorRun, phase: .running, holds: true),
        Case(kind: .mirrorRun, phase: .pausing, holds: true),
        Case(kind: .mirrorRun, phase: .cancelling, holds: true),
        Case(kind: .mirrorRun, phase: .waiting(request: 1), holds: false),
        Case(kind: .mirrorRun, phase: .paused, holds: false),
        Case(kind: .mirrorRun, phase: .queued(reason: "held"), holds: false),
        Case(kind: .mirrorRun, phase: .idle, holds: false),
        Case(kind: .mirrorScan, phase: .running, holds: false),
        Case(kind: .mirrorVerify, phase: .running, holds: false),
    ]

    @Test(arguments: cases) func jobs(example: Case) {
        var job = JobState(name: "nightly", kind: example.kind)
        job.phase = example.phase
        let state = EngineState(
            host: "h", version: "1", startedAt: .init(milliseconds: 0), at: .init(milliseconds: 0), jobs: [job])
        #expect(SleepGuard.writers(state) == (example.holds ? ["nightly"] : []))
    }

    @Test(arguments: [
        (CopyPhase.copying, true), (.reconciling, true), (.idle, false), (.paused, false), (.verifying, false),
        (.scanning(seen: 1, of: 2), false), (.waiting(reason: "volume"), false),
    ])
    func mirrors(phase: CopyPhase, holds: Bool) {
        var copy = CopyState(name: "cold", source: "/s", target: "/t")
        copy.phase = phase
        let state = EngineState(
            host: "h", version: "1", startedAt: .init(milliseconds: 0), at: .init(milliseconds: 0), copies: [copy])
        #expect(SleepGuard.writers(state) == (holds ? ["mirror cold"] : []))
    }

    @Test func manyAreNamedInFewWords() {
        #expect(SleepGuard.arguments(["a", "b"]).contains("--why=a, b under way"))
        #expect(SleepGuard.arguments(["a", "b", "c", "d", "e"]).contains("--why=a, b, c and 2 more under way"))
    }
}
