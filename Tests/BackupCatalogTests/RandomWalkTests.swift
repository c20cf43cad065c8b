import BackupModel
import GRDB
import Testing

@testable import BackupCatalog

/// Many random calls; after each, plain SQL on another connection must agree with what the index says of itself.
@Suite struct RandomWalkTests {
    @Test("N12 tallies, map and reasons always agree with the rows", arguments: 1...6 as ClosedRange<UInt64>)
    func agrees(seed: UInt64) throws {
        let index = try IndexFixture()
        var dice = Dice(state: seed)
        let all = records(120)
        let buckets = Set(all.map { FanOut.standard.bucket(of: $0.id) })
        for step in 0..<80 {
            try act(on: index, all, buckets, &dice, at: WallTime(milliseconds: Int64(step)))
            try check(index, step)
        }
    }

    private func act(
        on index: IndexFixture, _ all: [BlobRecord], _ buckets: Set<Int>, _ dice: inout Dice, at: WallTime
    ) throws {
        let (store, volume) = (index.store, index.volume)
        switch dice.roll(7) {
        case 0: try index.scan(all.filter { _ in dice.roll(4) > 0 }, buckets: buckets)
        case 1:
            try store.finishScan(volume: volume, stillThere: Set(all.prefix(dice.roll(9)).map(\.id)), fullWalkAt: at)
        case 2: try store.abandonScan(volume: volume)
        case 3: _ = try store.requeue(dice.roll(2) == 0 ? nil : all[dice.roll(120)].id, volume: volume)
        case 4: _ = try store.claim(run: runA, volume: volume, after: nil, limit: 1 + dice.roll(30), bytes: .max)
        default:
            let some = all.filter { _ in dice.roll(6) == 0 }.shuffled(using: &dice)
            let outcomes = some.map { record in
                BlobOutcome(
                    id: record.id, size: dice.roll(3) == 0 ? Int64(dice.roll(99)) : nil,
                    state: BlobState(rawValue: dice.roll(11)) ?? .pending, failure: dice.roll(2) == 0 ? trouble() : nil)
            }
            _ = try store.settle(outcomes, run: dice.roll(2) == 0 ? runA : runB, volume: volume, at: at)
        }
    }

    private func check(_ index: IndexFixture, _ step: Int) throws {
        let tally = try index.store.tally(volume: index.volume)
        let counted = try index.counted()
        #expect(tally == counted, "step \(step)")
        let map = try index.store.map(volume: index.volume)
        #expect(map.reduce(0) { $0 + $1.total } == counted.total.count)
        #expect(map.reduce(0) { $0 + $1.failed } == counted.failed.count)
        #expect(map.reduce(0) { $0 + $1.active } == counted[.copying].count + counted[.claimed].count)
        let rules = [
            "SELECT count(*) FROM blobs b WHERE state IN (5, 6, 7, 8, 10) AND NOT EXISTS "
                + "(SELECT 1 FROM failures f WHERE f.volume = b.volume AND f.blob = b.blob)",
            "SELECT count(*) FROM failures f JOIN blobs b ON f.volume = b.volume AND f.blob = b.blob "
                + "WHERE b.state IN (3, 4)",
            "SELECT count(*) FROM blobs WHERE (state IN (1, 2)) <> (run IS NOT NULL)",
            "SELECT count(*) FROM blobs WHERE (state = 4) <> (proved_at IS NOT NULL)",
        ]
        for rule in rules {
            let wrong = try index.store.file.read { try Int.fetchOne($0, sql: rule) }
            #expect(wrong == 0, "step \(step): \(rule)")
        }
    }
}

private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 29)) &* 0xbf58_476d_1ce4_e5b9
    }

    mutating func roll(_ sides: Int) -> Int { Int(next() >> 33) % sides }
}
