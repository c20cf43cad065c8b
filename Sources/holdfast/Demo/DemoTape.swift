import BackupEngine
import BackupModel
import Foundation
import TapeArchive
import WorkerKit

/// The demo's tape: a library of two small cartridges of which one lies outside, and a job that needs both.
///
/// The drive takes no time of its own, so that the demo stays short. Somebody's hand brings the second cartridge once the request for it
/// was answered: in the console by a person, headless by the demo itself.
struct DemoTape: Sendable {
    let folder: String
    static let job = "films", library = "shelf", drive = "lto6", pool = "archive"
    private static let inside = "DM0001L6", outside = "DM0002L6"
    /// Bytes of a cartridge; the films are half as much again.
    private static let capacity: Int64 = 24 << 20

    private var films: String { folder + "/films" }
    private var shelf: String { folder + "/shelf" }

    var plan: StationPlan {
        var library = LibrarySettings(name: DemoTape.library, kind: .virtual)
        (library.path, library.drives, library.pace) = (shelf, [DemoTape.drive], .off)
        var drive = DriveSettings(name: DemoTape.drive)
        (drive.blockSize, drive.buffer, drive.generation) = (256 << 10, .bytes(16 << 20), .lto6)
        return StationPlan(
            libraries: [library], drives: [drive], pools: [Pool(name: DemoTape.pool)], stateFolder: folder + "/state")
    }

    var settings: JobSettings {
        var job = JobSettings(name: DemoTape.job, kind: .tapeArchive)
        (job.tape.sources, job.tape.pool) = ([films], DemoTape.pool)
        return job
    }

    /// Films that nothing packs, and the cartridges.
    func prepare(_ engine: Engine) async throws {
        try await runBlocking(name: "demo-films") { try makeFilms() }
        for barcode in [DemoTape.inside, DemoTape.outside] {
            try await order(
                .addCartridge(library: DemoTape.library, barcode: barcode, capacity: DemoTape.capacity), engine)
        }
        try await order(.labelAll(library: DemoTape.library, pool: DemoTape.pool), engine)
        // It goes on by itself where the drive takes its time.
        for await state in await engine.states() {
            let isFree = state.tape?.drives.allSatisfy { $0.job.isEmpty } ?? false
            if isFree, state.tape?.volumes.count(where: { $0.volume.state == .empty }) == 2 { break }
        }
        _ = await engine.send(.tape(.unload(drive: DemoTape.drive)))
        for await state in await engine.states() {
            if state.tape?.drives.allSatisfy({ $0.job.isEmpty && $0.medium == nil }) ?? false { break }
        }
        let library = try await shelfByHand()
        try await runBlocking(name: "demo-shelf") { try library.takeOut(DemoTape.outside) }
        try await order(.inventory(library: DemoTape.library), engine)
    }

    private func makeFilms() throws {
        try FileManager.default.createDirectory(atPath: films, withIntermediateDirectories: true)
        var random = SplitMix(state: 20_251_121)
        for number in 1...12 {
            try Data(random.bytes(count: 3 << 20)).write(to: URL(fileURLWithPath: films + "/film-\(number).mkv"))
        }
    }

    private func shelfByHand() async throws -> VirtualLibrary {
        let path = shelf
        return try await runBlocking(name: "demo-shelf") { try VirtualLibrary(opening: PathBytes(path), clock: .off) }
    }

    private func order(_ order: TapeOrder, _ engine: Engine) async throws {
        if case .refused(let failure) = await engine.send(.tape(order)) { throw failure }
    }

    // MARK: The hand

    /// Brings the second cartridge once somebody has answered. `answers`: nobody else is there to do it.
    func help(_ engine: Engine, answers: Bool) async throws {
        var asked: Request?
        for await state in await engine.states() {
            let request = state.requests.first { $0.kind == .changeTape && $0.isOpen }
            if let asked {
                // Answered: closed, or open again for the drive is still empty.
                guard request?.number != asked.number || request?.why != asked.why else { continue }
                let library = try await shelfByHand()
                try await runBlocking(name: "demo-shelf") { try library.insert(DemoTape.outside) }
                return try await order(.importMedium(library: DemoTape.library), engine)
            }
            asked = request
            guard answers, let request else { continue }
            Standard.error("demo: request \(request.number): \(request.what); \(request.why)")
            _ = await engine.send(.answer(request: request.number, word: "loaded"))
        }
    }

    // MARK: The judge

    /// The job's run, when it has ended.
    func run(_ engine: Engine) async -> JobRun? {
        for await state in await engine.states() { return state.jobs.first { $0.name == DemoTape.job }?.lastRun }
        return nil
    }

    /// Waits for the job's end, two minutes at most: a demo that hangs says so instead.
    func wait(_ engine: Engine) async {
        let limit = Task {
            try await Task.sleep(for: .seconds(120))
            _ = await engine.send(.cancelJob(name: DemoTape.job))
        }
        defer { limit.cancel() }
        for await state in await engine.states() {
            guard let job = state.jobs.first(where: { $0.name == DemoTape.job }) else { return }
            if job.phase == .idle, job.lastRun != nil { return }
        }
    }

    /// Reads the tapes with GNU tar alone, the way their labels say, and compares; where there is none, with our own
    /// reader. What is wrong, or nothing.
    func complaints(_ engine: Engine) async throws -> [String] {
        guard ["/usr/bin/tar", "/bin/tar"].contains(where: FileManager.default.isExecutableFile) else {
            return try await verified(engine)
        }
        let parts = [DemoTape.inside, DemoTape.outside].map { "\(shelf)/cartridges/\($0)/0001" }
        let back = folder + "/back", films = films
        try FileManager.default.createDirectory(atPath: back, withIntermediateDirectories: true)
        var command = ChildCommand(
            ["tar", "-x", "-M"] + parts.flatMap { ["-f", $0] } + ["-C", back], environment: [:], timeout: 120,
            run: "0000000000000000")
        command.patience = 5
        let result = try await command.run()
        guard result.isSuccess else {
            return ["tar cannot read the tapes: " + printable(result.errors.bytes.prefix(500))]
        }
        return try await runBlocking(name: "demo-judge") {
            let names = try FileManager.default.contentsOfDirectory(atPath: films)
            let found = try FileManager.default.subpathsOfDirectory(atPath: back)
            return names.sorted().compactMap { name in
                guard let path = found.first(where: { $0.hasSuffix("/" + name) || $0 == name }) else {
                    return "\(name) is not on the tapes"
                }
                return FileManager.default.contentsEqual(atPath: films + "/" + name, andPath: back + "/" + path)
                    ? nil : "\(name) is another on the tapes"
            }
        }
    }

    private func verified(_ engine: Engine) async throws -> [String] {
        try await order(.verify(volume: DemoTape.inside, drive: nil), engine)
        for await state in await engine.states() {
            guard let run = state.tape?.byHand.last(where: { $0.kind == .tapeVerify && $0.result != nil }) else {
                continue
            }
            return run.result == .ok ? [] : ["the tapes were read back: \(run.failure?.message ?? "not well")"]
        }
        return ["the tapes were not read back"]
    }
}
