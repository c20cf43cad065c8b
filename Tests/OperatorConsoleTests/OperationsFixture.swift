import BackupModel

@testable import OperatorConsole

/// Jobs in every state, three goals, two requests, alerts seen and unseen, beside the four mirrors of `Fixture.state`.
extension Fixture {
    static let ben = Person(user: "ben", uid: 1001, via: "command line")

    static var operations: EngineState {
        var state = Fixture.state
        state.jobs = jobs
        state.firings = [
            Firing(job: "mail", at: now.adding(seconds: 7_029), expectedSeconds: 690),
            Firing(job: "verify-weekly", at: now.adding(seconds: 25_029), expectedSeconds: 7_400, conflict: "nightly"),
            Firing(job: "nightly", at: now.adding(seconds: 28_629), expectedSeconds: 10_860, conflict: "verify-weekly"),
            Firing(job: "dump-db", at: now.adding(seconds: 34_029), expectedSeconds: 130),
        ]
        state.requests = [attach, confirm]
        state.sets = sets
        state.alerts[1].acknowledgement = Acknowledgement(
            by: ben, at: now.adding(seconds: -30), note: "on it, new cable")
        state.alerts[0].count = 3
        state.alerts[0].escalation = [
            EscalationStep(at: now.adding(seconds: 600), channel: "mail"),
            EscalationStep(at: now.adding(seconds: 2_400), channel: "phone"),
        ]
        state.delivery.waiting = 2
        state.delivery.oldestWaitingAt = now.adding(seconds: -300)
        state.delivery.lastProblem = "smtp.example: connection refused"
        return state
    }

    static var sets: [RecoverySetState] {
        let rows: [(String, SetPriority, Double?, Double?)] = [
            ("blobs", .critical, 19 * 3600, 26 * 3600), ("db/orders", .critical, 31 * 3600, 24 * 3600),
            ("mail", .normal, 2 * 3600, 6 * 3600), ("scratch", .low, nil, nil), ("archive", .low, nil, 9 * 86_400),
        ]
        return rows.map { name, priority, age, goal in
            var set = RecoverySetState(name: name, priority: priority, jobs: name == "blobs" ? ["nightly"] : [])
            set.newestVerifiedAt = age.map { now.adding(seconds: -$0) }
            set.goal = goal
            return set
        }
    }

    static var jobs: [JobState] {
        var nightly = job("nightly", .mirrorRun, last: .ok, ago: 86_400, took: 10_900)
        nightly.phase = .running
        nightly.schedule = "*-*-* 02:00"
        nightly.nextAt = now.adding(seconds: 28_629)
        nightly.expectedSeconds = 10_860
        nightly.resources = ["target:/mnt/ntt-backup"]
        nightly.current = run(101, "nightly", .mirrorRun, ago: 5_400)
        nightly.current?.done = Amount(count: 18_402, bytes: 231_000_000_000)
        nightly.durations = [9_800, 10_100, 10_400, 10_200, 11_800, 10_900]
        nightly.sizes = [88, 91, 90, 140, 102, 95].map { $0 * 1_000_000_000 }

        var offsite = job("offsite", .mirrorRun, last: .interrupted, ago: 100_000, took: 3_000)
        offsite.phase = .waiting(request: 17)
        offsite.current = run(102, "offsite", .mirrorRun, ago: 2_500)

        var dump = job("dump-db", .command, last: .failed, ago: 12_000, took: 2)
        dump.lastRun?.failure = Failure(
            code: "COMMAND_FAILED", side: .source, message: "the command ended with 3: server closed the connection",
            hint: "Look at the log with o, then run it again with R.")
        dump.nextAt = now.adding(seconds: 34_029)
        dump.schedule = "Mon..Fri 23:30"

        var verify = job("verify-weekly", .mirrorVerify, last: .okWithWarnings, ago: 500_000, took: 7_400)
        verify.phase = .queued(reason: "waits for target:/mnt/ntt-backup")
        verify.after = ["nightly"]
        verify.lastRun?.warnings = 4

        var mail = job("mail", .mirrorRun, last: .ok, ago: 2_600, took: 688)
        mail.nextAt = now.adding(seconds: 7_029)

        var archive = job("archive-old", .mirrorScan, last: nil, ago: 0, took: 0)
        archive.isEnabled = false
        return [nightly, offsite, dump, verify, mail, archive]
    }

    static func run(_ id: UInt64, _ job: String, _ kind: JobKind, ago: Double) -> JobRun {
        JobRun(run: RunID(bits: id), job: job, kind: kind, trigger: .schedule, startedAt: now.adding(seconds: -ago))
    }

    private static func job(
        _ name: String, _ kind: JobKind, last: JobResult?, ago: Double, took: Double
    ) -> JobState {
        var job = JobState(name: name, kind: kind)
        guard let last else { return job }
        var past = run(UInt64(name.utf8.count), name, kind, ago: ago)
        past.endedAt = past.startedAt.adding(seconds: took)
        past.result = last
        past.done = Amount(count: 119, bytes: 94_600_000_000)
        job.lastRun = past
        return job
    }

    /// Past runs of `nightly`, newest first, one of them failed.
    static var pastRuns: [JobRun] {
        (0..<40).map { index in
            var past = run(UInt64(2_000 - index), "nightly", .mirrorRun, ago: Double(index) * 86_400 + 14_000)
            past.endedAt = past.startedAt.adding(seconds: 10_000 + Double(index % 7) * 300)
            past.result = index == 3 ? .failed : index == 5 ? .okWithWarnings : .ok
            past.trigger = index == 2 ? .retry : .schedule
            past.attempt = index == 2 ? 2 : 1
            past.done = Amount(count: 119 + index, bytes: 90_000_000_000)
            if index == 3 {
                past.failure = Failure(code: "DESTINATION_FULL", side: .destination, message: "no space left on device")
            }
            return past
        }
    }

    static var attach: Request {
        var request = Request(
            number: 17, kind: .attachVolume, jobs: ["offsite"], subject: "7c1d09e2",
            what: "attach the volume 7c1d09e2 at /mnt/offsite", why: "it went away while the mirror was writing to it",
            place: "shelf B3, blue case; last seen 2026-09-30 at /dev/sdc1", candidates: ["/dev/sdd1, ext4, same uuid"],
            answers: [
                RequestAnswer(word: "attached", meaning: "it is there, look again"),
                RequestAnswer(word: "abandon", meaning: "go without it; the run ends failed", isDangerous: true),
            ], raisedAt: now.adding(seconds: -252), deadline: now.adding(seconds: 3_348), atDeadline: .failResumable)
        request.reminders = [now.adding(seconds: 600), now.adding(seconds: 2_400)]
        return request
    }

    static var confirm: Request {
        var request = Request(
            number: 18, kind: .choose, jobs: [], subject: "plan", what: "which of two copies is the right one?",
            why: "both carry the same name",
            answers: [
                RequestAnswer(word: "1", meaning: "the one of 2026-09-30"),
                RequestAnswer(word: "2", meaning: "the one of today"),
            ], raisedAt: now.adding(seconds: -60))
        request.claim = RequestClaim(by: ben, until: now.adding(seconds: 540))
        return request
    }
}
