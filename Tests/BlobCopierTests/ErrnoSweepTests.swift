import BackupModel
import Foundation
import Glibc
import Testing
import WorkerKit

@testable import BlobCopier

/// Call N of a 20-blob run fails, for every N: once and from there on, with each of 14 error numbers.
///
/// By default each N meets one error number of the fourteen; `HOLDFAST_LONG=1` runs all of them.
@Suite(.serialized, .timeLimit(.minutes(60))) struct ErrnoSweepTests {
    static let errnos: [Int32] = [
        EIO, ENOSPC, EDQUOT, EROFS, ENOTCONN, ESTALE, ENODEV, ENXIO, EINTR, EAGAIN, EMFILE, ENOMEM, ETIMEDOUT,
        ENAMETOOLONG,
    ]
    static var isLong: Bool { ProcessInfo.processInfo.environment["HOLDFAST_LONG"] == "1" }

    /// Calls that the run alone makes, after enrolment.
    private func calls() async throws -> Int {
        let mirror = try SweepMirror()
        let copier = try await mirror.mirror.enrolled(pace: SweepMirror.pace, SweepMirror.settings)
        let enrolled = mirror.mirror.plan.calls
        _ = try await copier.run()
        return mirror.mirror.plan.calls - enrolled
    }

    @Test(
        "T2 errno sweep: I1, I3 and I5 hold, the side is right, no descriptor and no temporary is left",
        arguments: [
            false, true,
        ])
    func sweep(sticky: Bool) async throws {
        let calls = try await calls()
        #expect(calls > 200)
        // Parallel workers make a few calls more or fewer.
        var runs = 0
        let step = Self.isLong || !sticky ? 1 : 7
        for number in stride(from: 1, through: calls, by: step) {
            let errnos = Self.isLong ? Self.errnos : [Self.errnos[number % Self.errnos.count]]
            for errno in errnos {
                let wrongs = try await SweepMirror().fail(number, errno, sticky: sticky)
                #expect(wrongs == [], "call \(number), \(FailureWords.name(errno)), \(sticky ? "sticky" : "once")")
                runs += 1
            }
        }
        print("errno sweep \(sticky ? "sticky" : "once"): \(calls) calls, \(runs) runs")
        #expect(runs >= calls / step)
    }
}

/// One small mirror that meets one fault.
struct SweepMirror {
    let mirror: MirrorFixture

    static var pace: CopyPace {
        var pace = MirrorFixture.pace
        pace.retryBase = 0.0005
        pace.tick = 0.005
        pace.lostCheck = 0.005
        return pace
    }

    static func settings(_ settings: inout MirrorSettings) {
        settings.workers = 2
        settings.batch = 10
    }

    init() throws {
        mirror = try MirrorFixture(blobs: 20, plan: FaultPlan(keepsJournal: true), sizes: [0, 10, 3000, 9000])
    }

    /// Everything that is wrong after a run with the fault, and after a second one without.
    func fail(_ number: Int, _ errno: Int32, sticky: Bool) async throws -> [String] {
        let copier = try await mirror.enrolled(pace: Self.pace, Self.settings)
        let plan = mirror.plan
        let enrolled = plan.calls
        plan.add(FaultRule(.fail(errno), from: number, times: sticky ? nil : 1))
        if sticky {
            // A volume that stays away is waited for: somebody gives up.
            mirror.log.react { if $0.code == "DESTINATION_LOST" { copier.stop() } }
        }
        var wrongs: [String] = []
        let first = await result { () async throws(Failure) in try await copier.run() }
        let calls = plan.journal.dropFirst(enrolled + number - 1)
        wrongs += judged(first, sides: Set(sticky ? calls.map(\.side) : calls.prefix(1).map(\.side)))
        wrongs += try await mirror.wrongs()
        plan.clear()
        if !(await eventually { plan.openPaths == [] }) { wrongs.append("left open: \(plan.openPaths)") }
        if !sticky, mirror.temporaries != [] { wrongs.append("left: \(mirror.temporaries)") }
        mirror.log.react { _ in }
        _ = try await copier.requeue()
        let second = await result { () async throws(Failure) in try await copier.run() }
        if case .success(let summary) = second, summary.result == .ok {} else { wrongs.append("second run: \(second)") }
        wrongs += try await mirror.wrongs()
        if mirror.temporaries != [] { wrongs.append("left after the second run: \(mirror.temporaries)") }
        if try await mirror.tally().safe.count != 20 { wrongs.append("not all safe") }
        return wrongs
    }

    private func result(
        _ body: () async throws(Failure) -> RunSummary
    ) async -> Result<RunSummary, Failure> {
        do throws(Failure) { return .success(try await body()) } catch { return .failure(error) }
    }

    /// I5: whatever is not done is not ok, and a failure names the side that failed.
    private func judged(_ result: Result<RunSummary, Failure>, sides: Set<Side>) -> [String] {
        switch result {
        case .failure(let failure): return sides.contains(failure.side) ? [] : ["wrong side: \(failure)"]
        case .success(let summary):
            if summary.result == .ok, summary.remaining.count > 0 { return ["silent green"] }
            if summary.result == .failed, summary.failure == nil { return ["failed without a reason"] }
            guard let failure = summary.failure, failure.code != "INTERRUPTED" else { return [] }
            return sides.contains(failure.side) ? [] : ["wrong side: \(failure)"]
        }
    }
}
