import BackupModel
import Testing

@testable import BackupCatalog

/// What any blob index must do, told by the port.
@Suite struct BlobIndexContractTests {
    @Test func volumesKeepTheirIdentityAndBothGenerations() throws {
        let index = try IndexFixture()
        let second = IndexFixture.volume(String(repeating: "b", count: 32))
        try index.store.enrol(second)
        #expect(try index.store.volumes().map(\.identity.uuid) == [second.identity.uuid, index.volume])
        let next = VolumeGeneration(number: 2, nonce: "00000000000000bb")
        try index.store.intend(next, volume: index.volume)
        var known = try #require(try index.store.volume(index.volume))
        #expect(known.intended == next && known.confirmed.number == 1)
        try index.store.confirm(next, volume: index.volume)
        known = try #require(try index.store.volume(index.volume))
        #expect(known.intended == nil && known.confirmed == next)
        #expect(known.capabilities.compression == "zstd:3")
        #expect(try index.store.volume("unknown") == nil)
    }

    @Test("A11 a volume whose identity changed is refused, the index unchanged")
    func identityIsPinned() throws {
        let index = try IndexFixture()
        let other = IndexFixture.volume(index.volume, hash: .sha256)
        let failure = #expect(throws: Failure.self) { try index.store.enrol(other) }
        #expect(failure?.code == "VOLUME_DIFFERS" && failure?.side == .catalog)
        #expect(try index.store.volume(index.volume)?.identity.hash == .blake3)
    }

    @Test func everyCallRefusesAVolumeItDoesNotKnow() throws {
        let store = try IndexFixture().store
        let calls: [() throws -> Void] = [
            { _ = try store.stamps(volume: "x") }, { _ = try store.record([], volume: "x") },
            { _ = try store.claim(run: runA, volume: "x", after: nil, limit: 1, bytes: 1) },
            { _ = try store.settle([], run: runA, volume: "x", at: noon) }, { _ = try store.tally(volume: "x") },
            { _ = try store.requeue(nil, volume: "x") },
            { try store.finishScan(volume: "x", stillThere: [], fullWalkAt: nil) },
            { try store.intend(VolumeGeneration(number: 1, nonce: ""), volume: "x") },
        ]
        for call in calls { #expect(throws: Failure.self) { try call() } }
    }

    @Test func aListingAddsWhatIsNewAndOnlyThat() throws {
        let index = try IndexFixture()
        let all = records(300)
        let first = try index.scan(Array(all[..<200]))
        #expect(first.added.count == 200 && first.vanished == 0)
        let buckets = Set(all.map { FanOut.standard.bucket(of: $0.id) })
        let second = try index.scan(all, buckets: buckets)
        #expect(second.added.count == 100)
        #expect(try index.scan(all, buckets: buckets).added == Amount())
        #expect(try index.store.tally(volume: index.volume) == index.counted())
        #expect(try index.store.stamps(volume: index.volume).count == buckets.count)
    }

    @Test func aListingOutOfOrderOrOfAnotherBucketIsPutRight() throws {
        let index = try IndexFixture()
        let ids = [BlobID(words: (1, 0, 0, 9)), BlobID(words: (1, 0, 0, 3)), BlobID(words: (.max, 0, 0, 0))]
        let delta = try index.store.record(
            [
                ScannedBucket(
                    bucket: 0, stamp: BucketStamp(modified: 0, changed: 0, isSettled: false, count: 3),
                    blobs: ids.map { ($0, 5) }, foreign: 2)
            ], volume: index.volume)
        #expect(delta.added == Amount(count: 2, bytes: 10) && delta.foreign == 3)
        #expect(try index.store.stamps(volume: index.volume)[0]?.isSettled == false)
    }

    @Test("N12 pages come in order of name, each blob once, lost ones too")
    func claimsInOrder() throws {
        let index = try IndexFixture()
        let all = records(100)
        try index.scan(all)
        let lost = BlobOutcome(id: all[3].id, state: .lost)
        _ = try index.store.settle([lost], run: runB, volume: index.volume, at: noon)
        #expect(
            try index.store.remaining(volume: index.volume, after: all[1].id, limit: 3).map(\.id)
                == all[2...4].map(\.id))
        var seen: [BlobID] = []
        while true {
            let page = try index.store.claim(run: runA, volume: index.volume, after: nil, limit: 7, bytes: .max)
            if page.isEmpty { break }
            #expect(page.allSatisfy { $0.state == .copying })
            seen += page.map(\.id)
        }
        #expect(seen == all.map(\.id))
        #expect(try index.store.tally(volume: index.volume)[.copying].count == 100)
        #expect(try index.store.tally(volume: index.volume) == index.counted())
    }

    @Test("a page holds at most so many bytes, but never nothing", arguments: [(1, 1), (1 + 11, 2), (11, 1), (100, 4)])
    func claimsByBytes(bytes: Int64, expected: Int) throws {
        let index = try IndexFixture()
        let ids = (0..<5).map { BlobID(words: (UInt64($0), 0, 0, 0)) }
        try index.scan(ids.enumerated().map { BlobRecord(id: $1, size: Int64($0) * 10 + 1) })
        let page = try index.store.claim(run: runA, volume: index.volume, after: nil, limit: 9, bytes: bytes)
        #expect(page.count == expected)
    }

    @Test("what becomes of a blob: state, attempts, reason, proof", arguments: BlobState.allCases)
    func settles(state: BlobState) throws {
        let index = try IndexFixture()
        let all = records(2)
        try index.scan(all)
        let failure = state.isFailure ? trouble() : nil
        let outcome = BlobOutcome(id: all[0].id, size: 99, state: state, failure: failure)
        let tally = try index.store.settle([outcome], run: runA, volume: index.volume, at: noon)
        #expect(tally == (try index.counted()))
        let record = try #require(try index.store.record(of: all[0].id, volume: index.volume))
        #expect(record == BlobRecord(id: all[0].id, size: 99, state: state, attempts: failure == nil ? 0 : 1))
        let reasons = try index.store.failures(volume: index.volume, after: nil, limit: 9)
        #expect(reasons.map(\.failure) == (failure.map { [$0] } ?? []))
        #expect(reasons.allSatisfy { $0.at == noon && $0.size == 99 && $0.state == state })
        let later = try index.store.unproved(volume: index.volume, before: WallTime(milliseconds: .max), limit: 9)
        #expect(later.count == (state.isSafe ? 1 : 0))
        let earlier = try index.store.unproved(volume: index.volume, before: noon, limit: 9)
        #expect(earlier.count == (state == .placed ? 1 : 0))
    }

    @Test func aReasonStaysWithAWaitingBlobAndGoesWhenItIsSafe() throws {
        let index = try IndexFixture()
        let id = records(1)[0].id
        try index.scan(records(1))
        for attempt in 1...3 {
            let again = BlobOutcome(id: id, state: .pending, failure: trouble("IO", side: .destination))
            _ = try index.store.settle([again], run: runA, volume: index.volume, at: noon)
            #expect(try index.store.record(of: id, volume: index.volume)?.attempts == attempt)
        }
        #expect(
            try index.store.failures(volume: index.volume, after: nil, limit: 9).map(\.failure.side) == [.destination])
        _ = try index.store.settle([BlobOutcome(id: id, state: .placed)], run: runA, volume: index.volume, at: noon)
        #expect(try index.store.failures(volume: index.volume, after: nil, limit: 9).isEmpty)
    }

    @Test func aFailedStateWithoutAReasonGetsOneAndAnUnknownBlobARow() throws {
        let index = try IndexFixture()
        let tally = try index.store.settle(
            [BlobOutcome(id: blob(1), size: 4, state: .placed), BlobOutcome(id: blob(2), size: 5, state: .blocked)],
            run: runA, volume: index.volume, at: noon)
        #expect(tally[.placed] == Amount(count: 1, bytes: 4))
        #expect(try index.store.failures(volume: index.volume, after: nil, limit: 9).map(\.failure.code) == ["BLOCKED"])
    }

    @Test("K1 what a dead run had begun is found, what this run has begun is not")
    func abandoned() throws {
        let index = try IndexFixture()
        let all = records(10)
        try index.scan(all)
        _ = try index.store.claim(run: runA, volume: index.volume, after: nil, limit: 4, bytes: .max)
        _ = try index.store.claim(run: runB, volume: index.volume, after: nil, limit: 4, bytes: .max)
        let left = try index.store.abandoned(besides: runB, volume: index.volume, limit: 3)
        #expect(left.map(\.record.id) == all[..<3].map(\.id))
        #expect(left.allSatisfy { $0.run == runA && $0.record.state == .copying })
        let back = all[..<4].map { BlobOutcome(id: $0.id, state: .pending) }
        _ = try index.store.settle(back, run: runB, volume: index.volume, at: noon)
        #expect(try index.store.abandoned(besides: runB, volume: index.volume, limit: 9).isEmpty)
        #expect(
            try index.store.claim(run: runB, volume: index.volume, after: nil, limit: 1, bytes: 1)[0].id == all[0].id)
    }

    @Test("L14 never proved first, then the oldest proof")
    func unprovedOldestFirst() throws {
        let index = try IndexFixture()
        let all = records(6)
        for (number, record) in all.enumerated() {
            let state: BlobState = number < 2 ? .placed : .verified
            _ = try index.store.settle(
                [BlobOutcome(id: record.id, size: 1, state: state)], run: runA, volume: index.volume,
                at: WallTime(milliseconds: Int64(100 - number)))
        }
        let page = try index.store.unproved(volume: index.volume, before: WallTime(milliseconds: 98), limit: 9)
        #expect(page.map(\.id) == [all[0], all[1], all[5], all[4], all[3]].map(\.id))
        #expect(try index.store.unproved(volume: index.volume, before: noon, limit: 3).count == 3)
    }

    @Test func requeueTakesBackAllOrOneButNeverASafeOrARunningOne() throws {
        let index = try IndexFixture()
        let all = records(6)
        try index.scan(all)
        let outcomes = all[..<4].map { BlobOutcome(id: $0.id, state: .sourceCorrupt, failure: trouble()) }
        _ = try index.store.settle(outcomes, run: runA, volume: index.volume, at: noon)
        _ = try index.store.settle(
            [BlobOutcome(id: all[4].id, state: .verified)], run: runA, volume: index.volume, at: noon)
        #expect(try index.store.requeue(all[4].id, volume: index.volume) == 0)
        #expect(try index.store.requeue(all[5].id, volume: index.volume) == 0)
        #expect(try index.store.requeue(all[0].id, volume: index.volume) == 1)
        #expect(try index.store.record(of: all[0].id, volume: index.volume)?.attempts == 0)
        #expect(try index.store.failures(volume: index.volume, after: all[1].id, limit: 1).map(\.id) == [all[2].id])
        #expect(try index.store.requeue(nil, volume: index.volume) == 3)
        #expect(try index.store.tally(volume: index.volume) == index.counted())
        #expect(try index.store.tally(volume: index.volume).failed.count == 0)
    }

    @Test func theMapFollowsTheLeadingByte() throws {
        let index = try IndexFixture()
        let all = records(500)
        try index.scan(all)
        _ = try index.store.claim(run: runA, volume: index.volume, after: nil, limit: 50, bytes: .max)
        let states: [BlobState] = [.placed, .verified, .corrupt]
        let outcomes = all[..<30].enumerated().map { BlobOutcome(id: $1.id, state: states[$0 % 3]) }
        _ = try index.store.settle(outcomes, run: runA, volume: index.volume, at: noon)
        var expected = [MapCell](repeating: MapCell(), count: 256)
        for (number, record) in all.enumerated() {
            let cell = Int(record.id.words.0 >> 56)
            expected[cell].total += 1
            if number >= 30, number < 50 { expected[cell].active += 1 }
            if number < 30, number % 3 == 0 { expected[cell].placed += 1 }
            if number < 30, number % 3 == 1 { expected[cell].verified += 1 }
            if number < 30, number % 3 == 2 { expected[cell].failed += 1 }
        }
        #expect(try index.store.map(volume: index.volume) == expected)
    }

    @Test func twoVolumesDoNotKnowEachOther() throws {
        let index = try IndexFixture()
        let other = String(repeating: "b", count: 32)
        try index.store.enrol(IndexFixture.volume(other))
        try index.scan(records(5))
        #expect(try index.store.tally(volume: other) == Tally())
        #expect(try index.store.claim(run: runA, volume: other, after: nil, limit: 9, bytes: .max).isEmpty)
        #expect(try index.store.record(of: records(1)[0].id, volume: other) == nil)
    }

    @Test func runsAreKeptNewestFirst() throws {
        let index = try IndexFixture()
        var summaries: [RunSummary] = []
        for number in 1...3 {
            var run = RunSummary(run: RunID(bits: UInt64(number)), kind: .run, startedAt: WallTime(milliseconds: 5))
            try index.store.begin(run, volume: index.volume)
            if number != 2 {
                run.endedAt = noon
                run.result = .ok
                run.done = Amount(count: 7, bytes: 8)
                try index.store.end(run, volume: index.volume)
            }
            summaries.append(run)
        }
        #expect(try index.store.runs(volume: index.volume, limit: 9) == summaries.reversed())
        #expect(try index.store.runs(volume: index.volume, limit: 1) == [summaries[2]])
    }
}
