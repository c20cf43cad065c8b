import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import BackupEngine

@Suite(.timeLimit(.minutes(3))) struct EngineJobTests {
    @Test("a command runs, its words are in its log and its end in the history")
    func command() async throws {
        let place = try JobPlace([
            commandJob("j", ["bash", "-c", "echo said; echo complained >&2"]),
            commandJob("bad", ["bash", "-c", "echo why >&2; exit 3"]),
        ])
        let engine = try await place.open()
        let run = try await engine.run("j")
        #expect(run.result == .ok)
        #expect(run.trigger == .operator)
        let lines = try await engine.log(of: run.run)
        #expect(lines.contains { $0.hasSuffix("command out: said") })
        #expect(lines.contains { $0.hasSuffix("command err: complained") })
        #expect(lines.contains { $0.contains("command: start bash -c") })

        let bad = try await engine.run("bad")
        #expect(bad.result == .failed)
        #expect(bad.failure?.code == "COMMAND_FAILED")
        #expect(bad.failure?.message.contains("status 3: why") == true)
        guard case .jobRuns(let history) = await engine.ask(.jobRuns(job: nil, before: nil, limit: 10)) else {
            Issue.record("no history")
            return
        }
        #expect(history.map(\.job) == ["bad", "j"])
        let failed = try await engine.state { $0.alerts.contains { $0.failure.code == "JOB_FAILED" } }
        #expect(failed.alerts.first?.subject == "bad")
        await engine.close()
    }

    @Test("a program gets whose it is, the zone and where to write, and nothing else of the engine's environment")
    func environment() async throws {
        let place = try Place()
        var configuration = place.configuration(place.settings())
        configuration.jobs = [commandJob("j", ["env"]) { $0.beforeHook = ["env"] }]
        configuration.environment = [
            "HOME": "/h", "USER": "u", "LOGNAME": "l", "TZ": "Europe/Rome", "TMPDIR": "/t", "SHELL": "/bin/sh",
            "AWS_SECRET_ACCESS_KEY": "canary", "HOLDFAST_JOB": "other",
        ]
        let engine = try await Engine.open(configuration)
        let run = try await engine.run("j")
        let lines = try await engine.log(of: run.run)
        for stage in ["command", "before_hook"] {
            let names = lines.compactMap { line in
                line.range(of: stage + " out: ").map { String(line[$0.upperBound...].prefix { $0 != "=" }) }
            }
            #expect(
                Set(names) == [
                    "HOME", "USER", "LOGNAME", "TZ", "TMPDIR", "PATH", "LANG", "HOLDFAST_JOB", "HOLDFAST_RUN",
                ])
        }
        #expect(lines.contains { $0.hasSuffix("out: HOLDFAST_JOB=j") })
        #expect(lines.contains { $0.hasSuffix("out: HOME=/h") })
        await engine.close()
    }

    struct Stages: CustomTestStringConvertible, Sendable {
        var failing: String
        var trace: [String]
        var result: JobResult
        var code: String?
        var testDescription: String { failing.isEmpty ? "all well" : "\(failing) fails" }
    }

    @Test(
        "the stages of a run, and what follows when one fails",
        arguments: [
            Stages(
                failing: "", trace: ["before j", "stop", "work", "start", "check", "after j ok"], result: .ok),
            Stages(
                failing: "before", trace: ["before j", "after j failed"], result: .failed, code: "COMMAND_FAILED"),
            Stages(
                failing: "stop", trace: ["before j", "stop", "start", "after j failed"], result: .failed,
                code: "COMMAND_FAILED"),
            Stages(
                failing: "work", trace: ["before j", "stop", "work", "start", "after j failed"], result: .failed,
                code: "COMMAND_FAILED"),
            Stages(
                failing: "start", trace: ["before j", "stop", "work", "start", "after j failed"], result: .failed,
                code: "START_FAILED"),
            Stages(
                failing: "check", trace: ["before j", "stop", "work", "start", "check", "after j failed"],
                result: .failed, code: "CHECK_FAILED"),
            Stages(
                failing: "after", trace: ["before j", "stop", "work", "start", "check", "after j ok"],
                result: .okWithWarnings, code: "COMMAND_FAILED"),
        ])
    func stages(_ row: Stages) async throws {
        var place = try JobPlace()
        let here = place
        func stage(_ word: String) -> [String] { here.traced(word, word == row.failing ? "exit 1" : "true") }
        place.jobs = [
            commandJob("j", stage("work")) {
                $0.beforeHook = stage("before") + ["{job}"]
                $0.stopCommand = stage("stop")
                $0.startCommand = stage("start")
                $0.checkCommand = stage("check")
                $0.afterHook = stage("after") + ["{job}", "{result}"]
            }
        ]
        let engine = try await place.open()
        let run = try await engine.run("j")
        #expect(place.trace.prefix(row.trace.count) == row.trace[...])
        #expect(run.result == row.result)
        #expect(run.failure?.code == row.code)
        await engine.close()
    }

    @Test("cancel ends a command within seconds, and start and after hook run all the same")
    func cancel() async throws {
        var place = try JobPlace()
        let here = place
        place.jobs = [
            commandJob("j", here.traced("work", "trap '' TERM; sleep 60 & wait; sleep 60")) {
                $0.stopCommand = here.traced("stop")
                $0.startCommand = here.traced("start")
                $0.afterHook = here.traced("after") + ["{result}"]
            }
        ]
        let engine = try await place.open()
        try await engine.begin(.runJob(name: "j"))
        while !place.trace.contains("work") { try await Task.sleep(for: .milliseconds(20)) }
        let began = ContinuousClock.now
        try await engine.begin(.cancelJob(name: "j"))
        let state = try await engine.state { $0.job("j")?.phase == .idle }
        #expect(ContinuousClock.now - began < .seconds(15))
        #expect(state.job("j")?.lastRun?.result == .interrupted)
        #expect(place.trace == ["stop", "work", "start", "after interrupted"])
        await engine.close()
    }

    @Test("a job that takes too long is ended and has failed; paused time does not count")
    func timeoutAndPause() async throws {
        let place = try JobPlace([commandJob("j", ["sleep", "600"]) { $0.timeout = 3600 }])
        // Hours pass when the test says so.
        let hours = Atomic(0)
        var time = SystemTime.live
        time.wall = { SystemTime.live.wall().adding(seconds: Double(hours.load(ordering: .relaxed)) * 3600) }
        time.monotonic = { SystemTime.live.monotonic() + Int64(hours.load(ordering: .relaxed)) * 3_600_000_000_000 }
        let engine = try await place.open(time: time)
        try await engine.begin(.runJob(name: "j"))
        try await engine.begin(.pauseJob(name: "j"))
        _ = try await engine.state { $0.job("j")?.phase == .paused }
        hours.store(2, ordering: .relaxed)
        try await engine.begin(.resumeJob(name: "j"))
        let resumed = try await engine.state { $0.job("j")?.phase == .running }
        // More than two looks at the clock later.
        let later = try await engine.state { $0.at.seconds(since: resumed.at) > 1.2 }
        #expect(later.job("j")?.phase == .running)
        hours.store(4, ordering: .relaxed)
        let state = try await engine.state { $0.job("j")?.phase == .idle }
        #expect(state.job("j")?.lastRun?.failure?.code == "JOB_TIMEOUT")
        await engine.close()
    }

    @Test("a chain runs to its end, and what follows a failure is left out")
    func chain() async throws {
        var place = try JobPlace()
        let here = place
        place.jobs = [
            commandJob("a", here.traced("a")), commandJob("b", here.traced("b", "exit 1")) { $0.after = ["a"] },
            commandJob("c", here.traced("c")) { $0.after = ["b"] },
            commandJob("d", here.traced("d")) {
                $0.after = ["c"]
                $0.afterWhen = .always
            },
        ]
        let engine = try await place.open()
        try await engine.begin(.runJob(name: "a"))
        let state = try await engine.state { $0.job("d")?.lastRun != nil }
        #expect(place.trace == ["a", "b", "d"])
        #expect(["a", "b", "c", "d"].map { state.job($0)?.lastRun?.result } == [.ok, .failed, .skipped, .ok])
        await engine.close()
    }

    @Test("an alert that was open when the engine ended is in the next engine's first state")
    func alertsStay() async throws {
        let place = try JobPlace([commandJob("bad", ["false"])])
        var engine = try await place.open()
        _ = try await engine.run("bad")
        let before = try await engine.state { !$0.alerts.isEmpty }
        await engine.close()
        engine = try await place.open()
        let after = try await engine.state { _ in true }
        #expect(after.alerts.map(\.id) == before.alerts.map(\.id))
        #expect(after.alerts.first?.subject == "bad")
        await engine.close()
    }

    @Test("C1 a good run at its hour bears the clock out, also for the next engine; one that was asked for does not")
    func clockWitness() async throws {
        var place = try JobPlace()
        place.jobs = [
            commandJob("asked", ["true"]), commandJob("clock", ["true"]) { $0.schedule = "*-*-* *:*:*" },
        ]
        func verified() throws -> Bool {
            let catalog = try Catalog(path: place.path + "/state/catalog.sqlite")
            defer { catalog.close() }
            return try JobStore(catalog).restore().facts["clock_watch"]?.contains("verified") ?? false
        }
        for (job, bears) in [("asked", false), ("clock", true)] {
            if job == "asked" { place.jobs[1].isEnabled = false } else { place.jobs[1].isEnabled = true }
            let engine = try await place.open()
            if job == "asked" { _ = try await engine.run("asked") }
            if job == "clock" { _ = try await engine.state { $0.job("clock")?.lastRun?.result == .ok } }
            await engine.close()
            #expect(try verified() == bears, "\(job)")
        }
    }

    @Test("the next start that is left out is not shown as the next one")
    func skippedIsNotNext() async throws {
        let place = try JobPlace([commandJob("j", ["true"]) { $0.schedule = "*-*-* 02:00 UTC" }])
        let engine = try await place.open()
        let first = try #require(try await engine.state { $0.job("j")?.nextAt != nil }.job("j")?.nextAt)
        _ = await engine.take(Order(id: "skip", intent: .skipNext(job: "j"), by: .engine))
        let moved = try await engine.state { $0.job("j")?.nextAt != first }
        #expect(moved.job("j")?.nextAt == first.adding(seconds: 86_400))
        await engine.close()
    }

    @Test("an order sent twice is done once, and both get the same answer, also from the next engine")
    func twice() async throws {
        var place = try JobPlace()
        place.jobs = [commandJob("j", place.traced("j"))]
        var engine = try await place.open()
        let order = Order(id: "one", intent: .runJob(name: "j"), by: .engine)
        let first = await engine.take(order)
        #expect(first == .accepted("j begun"))
        #expect(await engine.take(order) == first)
        _ = try await engine.state { $0.job("j")?.lastRun != nil }
        await engine.close()
        engine = try await place.open()
        #expect(await engine.take(order) == first)
        #expect(place.trace == ["j"])
        guard case .audit(let entries) = await engine.ask(.audit(before: nil, limit: 10)) else {
            Issue.record("no audit")
            return
        }
        #expect(entries.map(\.order.id) == ["one"])
        await engine.close()
    }

    @Test("an order decided on an older run does not end the newer one")
    func basis() async throws {
        let place = try JobPlace([commandJob("j", ["sleep", "60"])])
        let engine = try await place.open()
        let seen = try await engine.state { $0.job("j") != nil }.sequence
        try await engine.begin(.runJob(name: "j"))
        let now = try await engine.state { $0.job("j")?.current != nil }.sequence
        let order = Order(id: "old", intent: .cancelJob(name: "j"), by: .engine, basis: seen)
        #expect(await engine.take(order).refusal == "STATE_CHANGED")
        let fresh = Order(id: "new", intent: .cancelJob(name: "j"), by: .engine, basis: now)
        #expect(await engine.take(fresh).refusal == nil)
        await engine.close()
    }

    @Test("B32 the stop file ends what runs, forbids jobs and mirrors, and the next engine obeys it")
    func stopFile() async throws {
        let place = try JobPlace([commandJob("j", ["sleep", "60"])])
        var engine = try await place.open()
        try await engine.begin(.runJob(name: "j"))
        try place.place.write("water in the cellar\n", to: "state/STOP")
        let stopped = try await engine.state { $0.hold.stopFile != nil && $0.job("j")?.phase == .idle }
        #expect(stopped.hold.stopFile == "water in the cellar")
        #expect(stopped.job("j")?.lastRun?.result == .interrupted)
        await engine.close()
        engine = try await place.open()
        #expect(await engine.send(.runJob(name: "j")).refusal == "STOP_FILE")
        #expect(
            await engine.send(.runMirror(name: "cold", overrides: RunOverrides())).refusal == "STOP_FILE")
        try FileManager.default.removeItem(atPath: place.path + "/state/STOP")
        _ = try await engine.state { $0.hold.stopFile == nil }
        #expect(await engine.send(.runJob(name: "j")).refusal == nil)
        await engine.close()
    }

    @Test("B32 a stop file put by a job keeps the next of its chain, and whatever is asked, from beginning at all")
    func stopFileBetween() async throws {
        var place = try JobPlace()
        let here = place
        place.jobs = [
            // The file is there before the run has its end, and no tick need have seen it.
            commandJob("a", here.traced("a", "touch \(here.path)/state/STOP; exit 1")),
            commandJob("b", here.traced("b")) {
                $0.after = ["a"]
                $0.afterWhen = .always
            },
        ]
        let engine = try await place.open()
        try await engine.begin(.runJob(name: "a"))
        let state = try await engine.state { $0.job("b")?.lastRun != nil }
        #expect(state.job("b")?.lastRun?.result == .skipped)
        #expect(await engine.send(.runJob(name: "b")).refusal == "STOP_FILE")
        try FileManager.default.removeItem(atPath: place.path + "/state/STOP")
        _ = try await engine.state { $0.hold.stopFile == nil }
        try await engine.begin(.runJob(name: "b"))
        _ = try await engine.state { $0.job("b")?.lastRun?.result == .ok }
        #expect(place.trace == ["a", "b"])
        await engine.close()
    }

    @Test("maintenance and drain outlive the engine, and end")
    func holds() async throws {
        let place = try JobPlace([commandJob("j", ["true"])])
        let manual = ManualTime(wall: WallTime(milliseconds: 1_770_000_000_000))
        var engine = try await place.open(time: manual.time)
        let until = manual.time.wall().adding(seconds: 600)
        try await engine.begin(.maintenance(until: until))
        try await engine.begin(.drain(isOn: true))
        try await engine.begin(.runJob(name: "j"))
        await engine.close()
        engine = try await place.open(time: manual.time)
        let held = try await engine.state { $0.job("j") != nil }
        #expect(held.hold.maintenanceUntil == until)
        #expect(held.job("j")?.phase == .queued(reason: "held: draining"))
        try await engine.begin(.drain(isOn: false))
        manual.advance(seconds: 601)
        let state = try await engine.state { $0.job("j")?.lastRun != nil }
        #expect(state.hold == HoldState())
        await engine.close()
    }
}
