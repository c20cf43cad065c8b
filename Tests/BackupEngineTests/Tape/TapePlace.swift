import BackupModel
import Foundation
import TapeArchive
import Testing
import WorkerKit

@testable import BackupEngine

/// A state folder, a tree to write, and a virtual library of small cartridges without a clock of its own.
struct TapePlace {
    let place: Place
    var jobs: [JobSettings] = []
    var drives = ["lto6"]

    init() throws {
        place = try Place()
        try FileManager.default.createDirectory(atPath: tree, withIntermediateDirectories: true)
    }

    var tree: String { place.path + "/tree" }

    /// Files of `megabytes` that no packing makes smaller.
    func fill(megabytes: Int, named prefix: String = "film") throws {
        for number in 0..<megabytes {
            var random = SystemRandomNumberGenerator()
            let words = (0..<131_072).map { _ in random.next() }
            let data = words.withUnsafeBytes { Data($0) }
            try data.write(to: URL(fileURLWithPath: tree + "/\(prefix)\(number)"))
        }
    }

    var plan: StationPlan {
        var library = LibrarySettings(name: "shelf", kind: .virtual)
        (library.path, library.drives, library.pace) = (place.path + "/shelf", drives, .off)
        var pool = Pool(name: "archive")
        pool.retention = .permanent
        let settings = drives.map { name in
            var drive = DriveSettings(name: name)
            (drive.blockSize, drive.buffer, drive.generation) = (256 << 10, .bytes(16 << 20), .lto6)
            return drive
        }
        return StationPlan(libraries: [library], drives: settings, pools: [pool], stateFolder: place.path + "/state")
    }

    /// A job that writes the tree.
    func job(_ name: String = "films", _ change: (inout JobSettings) -> Void = { _ in }) -> JobSettings {
        var job = JobSettings(name: name, kind: .tapeArchive)
        (job.tape.sources, job.tape.pool, job.retryDelay) = ([tree], "archive", 0.1)
        change(&job)
        return job
    }

    func open(forOneOrder: Bool = false) async throws -> Engine {
        var configuration = EngineConfiguration(
            stateFolder: place.path + "/state", mirrors: [], logPath: nil, host: "host", version: "0")
        configuration.jobs = forOneOrder ? [] : jobs
        configuration.isForOneOrder = forOneOrder
        configuration.tape = plan
        configuration.outside.clock = ClockWitness(boot: { "boot" }, isSynchronized: { true })
        return try await Engine.open(configuration)
    }
}

extension Engine {
    /// Gives an order about tapes; the words of its acceptance.
    @discardableResult
    func tape(_ order: TapeOrder) async throws -> String {
        switch await send(.tape(order)) {
        case .accepted(let words): return words
        case .refused(let failure): throw failure
        }
    }

    /// New cartridges in the library's slots, with a label where they shall have one.
    func addCartridges(_ barcodes: [String], megabytes: Int64 = 16, label: Bool = true) async throws {
        for barcode in barcodes {
            try await tape(.addCartridge(library: "shelf", barcode: barcode, capacity: megabytes << 20))
        }
        if label { try await tape(.labelAll(library: "shelf", pool: "archive")) }
    }

    func lines(_ query: Query) async throws -> [String] {
        switch await ask(query) {
        case .lines(let lines): return lines
        case .refused(let failure): throw failure
        default: throw Failure(code: "NO_LINES", side: .engine, message: "no lines")
        }
    }

    /// The end of a run begun by hand.
    func end(of words: String) async throws -> JobRun {
        let run = try #require(words.split(separator: " ").last.flatMap { RunID(String($0)) })
        let state = try await state("run \(run)") { state in
            state.tape?.byHand.contains { $0.run == run && $0.result != nil } == true
        }
        return try #require(state.tape?.byHand.first { $0.run == run })
    }

    /// The one open request for a tape.
    func tapeRequest() async throws -> Request {
        let state = try await state("a request") { $0.requests.contains { $0.isOpen && $0.kind == .changeTape } }
        return try #require(state.requests.first { $0.kind == .changeTape })
    }
}
