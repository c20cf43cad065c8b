import BackupEngine
import BackupModel
import BlobCopier
import Foundation
import WorkerKit

/// The demo from the first folder to the verdict.
struct DemoStage {
    private let folder: String
    private let blobs: Int
    private let seconds: Double
    private let isHeadless: Bool
    private let tape: DemoTape
    private static let mirror = "demo"

    init(blobs: Int, seconds: Double, isHeadless: Bool) throws {
        self.blobs = blobs
        self.seconds = seconds
        self.isHeadless = isHeadless
        let parent = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/var/tmp"
        folder = parent + "/holdfast-demo-\(getpid())"
        tape = DemoTape(folder: folder)
        for name in ["source", "target", "state"] {
            try FileManager.default.createDirectory(
                atPath: folder + "/" + name, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        }
    }

    func clear() { try? FileManager.default.removeItem(atPath: folder) }

    func play() async throws {
        let made = try await makeStore()
        let faults = DemoFaults(ids: made.ids, stall: seconds > 0 ? 20 : 0)
        let engine = try await openEngine(made, faults)
        do {
            try await prepare(engine, faults)
            for intent in [
                Intent.runMirror(name: DemoStage.mirror, overrides: RunOverrides()), .runJob(name: DemoTape.job),
            ] {
                if case .refused(let failure) = await engine.send(intent) { throw failure }
            }
            let (tape, isHeadless) = (tape, isHeadless)
            let hand = Task { try await tape.help(engine, answers: isHeadless) }
            defer { hand.cancel() }
            if isHeadless {
                await printUntilTheEnd(engine)
                await tape.wait(engine)
            } else {
                try await ConsoleSession(engine: engine).run()
            }
            let verdict = try await judge(engine, made, faults)
            await engine.close()
            try verdict.give(toScript: isHeadless)
        } catch {
            await engine.close()
            throw error
        }
    }

    private func makeStore() async throws -> DemoStore.Made {
        say("making a store of \(Quantity.count(blobs)) blobs in \(folder)")
        let store = DemoStore(folder: folder + "/source", blobCount: blobs)
        return try await runBlocking(name: "demo-store") {
            try store.make(LinuxFiles(side: .source)) { _ in }
        }
    }

    private func openEngine(_ made: DemoStore.Made, _ faults: DemoFaults) async throws -> Engine {
        let rate = seconds > 0 ? max(64 << 10, Int64(Double(made.amount.bytes) / seconds)) : nil
        let settings = MirrorSettings(
            name: DemoStage.mirror, source: folder + "/source", target: folder + "/target",
            batch: min(1000, max(50, blobs / 40)), rateLimit: rate, keepFree: 64 << 20)
        let files = faults.files()
        var configuration = EngineConfiguration(
            stateFolder: folder + "/state", mirrors: [settings], logPath: folder + "/state/holdfast.jsonl",
            host: ProcessInfo.processInfo.hostName, version: Holdfast.version, files: { _ in files })
        (configuration.tape, configuration.jobs) = (tape.plan, [tape.settings])
        return try await Engine.open(configuration)
    }

    /// Enrols the target and lists the store; only then things begin to break.
    private func prepare(_ engine: Engine, _ faults: DemoFaults) async throws {
        say("enrolling the target and listing the store")
        let copier = try await engine.copier(DemoStage.mirror)
        _ = try await copier.enrol(fanOut: DemoStore.fanOut)
        _ = try await copier.scan()
        faults.begin(workers: 8, blobs: blobs)
        say("making two small tapes, of which one lies outside the library")
        try await tape.prepare(engine)
    }

    private func printUntilTheEnd(_ engine: Engine) async {
        let signals = EndSignals()
        signals.onEnd { _ in Task { _ = await engine.send(.stopMirror(name: DemoStage.mirror)) } }
        var line = ProgressLine(isLive: Standard.isTerminal(2), isQuiet: false)
        for await state in await engine.states() {
            guard let copy = state.copies.first else { break }
            if case .finished = copy.phase { return line.end(copy, at: state.at) }
            line.show(copy, at: state.at)
        }
        line.clear()
    }

    private func judge(_ engine: Engine, _ made: DemoStore.Made, _ faults: DemoFaults) async throws -> DemoVerdict {
        var failures: [BlobFailure] = []
        if case .failures(let page) = await engine.ask(
            .failures(mirror: DemoStage.mirror, after: nil, limit: 400))
        {
            failures = page
        }
        let judge = DemoJudge(target: folder + "/target", fanOut: DemoStore.fanOut)
        let seen = try await runBlocking(name: "demo-judge") {
            try judge.judge(made.ids, LinuxFiles(side: .destination))
        }
        let summary = await engine.lastRun(DemoStage.mirror)
        let run = await tape.run(engine)
        let wrong = run?.result == .ok ? try await tape.complaints(engine) : []
        return DemoVerdict(
            summary: summary, seen: seen, failures: failures, faults: faults, made: made, tape: run, tapeWrong: wrong)
    }

    private func say(_ text: String) { Standard.error("demo: " + text) }
}

/// What came of the demo, for a person and for a script.
struct DemoVerdict {
    var summary: RunSummary?
    var seen: DemoJudge.Verdict
    var failures: [BlobFailure]
    var faults: DemoFaults
    var made: DemoStore.Made
    /// Nil while it has not ended.
    var tape: JobRun?
    var tapeWrong: [String]

    /// Prints it; for a script it throws `Ended` unless everything is as it must be.
    ///
    /// Whoever left the console before the end gets the summary without a judgement.
    func give(toScript isScript: Bool) throws {
        if let summary { Standard.out(SummaryText(summary: summary).lines) }
        for row in failures {
            Standard.out("  \(row.state.word)  \(row.failure.side.rawValue)  \(row.id)  \(row.failure.message)")
        }
        Standard.out(
            "demo: read back by itself: \(Quantity.count(seen.good)) good, \(seen.missing.count) not there,"
                + " \(seen.wrong.count) wrong; planted: 1 corrupt, 1 missing")
        if let tape {
            let words = tape.result?.words ?? "unknown"
            Standard.out(
                "demo: the films on two tapes: \(words), \(Quantity.count(tape.done.count)) files,"
                    + " \(Quantity.bytes(tape.done.bytes))")
        }
        if !isScript, summary?.result == .interrupted || tape?.result != .ok {
            return Standard.out("demo: left before the end")
        }
        let complaints = complaints
        for complaint in complaints { Standard.error("demo: " + complaint) }
        guard complaints.isEmpty else { throw Ended(isScript ? .failed : .warnings) }
        Standard.out("demo: every planted fault was found and every other blob was proved")
        Standard.out("demo: what is on the tapes was read back without this program's help and is right")
    }

    private var complaints: [String] {
        var all = faults.complaints(about: failures)
        if summary?.result != .okWithWarnings {
            all.append("the run ended as \(summary?.result?.words ?? "unknown"), not ok with warnings")
        }
        if seen.wrong.count > 0 { all.append("\(seen.wrong.count) blobs on the target are wrong") }
        if Set(seen.missing) != [faults.corrupt, faults.missing] {
            all.append("\(seen.missing.count) blobs are not on the target, not the 2 planted")
        }
        if tape?.result != .ok { all.append("the tapes were written \(tape?.result?.words ?? "not to the end")") }
        return all + tapeWrong
    }
}
