import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import BlobCopier

/// A store, a target and an index in a temporary folder, with the real parts between them.
final class MirrorFixture: Sendable {
    let folder: String
    let plan: FaultPlan
    let log = EventLog()
    let store: BlobIndexStore
    let index: SQLiteBlobIndex
    let target: String
    let blobs: [BlobID: [UInt8]]
    var source: String { folder + "/source" }

    static let fanOut = FanOut([1, 1]) ?? .standard

    init(
        blobs count: Int = 0, target: String? = nil, plan: FaultPlan = FaultPlan(), sizes: [Int] = [0, 1, 17, 5000, 70_000]
    ) throws {
        folder = FileManager.default.temporaryDirectory.path + "/copier-" + UUID().uuidString.lowercased()
        self.target = target ?? folder + "/target"
        self.plan = plan
        for path in [folder + "/source", self.target, folder + "/state"] {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        }
        store = try BlobIndexStore(path: folder + "/state/mirror.sqlite")
        index = try SQLiteBlobIndex(store)
        var made: [BlobID: [UInt8]] = [:]
        for number in 0..<count {
            let bytes = MirrorFixture.bytes(number, count: sizes[number % sizes.count] + (number / sizes.count))
            made[try MirrorFixture.id(of: bytes)] = bytes
        }
        blobs = made
        for (id, bytes) in made { try plant(bytes, as: id) }
    }

    deinit {
        store.close()
        try? FileManager.default.removeItem(atPath: folder)
    }

    // MARK: The store

    static func bytes(_ seed: Int, count: Int) -> [UInt8] {
        var state = UInt64(seed) &* 0x9e37_79b9_7f4a_7c15 &+ 1
        return (0..<count).map { _ in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return UInt8(truncatingIfNeeded: state >> 56)
        }
    }

    static func id(of bytes: [UInt8]) throws -> BlobID {
        let hasher = try BlobHasher(.blake3)
        bytes.withUnsafeBytes { hasher.update($0) }
        return try hasher.finish()
    }

    func sourcePath(_ id: BlobID) -> String { "\(source)/\(Self.fanOut.path(of: Self.fanOut.bucket(of: id)))/\(id)" }
    func targetPath(_ id: BlobID) -> String {
        "\(target)/by-hash/\(Self.fanOut.path(of: Self.fanOut.bucket(of: id)))/\(id)"
    }

    func plant(_ bytes: [UInt8], as id: BlobID) throws {
        let path = sourcePath(id)
        try FileManager.default.createDirectory(
            atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    func plant(_ bytes: [UInt8], onTarget id: BlobID) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: targetPath(id)))
    }

    func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }
    func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    /// The blobs in order of name.
    var ids: [BlobID] { blobs.keys.sorted() }

    // MARK: The copier

    func settings(_ change: (inout MirrorSettings) -> Void = { _ in }) -> MirrorSettings {
        var settings = MirrorSettings(
            name: "cold", source: source, target: target, workers: 3, batch: 8, keepFree: 0, retries: 2)
        change(&settings)
        return settings
    }

    static var pace: CopyPace {
        var pace = CopyPace()
        pace.retryBase = 0.002
        pace.lostCheck = 0.02
        pace.tick = 0.01
        pace.stop = 1
        return pace
    }

    func copier(
        pace: CopyPace = MirrorFixture.pace, time: SystemTime = .live, index: (any BlobIndex)? = nil,
        _ change: (inout MirrorSettings) -> Void = { _ in }
    ) -> Copier {
        Copier(
            settings: settings(change), index: index ?? self.index, source: FaultyFiles(LinuxFiles(side: .source), plan),
            target: FaultyFiles(LinuxFiles(side: .destination), plan), stateFolder: folder + "/state", time: time,
            pace: pace, events: { [log] in log.append($0) })
    }

    /// Enrolled with few folders and a small reserve.
    func enrolled(
        pace: CopyPace = MirrorFixture.pace, _ change: (inout MirrorSettings) -> Void = { _ in }
    ) async throws -> Copier {
        let copier = copier(pace: pace, change)
        _ = try await copier.enrol(fanOut: Self.fanOut, reserveBytes: 4096)
        return copier
    }

    var volume: String {
        get async throws { try #require(try await index.volumes().first).identity.uuid }
    }

    func state(_ id: BlobID) async throws -> BlobState? { try await index.record(of: id, volume: volume)?.state }
    func tally() async throws -> Tally { try await index.tally(volume: volume) }

    // MARK: Judging, without the engine's code

    /// Files on the target below a folder, by path.
    func files(_ folder: String = "by-hash") -> [String] {
        let found = FileManager.default.enumerator(atPath: target + "/" + folder)
        return (found?.allObjects as? [String] ?? []).filter { path in
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(
                atPath: "\(target)/\(folder)/\(path)", isDirectory: &isFolder)
            return exists && !isFolder.boolValue
        }.sorted()
    }

    var temporaries: [String] { files().filter { $0.contains(".tmp-") } }

    /// Rows that claim a good copy where the volume has none (I1), and source blobs that nobody will copy.
    func wrongs() async throws -> [String] {
        var wrongs: [String] = []
        for (id, bytes) in blobs {
            let state = try await state(id)
            let copy = FileManager.default.contents(atPath: targetPath(id)).map { [UInt8]($0) }
            if state?.isSafe == true, copy != bytes { wrongs.append("\(id.short) is \(state?.word ?? "") and wrong") }
            if let copy, copy != bytes { wrongs.append("\(id.short) bears wrong bytes") }
        }
        return wrongs
    }
}

/// Events as they came.
final class EventLog: Sendable {
    private let events = Mutex<[Event]>([])
    private let onEvent = Mutex<(@Sendable (Event) -> Void)?>(nil)

    func append(_ event: Event) {
        events.withLock { $0.append(event) }
        onEvent.withLock { $0 }?(event)
    }

    func react(_ body: @escaping @Sendable (Event) -> Void) { onEvent.withLock { $0 = body } }
    var all: [Event] { events.withLock { $0 } }
    var codes: [String] { all.map(\.code) }
    func count(_ code: String) -> Int { codes.count { $0 == code } }
    func clear() { events.withLock { $0 = [] } }
}

/// Waits for a condition, at most `seconds`.
func eventually(_ seconds: Double = 10, _ condition: () async throws -> Bool) async rethrows -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
        if try await condition() { return true }
        try? await Task.sleep(for: .milliseconds(5))
    }
    return try await condition()
}
