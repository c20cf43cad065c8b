import BackupCatalog
import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BackupEngine

@Suite struct SetWatchTests {
    private func hours(_ count: Double) -> WallTime { start.adding(seconds: count * 3600) }

    private func run(
        _ job: String, _ result: JobResult? = .ok, endedAt: WallTime, bits: UInt64 = 1
    ) -> JobRun {
        var run = JobRun(
            run: RunID(bits: bits), job: job, kind: .command, trigger: .schedule,
            startedAt: endedAt.adding(seconds: -60))
        run.endedAt = result == nil ? nil : endedAt
        run.result = result
        return run
    }

    private func mirrorJob(_ name: String, _ kind: JobKind = .mirrorRun) -> JobSettings {
        var job = JobSettings(name: name, kind: kind)
        job.mirror = "cold"
        return job
    }

    /// A whole copy of the mirror `cold`, read back at once.
    private func whole(_ hour: Double, flawed: Int = 0) -> [Evidence] {
        let run = RunSummary(
            run: RunID(bits: 5), kind: .run, startedAt: hours(hour - 1), endedAt: hours(hour),
            result: flawed == 0 ? .ok : .okWithWarnings)
        let tally = Tally([.verified: Amount(count: 3, bytes: 3), .sourceCorrupt: Amount(count: flawed, bytes: 0)])
        return MirrorProof.rows(of: run, tally, mirror: "cold", volume: "v", by: "").reversed()
    }

    private func set(_ jobs: String..., goal: Double? = 26) -> RecoverySetSettings {
        var set = RecoverySetSettings(name: "blobs")
        set.jobs = jobs
        set.newestVerifiedWithin = goal.map { $0 * 3600 }
        set.priority = .critical
        return set
    }

    private func newest(_ set: RecoverySetSettings, _ facts: SetFacts) -> WallTime? {
        SetWatch.states([set], facts, now: hours(100))[0].newestVerifiedAt
    }

    @Test("of a command only ok counts (I3, I5)", arguments: JobResult.allCases)
    func onlyOk(result: JobResult) {
        let facts = SetFacts(runs: [
            run("nightly", endedAt: hours(1)), run("nightly", result, endedAt: hours(2)),
            run("nightly", nil, endedAt: hours(3)), run("other", endedAt: hours(4)),
        ])
        #expect(newest(set("nightly"), facts) == (result == .ok ? hours(2) : hours(1)))
    }

    @Test("the newest counts, whatever the order of history, and none of the future")
    func order() {
        let times = [3.0, 1, 2, 101, 90_000]
        let facts = SetFacts(runs: times.map { run("nightly", endedAt: hours($0)) })
        #expect(newest(set("nightly"), facts) == hours(3))
    }

    @Test("a mirror counts by its evidence, whatever its jobs' runs say; a scan or a verification makes no copy")
    func mirrors() {
        var facts = SetFacts(
            jobs: [mirrorJob("nightly"), mirrorJob("scan", .mirrorScan), mirrorJob("verify", .mirrorVerify)],
            runs: [run("nightly", endedAt: hours(9)), run("verify", endedAt: hours(9))])
        #expect(newest(set("nightly"), facts) == nil)
        facts.evidence["other"] = whole(8)
        #expect(newest(set("nightly"), facts) == nil)
        facts.evidence["cold"] = whole(2)
        #expect(newest(set("nightly"), facts) == hours(2))
        #expect(newest(set("nightly", "scan", "verify"), facts) == hours(2))
        #expect(newest(set("scan", "verify"), facts) == nil)
    }

    @Test("what is damaged at the source makes no set late, and is told with it")
    func flawed() {
        let facts = SetFacts(jobs: [mirrorJob("nightly")], evidence: ["cold": whole(99, flawed: 4)])
        let state = SetWatch.states([set("nightly")], facts, now: hours(100))[0]
        #expect(!state.isLate(at: hours(100)))
        #expect(state.flawedAtSource == 4)
        #expect(state.evidence.hasSuffix("; ok but 4 corrupt or gone at the source"))
    }

    @Test("a set is as fresh as its stalest part")
    func stalest() throws {
        let facts = SetFacts(
            jobs: [mirrorJob("a")], runs: [run("b", endedAt: hours(2))], evidence: ["cold": whole(5)])
        let state = SetWatch.states([set("a", "b")], facts, now: hours(6))[0]
        #expect(state.newestVerifiedAt == hours(2) && state.evidence.contains("of b"))
        #expect(newest(set("a", "b", "c"), facts) == nil)
        var watching = set("a")
        watching.watch = WatchedArtefacts(glob: "/x/*")
        #expect(newest(watching, facts) == nil)
        var seen = facts
        seen.sightings["blobs"] = ArtefactSighting(newest: Artefact(path: "/x/1", size: 7, modified: hours(3)))
        #expect(newest(watching, seen) == hours(3))
        #expect(newest(set(), facts) == nil)
    }

    @Test("the goal is judged by the time given", arguments: [(27.0, false), (27.1, true)])
    func goal(hour: Double, isLate: Bool) {
        let facts = SetFacts(runs: [run("nightly", endedAt: hours(1))])
        let state = SetWatch.states([set("nightly")], facts, now: hours(hour))[0]
        #expect(state.isLate(at: hours(hour)) == isLate && state.priority == .critical)
        #expect(!SetWatch.states([set("never", goal: nil)], facts, now: hours(hour))[0].isLate(at: hours(hour)))
        #expect(SetWatch.states([set("never")], facts, now: hours(hour))[0].isLate(at: hours(hour)))
    }
}

@Suite struct ArtefactWatchTests {
    @Test(
        "patterns of names",
        arguments: [
            ("*", "a", true), ("*", ".a", false), (".*", ".a", true), ("*.gz", "a.gz", true),
            ("*.gz", "a.gz.part", false),
            ("a?c", "abc", true), ("a?c", "ac", false), ("", "", true), ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXcYb", false), ("**", "x", true), ("dump-*-?.sql", "dump-2026-1.sql", true), ("a", "A", false),
        ])
    func patterns(pattern: String, name: String, isMatch: Bool) {
        #expect(NamePattern(pattern.utf8).matches(Array(name.utf8)) == isMatch)
    }

    @Test("a hostile pattern is quick")
    func quick() {
        let name = [UInt8](repeating: 0x61, count: 255)
        #expect(!NamePattern(String(repeating: "*a", count: 60).utf8 + [0x62]).matches(name))
    }

    @Test(
        "where a pattern begins",
        arguments: [
            ("/b/*.gz", "/b", 1), ("/b/*/x.gz", "/b", 2), ("/b/x.gz", "/b", 1), ("/*", "/", 1), ("/x", "/", 1),
            ("relative/*", nil, 0), ("/b/", nil, 0), ("/b/../c", nil, 0), ("", nil, 0),
        ] as [(String, String?, Int)])
    func globs(text: String, root: String?, parts: Int) {
        let glob = Glob(text)
        #expect(glob?.root.description == root && glob?.parts.count ?? 0 == parts)
    }

    private final class Folder {
        let path = NSTemporaryDirectory() + "holdfast-artefacts-" + UUID().uuidString
        let now = SystemTime.live.wall()
        var settings = RecoverySetSettings(name: "s")
        let watch: ArtefactWatch

        init(_ pattern: String = "*/*.gz", atLeast: Int64 = 10) throws {
            settings.watch = WatchedArtefacts(glob: path + "/" + pattern, atLeast: atLeast)
            watch = try ArtefactWatch(files: LinuxFiles(side: .source))
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func put(_ name: String, size: Int = 100, hoursOld: Double) throws {
            let file = path + "/" + name
            try FileManager.default.createDirectory(
                atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
            try Data(repeating: 1, count: size).write(to: URL(fileURLWithPath: file))
            let date = Date(timeIntervalSince1970: Double(now.milliseconds) / 1000 - hoursOld * 3600)
            try FileManager.default.setAttributes([.modificationDate: date], ofItemAtPath: file)
        }

        func look() async -> ArtefactSighting {
            await watch.look(at: [settings], now: now)["s"] ?? ArtefactSighting(problem: "none")
        }

        var names: Set<String> { Set((try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []) }
    }

    @Test("the newest that is large enough and of the past counts; newer ones say why not; nothing is touched")
    func newest() async throws {
        let folder = try Folder()
        try folder.put("mon/a.gz", hoursOld: 48)
        try folder.put("tue/b.gz", hoursOld: 24)
        try folder.put("tue/b.gz.part", hoursOld: 1)
        try folder.put("c.gz", hoursOld: 1)
        try folder.put("wed/.hidden.gz", hoursOld: 1)
        let before = folder.names
        var sighting = await folder.look()
        #expect(sighting.newest?.path.hasSuffix("/tue/b.gz") == true && sighting.problem.isEmpty)
        try folder.put("wed/small.gz", size: 9, hoursOld: 2)
        sighting = await folder.look()
        #expect(sighting.newest?.path.hasSuffix("/tue/b.gz") == true)
        #expect(sighting.problem.contains("small.gz does not count: 9 B is less than 10 B"))
        try folder.put("wed/future.gz", hoursOld: -5)
        sighting = await folder.look()
        #expect(sighting.newest?.path.hasSuffix("/tue/b.gz") == true)
        #expect(sighting.problem.contains("future"))
        #expect(folder.names == before.union(["wed/small.gz", "wed/future.gz"]))
    }

    @Test("what is being written does not count, and does when it is left alone")
    func written() async throws {
        let folder = try Folder()
        try folder.put("d/old.gz", hoursOld: 24)
        try folder.put("d/new.gz", hoursOld: 0)
        #expect(await folder.look().newest?.path.hasSuffix("old.gz") == true)
        try folder.put("d/new.gz", size: 200, hoursOld: 0)
        #expect(await folder.look().newest?.path.hasSuffix("old.gz") == true)
        #expect(await folder.look().newest?.path.hasSuffix("new.gz") == true)
    }

    @Test("error is not empty (I7): a folder that is not there, links and folders are no artefacts")
    func errors() async throws {
        let missing = try Folder()
        let sighting = await missing.look()
        #expect(sighting.newest == nil && !sighting.problem.isEmpty)
        let folder = try Folder()
        try folder.put("d/real", hoursOld: 1)
        symlink(folder.path + "/d/real", folder.path + "/d/link.gz")
        mkdir(folder.path + "/d/folder.gz", 0o700)
        mkfifo(folder.path + "/d/pipe.gz", 0o600)
        #expect(await folder.look().newest == nil)
    }

    @Test("one that cannot be read does not count, and that is told")
    func unreadable() async throws {
        let folder = try Folder()
        try folder.put("d/old.gz", hoursOld: 24)
        try folder.put("d/new.gz", hoursOld: 1)
        let plan = FaultPlan([
            FaultRule(.fail(EIO), [.read], times: nil) { $0.description.hasSuffix("new.gz") }
        ])
        var round = ArtefactRound(
            files: FaultyFiles(LinuxFiles(side: .source), plan), atLeast: 1, before: [:], now: folder.now)
        let sighting = round.look(folder.path + "/d/*.gz")
        #expect(sighting.newest?.path.hasSuffix("old.gz") == true && sighting.problem.contains("cannot be read"))
    }
}
