import BackupEngine
import BackupModel
import BlobCopier
import Foundation
import Testing
import WorkerKit

/// A temporary folder with a store, a target and a state folder; it goes with the test.
final class Place: Sendable {
    let path: String
    static let fanOut = FanOut([1, 1]) ?? .standard

    init() throws {
        path = NSTemporaryDirectory() + "holdfast-engine-" + UUID().uuidString
        for name in ["source", "target"] {
            try FileManager.default.createDirectory(
                atPath: path + "/" + name, withIntermediateDirectories: true)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    // MARK: Blobs

    /// Blobs of `size` bytes each, no two alike, below `source`.
    @discardableResult
    func addBlobs(_ count: Int, size: Int, from first: Int = 0) throws -> [BlobID] {
        let hasher = try BlobHasher(.blake3)
        return try (first..<first + count).map { number in
            var content = [UInt8](repeating: UInt8(number % 251), count: size)
            for (index, byte) in "\(number)".utf8.enumerated() where index < size { content[index] = byte }
            content.withUnsafeBytes { hasher.update($0) }
            let id = try hasher.finish()
            try add(content, as: id)
            return id
        }
    }

    func add(_ content: [UInt8], as id: BlobID) throws {
        let folder = path + "/source/" + Self.fanOut.path(of: Self.fanOut.bucket(of: id))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(content).write(to: URL(fileURLWithPath: folder + "/\(id)"))
    }

    /// A name whose content has another hash.
    func addCorrupt(_ number: UInt64) throws -> BlobID {
        let id = BlobID(words: (number << 60 | number, 2, 3, 4))
        try add(Array("not what the name says".utf8), as: id)
        return id
    }

    var copied: Int {
        let all = try? FileManager.default.subpathsOfDirectory(atPath: path + "/target/by-hash")
        return (all ?? []).count { $0.utf8.count > 60 }
    }

    // MARK: Engines

    func settings(rate: Int64? = nil, name: String = "cold") -> MirrorSettings {
        MirrorSettings(
            name: name, source: path + "/source", target: path + "/target", workers: 2, batch: 8, rateLimit: rate,
            keepFree: 0, retries: 1)
    }

    func configuration(_ settings: MirrorSettings, _ plan: FaultPlan? = nil) -> EngineConfiguration {
        EngineConfiguration(
            stateFolder: path + "/state", mirrors: [settings], logPath: path + "/state/log/holdfast.jsonl",
            host: "host", version: "0",
            files: { _ in
                let source = LinuxFiles(side: .source), target = LinuxFiles(side: .destination)
                guard let plan else { return (source, target) }
                return (FaultyFiles(source, plan), FaultyFiles(target, plan))
            })
    }

    /// Opens an engine on it and enrols the target where that was not done yet.
    func open(rate: Int64? = nil, _ plan: FaultPlan? = nil, time: SystemTime = .live) async throws -> Engine {
        let engine = try await Engine.open(configuration(settings(rate: rate), plan), time: time)
        _ = try await engine.copier("cold").enrol(fanOut: Self.fanOut, reserveBytes: 0)
        return engine
    }

    // MARK: Files

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: path + "/" + name, atomically: false, encoding: .utf8)
    }

    func read(_ name: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path + "/" + name).map { [UInt8]($0) }
    }

    func lines(_ name: String) -> [String] {
        (read(name) ?? []).split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Files beside the store and the target.
    var names: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter {
            $0 != "source" && $0 != "target"
        }
    }
}

extension Engine {
    /// The first state that is as wanted; fails when the engine ends before.
    func state(_ comment: Comment? = nil, where isWanted: (EngineState) -> Bool) async throws -> EngineState {
        for await state in states() where isWanted(state) { return state }
        throw EngineEnded(comment: comment)
    }

    func begin(_ intent: Intent = .runMirror(name: "cold", overrides: RunOverrides())) async throws {
        let result = await send(intent)
        if case .refused(let failure) = result { throw failure }
    }

    /// Waits for the end of what runs, and returns the last state of it.
    func finished() async throws -> CopyState {
        let state = try await state("finished") { state in
            if case .finished? = state.copies.first?.phase { true } else { false }
        }
        return try #require(state.copies.first)
    }

    struct EngineEnded: Error {
        var comment: Comment?
    }
}
