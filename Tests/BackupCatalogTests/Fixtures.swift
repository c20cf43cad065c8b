import BackupModel
import Foundation
import GRDB

@testable import BackupCatalog

/// A folder of its own, gone when the value goes.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/catalog-test-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func file(_ name: String) -> String { path + "/" + name }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A store on a real file with one enrolled volume.
final class IndexFixture {
    let folder: TemporaryFolder
    let path: String
    let store: BlobIndexStore
    let volume = String(repeating: "a", count: 32)

    init(fanOut: FanOut = .standard) throws {
        folder = try TemporaryFolder()
        path = folder.file("cold.sqlite")
        store = try BlobIndexStore(path: path, now: { WallTime(milliseconds: 7_000) })
        try store.enrol(IndexFixture.volume(volume, fanOut: fanOut))
    }

    static func volume(_ uuid: String, fanOut: FanOut = .standard, hash: HashKind = .blake3) -> IndexedVolume {
        IndexedVolume(
            identity: VolumeIdentity(
                uuid: uuid, root: .folder, fileSystem: "ext4", fileSystemID: "1f", fanOut: fanOut, hash: hash,
                enrolledAt: WallTime(milliseconds: 1)),
            capabilities: VolumeCapabilities(maxFileSize: 10, compression: "zstd:3"),
            confirmed: VolumeGeneration(number: 1, nonce: "00000000000000aa"))
    }

    /// Records blobs, bucket by bucket; each bucket's listing is exactly what is given for it.
    @discardableResult
    func scan(_ blobs: [BlobRecord], buckets: Set<Int>? = nil) throws(Failure) -> ScanDelta {
        let grouped = Dictionary(grouping: blobs) { FanOut.standard.bucket(of: $0.id) }
        let wanted = buckets ?? Set(grouped.keys)
        return try store.record(
            wanted.sorted().map { bucket in
                let listed = (grouped[bucket] ?? []).sorted { $0.id < $1.id }
                return ScannedBucket(
                    bucket: bucket,
                    stamp: BucketStamp(modified: 1, changed: 2, isSettled: true, count: listed.count),
                    blobs: listed.map { ($0.id, $0.size) })
            }, volume: volume)
    }

    /// What an auditor would count, by plain SQL on a connection of its own.
    func counted() throws -> Tally {
        let queue = try DatabaseQueue(path: path)
        return try queue.read { db in
            var tally = Tally()
            for row in try Row.fetchAll(
                db, sql: "SELECT state, count(*) AS n, sum(size) AS bytes FROM blobs GROUP BY state")
            {
                guard let state = BlobState(rawValue: row["state"]) else { continue }
                tally[state] = Amount(count: row["n"], bytes: row["bytes"])
            }
            return tally
        }
    }
}

/// The n-th of many blobs spread over the buckets, always the same.
func blob(_ number: UInt64) -> BlobID {
    var state = number &+ 0x9e37_79b9_7f4a_7c15
    func next() -> UInt64 {
        state = state &+ 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
    return BlobID(words: (next(), next(), next(), next()))
}

/// Blobs 0 to `count` in order of name, blob n with 10 n + 1 bytes.
func records(_ count: UInt64) -> [BlobRecord] {
    (0..<count).map { BlobRecord(id: blob($0), size: Int64($0) * 10 + 1) }.sorted { $0.id < $1.id }
}

let runA = RunID(bits: 0xa)
let runB = RunID(bits: 0xb)
let noon = WallTime(milliseconds: 43_200_000)

func trouble(_ code: String = "SOURCE_CORRUPT", side: Side = .source) -> Failure {
    Failure(
        code: code, side: side, message: "bytes do not have this hash", subject: [0x61, 0xff, 0x0a], errno: 5,
        operation: "read", hint: "look", isTransient: true)
}
