import BackupModel
import Foundation
import Testing

@testable import BackupEngine

@Suite struct DigestTests {
    private let now = WallTime(milliseconds: 1_760_000_000_000)

    private var calm: EngineState {
        var state = EngineState(host: "store", version: "0", startedAt: now, at: now)
        var set = RecoverySetState(name: "blobs", jobs: ["nightly"])
        set.newestVerifiedAt = now.adding(seconds: -3600)
        set.goal = 26 * 3600
        state.sets = [set]
        state.jobs = [JobState(name: "nightly", kind: .mirrorRun)]
        return state
    }

    private func run(_ result: JobResult) -> JobRun {
        var run = JobRun(
            run: RunID(bits: 7), job: "nightly", kind: .mirrorRun, trigger: .schedule,
            startedAt: now.adding(seconds: -4000))
        run.endedAt = now.adding(seconds: -400)
        run.result = result
        run.done = Amount(count: 12_345, bytes: 5 << 30)
        return run
    }

    private func digest(_ state: EngineState, _ runs: [JobRun]) -> Digest {
        Digest(state: state, runs: runs, since: now.adding(seconds: -86_400), now: now)
    }

    @Test("a good day is told too")
    func calmDay() {
        let digest = digest(calm, [run(.ok)])
        #expect(digest.severity == .info)
        #expect(digest.subject(day: "2026-10-04") == "[store] daily report 2026-10-04: all well")
        #expect(digest.body.contains("ok   blobs: 1h00, goal 1d02h"))
        #expect(digest.body.contains("nightly ok in 1h00, 12 345 (5.00 GiB)"))
        #expect(digest.body.contains("OPEN REQUESTS\n  none\n"))
    }

    @Test("a bad day: every set's age, what ran and what did not, who is waited for, what is needed")
    func badDay() {
        var state = calm
        state.sets[0].newestVerifiedAt = now.adding(seconds: -30 * 3600)
        state.sets.append(RecoverySetState(name: "mail\u{1b}[2J"))
        state.jobs[0].resources = ["target:/mnt/cold"]
        state.jobs[0].phase = .queued(reason: "waits for target:/mnt/cold")
        state.firings = [Firing(job: "nightly", at: now.adding(seconds: 3600))]
        state.requests = [
            Request(
                number: 12, kind: .attachVolume, jobs: ["nightly"], subject: "u", what: "attach the volume cold",
                why: "its target is away", place: "shelf 3", answers: [], raisedAt: now.adding(seconds: -7200))
        ]
        state.alerts = [
            Alert(
                id: 1, severity: .error, raisedAt: now, subject: "nightly",
                failure: Failure(code: "X", side: .destination, message: "the target is away"))
        ]
        state.hold.stopFile = "moving house"
        var failed = run(.failed)
        failed.failure = Failure(code: "X", side: .destination, message: "no space")
        let digest = digest(state, [failed])
        #expect(digest.severity == .error)
        #expect(
            digest.subject(day: "d")
                == "[store] daily report d: 1 of 2 sets late, 1 runs not well, 1 jobs did not run, 1 requests open, 1 alerts"
        )
        for line in [
            "LATE blobs: 1d06h, goal 1d02h", "ok   mail\\e[2J: never, no goal", "nightly failed in 1h00",
            ": no space", "nightly: waits, waits for target:/mnt/cold", "moving house",
            "#12 attach the volume cold (open for 2h00)", "ERROR nightly: the target is away",
            "now: attach the volume cold, last seen shelf 3", "nightly: target:/mnt/cold",
        ] {
            #expect(digest.body.contains(line), "\(line)")
        }
        #expect(!digest.body.contains("\u{1b}"))
    }

    @Test("ten thousand of everything stay a mail that can be read")
    func large() {
        var state = calm
        state.sets = (0..<10_000).map { RecoverySetState(name: "set\($0)") }
        let body = digest(state, (0..<10_000).map { _ in run(.ok) }).body
        #expect(body.utf8.count < 40_000 && body.contains("and 9 940 more") || body.contains("and 9940 more"))
    }
}
