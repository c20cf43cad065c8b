import BackupModel
import Foundation
import Testing

/// A trace file or drive file of the benchmarks.
private func file(_ name: String) throws -> String {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return try String(contentsOf: tests.appending(path: "Benchmarks/traces").appending(path: name), encoding: .utf8)
}

/// One trace through one buffer to one drive, under all policies.
private struct Field {
    static let rules: [FlowRule] = [
        .paced, .watermark(high: 80, low: 20), .watermark(high: 40, low: 0),
    ]
    var least: FlowSimulation.Outcome
    var greedy: FlowSimulation.Outcome
    var outcomes: [FlowSimulation.Outcome]
    var paced: FlowSimulation.Outcome { outcomes[0] }

    init(_ trace: FlowTrace, buffer: Double, drive: DriveModel) {
        least = FlowSimulation.least(trace, buffer: buffer, drive: drive)
        greedy = FlowSimulation.greedy(trace, buffer: buffer, drive: drive)
        outcomes = Self.rules.map { FlowSimulation.run(trace, buffer: buffer, drive: drive, rule: $0) }
    }

    /// Stops and seconds: the fewest there can be, then each policy, then none at all.
    var words: String {
        "least \(least.stops), "
            + zip(Self.rules, outcomes).map { "\($0) \($1.stops)/\(Int($1.seconds))" }.joined(separator: ", ")
            + ", unbuffered \(greedy.stops)/\(Int(greedy.seconds))"
    }
}

@Suite("Flow policies over traces")
struct FlowPolicyTests {
    static let traces = [
        "slow120", "slow160", "mean190", "mean200", "mean240", "mean270", "mean290", "mean330", "mean390", "dip40",
        "dip150", "calm200", "calm260", "calm320",
    ]

    @Test("F36 with a range of speeds no stop where the source can keep up", arguments: traces, [24e9, 4e9])
    func matching(name: String, buffer: Double) throws {
        let drive = try #require(DriveModel(text: file("matching.drive")))
        let trace = try #require(FlowTrace(text: file(name + ".trace")))
        let field = Field(trace, buffer: buffer, drive: drive)
        print("\(name), \(Int(buffer / 1e9)) GB, matching: \(field.words)")
        let canHold = trace.deepestDip(below: drive.lowest) <= (buffer + drive.buffer) / 2
        if trace.meanRate >= 1.05 * drive.lowest, canHold {
            #expect(field.paced.stops == 0)
            let best = (field.outcomes.dropFirst() + [field.greedy]).map(\.seconds).min() ?? 0
            #expect(field.paced.seconds <= best * FlowPolicyTests.slower)
        } else {
            // Full to empty at the drive's own speed; a drive that is never slowed has more.
            var fixed = drive
            fixed.speeds = [drive.highest]
            let bursts = FlowSimulation.least(trace, buffer: buffer, drive: fixed)
            #expect(field.paced.stops <= Int((Double(bursts.stops) * 1.1).rounded(.up)))
        }
    }

    @Test("F36 with one speed within a tenth of full-to-empty", arguments: traces, [24e9, 4e9])
    func fixed(name: String, buffer: Double) throws {
        let drive = try #require(DriveModel(text: file("fixed.drive")))
        let trace = try #require(FlowTrace(text: file(name + ".trace")))
        let least = FlowSimulation.least(trace, buffer: buffer, drive: drive)
        let paced = FlowSimulation.run(trace, buffer: buffer, drive: drive, rule: .paced)
        print("\(name), \(Int(buffer / 1e9)) GB, one speed: least \(least.stops), paced \(paced.stops)")
        #expect(paced.stops <= max(least.stops + 1, Int(Double(least.stops) * 1.1)))
    }

    /// How much longer than the quickest of all policies, among them the one that stops each time the source does.
    static let slower = 1.035

    // MARK: Single decisions

    private func signal(
        at now: Double, level: Double, received: Int64, written: Int64 = 0, isEnding: Bool = false,
        drive: DriveRange? = nil, remaining: Int64? = nil
    ) -> FlowSignal {
        FlowSignal(
            now: now, fill: Int64(level * 1e9), capacity: 1_000_000_000, received: received, written: written,
            remaining: remaining, isEnding: isEnding, drive: drive)
    }

    @Test("marks: nothing up to the high one, everything down to the low one, everything at the end")
    func watermarks() {
        var policy = FlowPolicy(.watermark(high: 80, low: 20))
        let levels: [(Double, FlowDecision)] = [
            (0, .hold), (0.79, .hold), (0.8, .fullSpeed), (0.3, .fullSpeed), (0.2, .hold), (0.7, .hold),
            (0.85, .fullSpeed),
        ]
        for (index, (level, decision)) in levels.enumerated() {
            #expect(policy.decide(signal(at: Double(index), level: level, received: 0)) == decision)
        }
        policy = FlowPolicy(.watermark(high: 80, low: 20))
        #expect(policy.decide(signal(at: 0, level: 0.1, received: 0, isEnding: true)) == .fullSpeed)
    }

    @Test("a high mark of 100 is reached by a buffer that is as full as buffers get")
    func brim() {
        var policy = FlowPolicy(.watermark(high: 100, low: 0))
        #expect(policy.decide(signal(at: 0, level: 0.985, received: 0)) == .fullSpeed)
    }

    @Test("paced: within the range, faster with more in the buffer, at the highest speed when nearly full")
    func paces() {
        let range = DriveRange(lowest: 180e6, highest: 400e6)
        var rates: [Double] = []
        for level in [0.1, 0.45, 0.5, 0.52, 0.6, 0.96] {
            var policy = FlowPolicy(.paced)
            for second in 0..<60 {
                _ = policy.decide(
                    signal(at: Double(second), level: 0.99, received: Int64(second) * 250_000_000, drive: range))
            }
            let decision = policy.decide(
                signal(at: 60, level: level, received: 60 * 250_000_000, drive: range, remaining: .max / 2))
            guard case .write(let rate) = decision else {
                Issue.record("holds at \(level)")
                return
            }
            rates.append(rate)
        }
        #expect(rates == rates.sorted())
        #expect(rates.first == 180e6)
        #expect(rates.last == 400e6)
    }
}
