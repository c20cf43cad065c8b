import BackupCatalog
import BackupModel
import Foundation
import Testing

@testable import BlobCopier

/// The ways to keep a blob index; each new one joins here and must pass everything below.
enum IndexImplementation: CaseIterable, Sendable {
    case sqlite

    func make(in folder: String) throws -> any BlobIndex {
        switch self {
        case .sqlite: try SQLiteBlobIndex(BlobIndexStore(path: folder + "/index.sqlite"))
        }
    }
}

/// What the port promises to the copier.
@Suite struct BlobIndexPortTests {
    static let volume = String(repeating: "a", count: 32)
    static let runA = RunID(bits: 1)
    static let runB = RunID(bits: 2)
    static let noon = WallTime(milliseconds: 1_000_000)

    /// An index with one volume and so many blobs wanted, ten bytes each.
    private func index(_ kind: IndexImplementation, _ count: Int) async throws -> any BlobIndex {
        let folder = FileManager.default.temporaryDirectory.path + "/copier-index-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let index = try kind.make(in: folder)
        let identity = VolumeIdentity(
            uuid: Self.volume, root: .folder, fileSystem: "ext4", fileSystemID: "", fanOut: MirrorFixture.fanOut,
            hash: .blake3, enrolledAt: Self.noon)
        try await index.enrol(
            IndexedVolume(
                identity: identity, capabilities: VolumeCapabilities(),
                confirmed: VolumeGeneration(number: 1, nonce: "0000000000000001")))
        _ = try await index.record(listing(ids(count)), volume: Self.volume)
        try await index.finishScan(volume: Self.volume, stillThere: [], fullWalkAt: Self.noon)
        return index
    }

    private func ids(_ count: Int) -> [BlobID] {
        (0..<count).map { BlobID(words: (UInt64($0) << 56 | 7, 0, 0, UInt64($0))) }
    }

    private func listing(_ ids: [BlobID]) -> [ScannedBucket] {
        Dictionary(grouping: ids) { MirrorFixture.fanOut.bucket(of: $0) }.sorted { $0.key < $1.key }.map {
            let stamp = BucketStamp(modified: 1, changed: 1, isSettled: true, count: $0.value.count)
            return ScannedBucket(bucket: $0.key, stamp: stamp, blobs: $0.value.sorted().map { ($0, 10) })
        }
    }

    @Test(
        "A25 claims come in order of name, bounded by count and bytes, and never twice",
        arguments: IndexImplementation.allCases)
    func claims(kind: IndexImplementation) async throws {
        let index = try await index(kind, 20)
        let first = try await index.claim(run: Self.runA, volume: Self.volume, after: nil, limit: 5, bytes: .max)
        #expect(first.map(\.id) == Array(ids(5)))
        let second = try await index.claim(run: Self.runB, volume: Self.volume, after: nil, limit: 9, bytes: 35)
        #expect(second.map(\.id) == Array(ids(20)[5..<8]))
        let large = try await index.claim(run: Self.runB, volume: Self.volume, after: nil, limit: 9, bytes: 1)
        #expect(large.count == 1)
        let rest = try await index.claim(
            run: Self.runB, volume: Self.volume, after: ids(20)[14], limit: 99, bytes: .max)
        #expect(rest.map(\.id) == Array(ids(20)[15...]))
    }

    @Test("K1 what a dead run had begun is told with its run, and no other", arguments: IndexImplementation.allCases)
    func abandoned(kind: IndexImplementation) async throws {
        let index = try await index(kind, 6)
        _ = try await index.claim(run: Self.runA, volume: Self.volume, after: nil, limit: 2, bytes: .max)
        _ = try await index.claim(run: Self.runB, volume: Self.volume, after: nil, limit: 2, bytes: .max)
        let left = try await index.abandoned(besides: Self.runB, volume: Self.volume, limit: 10)
        #expect(left.map(\.record.id) == Array(ids(2)) && left.allSatisfy { $0.run == Self.runA })
    }

    @Test(
        "K9 K11 settling is one step: states, sizes, reasons and tally agree", arguments: IndexImplementation.allCases)
    func settles(kind: IndexImplementation) async throws {
        let index = try await index(kind, 4)
        let all = ids(4)
        _ = try await index.claim(run: Self.runA, volume: Self.volume, after: nil, limit: 4, bytes: .max)
        let failure = Failure(code: "X", side: .source, message: "x", subject: [0xff, 0x0a], errno: 5)
        let tally = try await index.settle(
            [
                BlobOutcome(id: all[0], size: 11, state: .placed), BlobOutcome(id: all[1], state: .verified),
                BlobOutcome(id: all[2], state: .sourceCorrupt, failure: failure),
                BlobOutcome(id: all[3], state: .pending),
            ], run: Self.runA, volume: Self.volume, at: Self.noon)
        #expect(tally.safe == Amount(count: 2, bytes: 21) && tally.failed.count == 1 && tally.remaining.count == 1)
        #expect(try await index.tally(volume: Self.volume) == tally)
        let told = try await index.failures(volume: Self.volume, after: nil, limit: 10)
        #expect(told.map(\.id) == [all[2]] && told.first?.failure == failure && told.first?.attempts == 1)
        #expect(try await index.requeue(nil, volume: Self.volume) == 1)
        #expect(try await index.record(of: all[2], volume: Self.volume)?.state == .pending)
        #expect(try await index.record(of: all[2], volume: Self.volume)?.attempts == 0)
    }

    @Test("A3 what vanished is noted, and applied only when the scan ends", arguments: IndexImplementation.allCases)
    func vanished(kind: IndexImplementation) async throws {
        let index = try await index(kind, 6)
        let gone = ids(6)[0]
        let bucket = MirrorFixture.fanOut.bucket(of: gone)
        let stamp = BucketStamp(modified: 2, changed: 2, isSettled: true, count: 0)
        let empty = ScannedBucket(bucket: bucket, stamp: stamp, blobs: [])
        #expect(try await index.record([empty], volume: Self.volume).vanished == 1)
        #expect(try await index.record(of: gone, volume: Self.volume)?.state == .pending)
        try await index.abandonScan(volume: Self.volume)
        #expect(try await index.vanished(volume: Self.volume, after: nil, limit: 9) == [])
        #expect(try await index.stamps(volume: Self.volume)[bucket] == nil)
        _ = try await index.record([empty], volume: Self.volume)
        #expect(try await index.vanished(volume: Self.volume, after: nil, limit: 9) == [gone])
        try await index.finishScan(volume: Self.volume, stillThere: [], fullWalkAt: nil)
        #expect(try await index.record(of: gone, volume: Self.volume)?.state == .sourceMissing)
        #expect(try await index.lastFullWalk(volume: Self.volume) == Self.noon)
    }

    @Test("L13 never proved first, then the oldest proof", arguments: IndexImplementation.allCases)
    func unproved(kind: IndexImplementation) async throws {
        let index = try await index(kind, 3)
        let all = ids(3)
        for (number, id) in all.enumerated().reversed() {
            let state: BlobState = number == 1 ? .placed : .verified
            _ = try await index.settle(
                [BlobOutcome(id: id, state: state)], run: Self.runA, volume: Self.volume,
                at: Self.noon.adding(seconds: Double(-number)))
        }
        let order = try await index.unproved(volume: Self.volume, before: WallTime(milliseconds: .max), limit: 9)
        #expect(order.map(\.id) == [all[1], all[2], all[0]])
        let old = try await index.unproved(volume: Self.volume, before: Self.noon.adding(seconds: -1), limit: 9)
        #expect(old.map(\.id) == [all[1], all[2]])
    }

    @Test("A14 a generation is intended, then confirmed", arguments: IndexImplementation.allCases)
    func generations(kind: IndexImplementation) async throws {
        let index = try await index(kind, 0)
        let next = VolumeGeneration(number: 2, nonce: "0000000000000002")
        try await index.intend(next, volume: Self.volume)
        #expect(try await index.volume(Self.volume)?.intended == next)
        try await index.confirm(next, volume: Self.volume)
        #expect(try await index.volume(Self.volume)?.confirmed == next)
        #expect(try await index.volume(Self.volume)?.intended == nil)
    }

    @Test func aRunThatDiedHasNoResult() async throws {
        let index = try await index(.sqlite, 0)
        var run = RunSummary(run: Self.runA, kind: .run, startedAt: Self.noon)
        try await index.begin(run, volume: Self.volume)
        #expect(try await index.runs(volume: Self.volume, limit: 1).first?.result == nil)
        run.result = .ok
        try await index.end(run, volume: Self.volume)
        #expect(try await index.runs(volume: Self.volume, limit: 9).map(\.result) == [.ok])
    }
}
