import BackupModel
import BlobCopier
import Testing

@testable import BackupEngine

@Suite struct CopyPainterTests {
    private let settings = MirrorSettings(name: "cold", source: "/a", target: "/b", rateLimit: 5_000_000)
    private static let run = RunID(bits: 7)

    private func tally(placed: Int = 0, verified: Int = 0, pending: Int = 0, corrupt: Int = 0, lost: Int = 0) -> Tally {
        func amount(_ count: Int) -> Amount { Amount(count: count, bytes: Int64(count) * 1000) }
        return Tally([
            .placed: amount(placed), .verified: amount(verified), .pending: amount(pending),
            .sourceCorrupt: amount(corrupt), .lost: amount(lost),
        ])
    }

    private func reading(_ phase: CopyPhase, before: Tally = Tally(), run: RunID? = run) -> CopyReading {
        var reading = CopyReading()
        reading.phase = phase
        reading.run = run
        reading.before = before
        reading.runStartedNs = 10_000_000_000
        return reading
    }

    private func look(_ tally: Tally) -> MirrorReader.Look {
        var look = MirrorReader.Look()
        look.tally = tally
        return look
    }

    private func addsUp(_ p: CopyProgress) -> Bool { p.total == p.before + p.thisRun + p.remaining + p.failed }

    @Test("the parts add up to the total at work and at rest, also when good copies are lost")
    func addingUp() {
        let before = tally(placed: 4, verified: 6, pending: 10)
        let later = [
            before, tally(placed: 5, verified: 9, pending: 5, corrupt: 1), tally(verified: 3, pending: 10, lost: 7),
            tally(verified: 20),
        ]
        let made = [0, 4, 0, 10]
        for (tally, count) in zip(later, made) {
            for standing in [RunSlot.Standing.busy, .never] {
                var painter = CopyPainter(settings: settings)
                painter.begin(at: 10, base: CopyReading())
                let copy = painter.paint(
                    reading: reading(.copying, before: before), look: look(tally), work: standing, now: 11)
                #expect(addsUp(copy.progress))
                #expect(copy.progress.thisRun.count == (standing == .busy ? count : 0))
                #expect(copy.progress.before.count >= 0)
            }
        }
    }

    struct PhaseRow: Sendable {
        var standing: RunSlot.Standing
        var gauge: CopyPhase = .idle
        var isPaused = false
        var phase: CopyPhase
    }

    @Test(
        "the phase is what the work stands at",
        arguments: [
            PhaseRow(standing: .never, gauge: .finished(.ok), phase: .idle),
            PhaseRow(standing: .busy, phase: .reconciling),
            PhaseRow(standing: .busy, gauge: .finished(.ok), phase: .reconciling),
            PhaseRow(standing: .busy, gauge: .copying, phase: .copying),
            PhaseRow(standing: .busy, gauge: .copying, isPaused: true, phase: .paused),
            PhaseRow(
                standing: .over(.refused(Failure(code: "X", side: .source, message: "x"))), isPaused: true,
                phase: .finished(.failed)),
            PhaseRow(
                standing: .over(.refused(Failure(code: "INTERRUPTED", side: .engine, message: "x"))),
                phase: .finished(.interrupted)),
            PhaseRow(
                standing: .over(
                    .ended(
                        RunSummary(
                            run: run, kind: .run, startedAt: WallTime(milliseconds: 0), result: .okWithWarnings))),
                gauge: .copying, phase: .finished(.okWithWarnings)),
            // A summary without a result never ended well (I5).
            PhaseRow(
                standing: .over(
                    .ended(RunSummary(run: run, kind: .run, startedAt: WallTime(milliseconds: 0)))),
                phase: .finished(.failed)),
        ])
    func phases(_ row: PhaseRow) {
        var painter = CopyPainter(settings: settings)
        var reading = reading(row.gauge)
        reading.isPaused = row.isPaused
        let copy = painter.paint(reading: reading, look: look(Tally()), work: row.standing, now: 0)
        #expect(copy.phase == row.phase)
    }

    @Test("gauges that tell of the last run are not taken for this one")
    func stale() {
        var painter = CopyPainter(settings: settings)
        var old = reading(.scanning(seen: 1, of: 2), before: tally(verified: 1))
        old.retries = 9
        old.bytesCopied = 1 << 40
        painter.begin(at: 100, base: old)
        let copy = painter.paint(reading: old, look: look(tally(verified: 50, pending: 2)), work: .busy, now: 103)
        #expect(copy.progress.before.count == 50)
        #expect(copy.progress.thisRun.count == 0)
        #expect(copy.progress.retries == 0)
        #expect(copy.run == nil)
        #expect(copy.elapsed == 3)
    }

    @Test("rates count what this run moved, in bytes a second")
    func rates() {
        var painter = CopyPainter(settings: settings)
        var gauge = reading(.copying, before: tally(pending: 1000))
        gauge.bytesCopied = 1 << 40
        var base = gauge
        base.run = nil
        painter.begin(at: 10, base: base)
        var copy = CopyState(name: "", source: "", target: "")
        for step in 0...40 {
            gauge.bytesCopied = 1 << 40 + Int64(step) * 250_000
            copy = painter.paint(
                reading: gauge, look: look(tally(verified: step * 2, pending: 1000 - step * 2)), work: .busy,
                now: 10 + Double(step) / 4)
        }
        #expect(abs(copy.rates.now - 1_000_000) < 10_000)
        #expect(copy.rates.peak < 1_100_000)
        #expect(abs(copy.rates.average - 1_000_000) < 10_000)
        #expect(copy.elapsed == 10)
        let idle = painter.paint(reading: gauge, look: look(tally(verified: 1000)), work: .never, now: 21)
        #expect(idle.rates.now == 0)
        #expect(idle.eta == .done)
    }

    @Test("a verification has all good copies before it, and an estimate by what was proved")
    func verification() throws {
        var painter = CopyPainter(settings: settings)
        var gauge = reading(.verifying, before: tally(placed: 1000))
        painter.begin(at: 10, base: CopyReading())
        var copy = CopyState(name: "", source: "", target: "")
        for second in 0...60 {
            gauge.bytesProved = Int64(second) * 10_000
            gauge.verified = Amount(count: second * 10, bytes: Int64(second) * 10_000)
            copy = painter.paint(
                reading: gauge, look: look(tally(placed: 1000 - second * 10, verified: second * 10)), work: .busy,
                now: 10 + Double(second))
        }
        guard case .seconds(let likely, _, _) = copy.eta else {
            Issue.record("\(copy.eta)")
            return
        }
        #expect(abs(likely - 40) < 5)
    }

    @Test("the time of the workers is shared out, and nothing known is nothing shown")
    func bottleneck() {
        var painter = CopyPainter(settings: settings)
        painter.begin(at: 0, base: CopyReading())
        var gauge = reading(.copying)
        let first = painter.paint(reading: gauge, look: look(Tally()), work: .busy, now: 20)
        #expect(first.bottleneck == Bottleneck())
        gauge.shares.sourceRead = 3_000_000_000
        gauge.shares.targetWrite = 1_000_000_000
        let second = painter.paint(reading: gauge, look: look(Tally()), work: .busy, now: 21)
        #expect(second.bottleneck == Bottleneck(source: 0.75, target: 0.25))
    }

    @Test("before the first run the limits are those of the settings")
    func limits() {
        var painter = CopyPainter(settings: settings)
        let copy = painter.paint(reading: CopyReading(), look: look(Tally()), work: .never, now: 0)
        #expect(copy.limits == CopyLimits(workers: 8, batch: 1000, rate: 5_000_000, readBack: .direct))
        #expect(copy.eta == .unknown)
    }
}
