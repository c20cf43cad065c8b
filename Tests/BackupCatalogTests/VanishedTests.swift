import BackupModel
import Testing

@testable import BackupCatalog

/// Blobs that the source listed once and lists no more (A2, A3).
@Suite struct VanishedTests {
    @Test("A2 a vanished blob without a copy is source_missing, a safe one stays safe, and one that returns is wanted")
    func vanishes() throws {
        let index = try IndexFixture()
        let all = records(4)
        let buckets = Set(all.map { FanOut.standard.bucket(of: $0.id) })
        try index.scan(all)
        _ = try index.store.settle(
            [BlobOutcome(id: all[0].id, state: .verified)], run: runA, volume: index.volume, at: noon)
        #expect(try index.scan([all[3]], buckets: buckets).vanished == 3)
        #expect(try index.store.vanished(volume: index.volume, after: all[0].id, limit: 9) == [all[1].id, all[2].id])
        try index.store.finishScan(volume: index.volume, stillThere: [all[2].id], fullWalkAt: noon)
        let states = try all.map { try index.store.record(of: $0.id, volume: index.volume)?.state }
        #expect(states == [.verified, .sourceMissing, .pending, .pending])
        let reason = try #require(try index.store.failures(volume: index.volume, after: nil, limit: 9).first)
        #expect(reason.failure.code == "SOURCE_MISSING" && reason.failure.side == .source)
        #expect(reason.at == WallTime(milliseconds: 7_000))
        #expect(try index.store.lastFullWalk(volume: index.volume) == noon)
        #expect(try index.store.vanished(volume: index.volume, after: nil, limit: 9).isEmpty)
        // The safe one and the missing one are not counted again; the one still there is.
        #expect(try index.scan([all[3]], buckets: buckets).vanished == 1)
        #expect(try index.scan(all, buckets: buckets).added == Amount())
        #expect(try index.store.record(of: all[1].id, volume: index.volume)?.state == .pending)
        #expect(try index.store.failures(volume: index.volume, after: nil, limit: 9).isEmpty)
        #expect(try index.store.tally(volume: index.volume) == index.counted())
    }

    @Test("A3 after a refused scan the next one lists the same buckets and notes the same blobs")
    func abandons() throws {
        let index = try IndexFixture()
        let all = records(4)
        let buckets = Set(all.map { FanOut.standard.bucket(of: $0.id) })
        try index.scan(all)
        try index.scan(Array(all[1...]), buckets: buckets)
        try index.store.abandonScan(volume: index.volume)
        let stamps = try index.store.stamps(volume: index.volume)
        #expect(stamps[FanOut.standard.bucket(of: all[0].id)] == nil && stamps.count == buckets.count - 1)
        try index.store.finishScan(volume: index.volume, stillThere: [], fullWalkAt: nil)
        #expect(try index.store.record(of: all[0].id, volume: index.volume)?.state == .pending)
        #expect(try index.store.lastFullWalk(volume: index.volume) == nil)
        #expect(try index.scan(Array(all[1...]), buckets: buckets).vanished == 1)
    }

    @Test("K7 a vanished blob that a dead run had begun is settled first, not called missing")
    func begunOnesWait() throws {
        let index = try IndexFixture()
        let all = records(2)
        let buckets = Set(all.map { FanOut.standard.bucket(of: $0.id) })
        try index.scan(all)
        _ = try index.store.claim(run: runA, volume: index.volume, after: nil, limit: 1, bytes: .max)
        try index.scan([], buckets: buckets)
        try index.store.finishScan(volume: index.volume, stillThere: [], fullWalkAt: nil)
        #expect(try index.store.abandoned(besides: runB, volume: index.volume, limit: 9).count == 1)
        _ = try index.store.settle(
            [BlobOutcome(id: all[0].id, state: .placed)], run: runB, volume: index.volume, at: noon)
        try index.store.finishScan(volume: index.volume, stillThere: [], fullWalkAt: nil)
        #expect(try index.store.tally(volume: index.volume)[.placed].count == 1)
        #expect(try index.store.tally(volume: index.volume)[.sourceMissing].count == 1)
    }

    @Test(
        "a listed size replaces that of a blob without a copy, never that of a safe one", arguments: BlobState.allCases)
    func sizes(state: BlobState) throws {
        let index = try IndexFixture()
        let one = BlobRecord(id: blob(1), size: 10)
        try index.scan([one])
        _ = try index.store.settle([BlobOutcome(id: one.id, state: state)], run: runA, volume: index.volume, at: noon)
        try index.scan([BlobRecord(id: one.id, size: 20)])
        let size = try index.store.record(of: one.id, volume: index.volume)?.size
        #expect(size == (state.isSafe || state == .copying || state == .claimed ? 10 : 20))
        #expect(try index.store.tally(volume: index.volume) == index.counted())
    }
}
