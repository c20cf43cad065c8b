import BackupModel
import Foundation
import Testing
import WorkerKit

@testable import BackupEngine

/// A state folder with jobs, and engines on it.
struct JobPlace {
    let place: Place
    var jobs: [JobSettings] = []
    var sets: [RecoverySetSettings] = []

    init(_ jobs: [JobSettings] = []) throws {
        place = try Place()
        self.jobs = jobs
    }

    init(at place: Place) { self.place = place }

    var path: String { place.path }

    func open(time: SystemTime = .live) async throws -> Engine {
        var configuration = place.configuration(place.settings())
        configuration.jobs = jobs
        configuration.sets = sets
        configuration.outside.clock = ClockWitness(boot: { "boot" }, isSynchronized: { true })
        return try await Engine.open(configuration, time: time)
    }

    /// A command that appends its name to the file `trace`, then does `more`.
    func traced(_ word: String, _ more: String = "true") -> [String] {
        ["bash", "-c", "echo \(word) \"$@\" >> \(path)/trace; \(more)", "x"]
    }

    var trace: [String] { place.lines("trace").map { $0.trimmingCharacters(in: .whitespaces) } }
}

/// A command job.
func commandJob(_ name: String, _ command: [String], _ change: (inout JobSettings) -> Void = { _ in }) -> JobSettings {
    var job = JobSettings(name: name, kind: .command)
    job.command = command
    job.retries = 0
    change(&job)
    return job
}

extension EngineState {
    func job(_ name: String) -> JobState? { jobs.first { $0.name == name } }
}

extension Engine {
    /// Asks for a job and waits for its end.
    func run(_ name: String) async throws -> JobRun {
        let before = try await state { $0.job(name) != nil }.job(name)?.lastRun?.run
        try await begin(.runJob(name: name))
        let state = try await state { $0.job(name)?.phase == .idle && $0.job(name)?.lastRun?.run != before }
        return try #require(state.job(name)?.lastRun)
    }

    func log(of run: RunID) async throws -> [String] {
        var lines: [String] = [], offset: Int64 = 0
        while case .jobLog(let page) = await ask(.jobLog(run: run, offset: offset)) {
            lines += page.lines
            offset = page.next
            if page.isEnd { return lines }
        }
        throw Failure(code: "NO_LOG", side: .engine, message: "no log")
    }
}
