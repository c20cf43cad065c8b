import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import TapeArchive

/// A station over one virtual library with two drives and a real catalog, and the hand of a person beside it.
final class StationBench: Sendable {
    let path: String
    /// The same library, as a person with hands sees it.
    let hand: VirtualLibrary
    let catalog: Catalog
    let tapes: TapeCatalog
    let station: TapeStation
    let person: ScriptedPerson
    let plan: StationPlan
    private let told = Mutex<[Event]>([])

    static let pace: StationPace = {
        var pace = StationPace()
        (pace.watch, pace.retry, pace.round, pace.order) = (0.01, 0.02, nil, nil)
        return pace
    }()

    /// `change`: of the library's settings. The first `slots` slots hold `media` in their order.
    init(
        _ media: [MediumRecord] = ["NX0001L9", "NX0002L9", "NX0003L9"].map { StationBench.small($0) }, slots: Int = 10,
        pace: StationPace = StationBench.pace, media kinds: [TapeGeneration] = [],
        person: ScriptedPerson = ScriptedPerson(), change: (inout LibrarySettings) -> Void = { _ in }
    ) async throws {
        path = try VirtualShelf.folder()
        let folder = path + "/library"
        try VirtualLibrary.create(
            at: PathBytes(folder), slots: slots, drives: [.init("one", .lto9), .init("two", .lto9)], cartridges: media,
            importExport: 2)
        hand = try VirtualLibrary(opening: PathBytes(folder), clock: .off)
        catalog = try Catalog(path: path + "/catalog.sqlite")
        tapes = TapeCatalog(catalog)
        self.person = person
        plan = StationBench.plan(path, kinds, change)
        let sink = EventSink()
        station = try await TapeStation(
            plan, catalog: catalog, files: LinuxFiles(side: .drive), time: .live, by: person, pace: pace
        ) { sink.take($0) }
        sink.bench = self
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func plan(
        _ path: String, _ kinds: [TapeGeneration] = [], _ change: (inout LibrarySettings) -> Void = { _ in }
    ) -> StationPlan {
        var library = LibrarySettings(name: "shelf", kind: .virtual)
        (library.path, library.drives, library.pace) = (path + "/library", ["one", "two"], .off)
        library.barcodes = [BarcodeRange("NX0000..NX0999")].compactMap { $0 }
        change(&library)
        let drives = ["one", "two"].map { name in
            var drive = DriveSettings(name: name)
            drive.blockSize = 2048
            drive.buffer = .bytes(16 << 20)
            return drive
        }
        var pool = Pool(name: "archive")
        pool.media = kinds
        return StationPlan(libraries: [library], drives: drives, pools: [pool, Pool(name: "other")], stateFolder: path)
    }

    static func small(_ barcode: String, _ generation: TapeGeneration = .lto9) -> MediumRecord {
        MediumRecord(barcode: barcode, generation: generation, capacity: 1 << 20, earlyWarning: 768 << 10)
    }

    // MARK: What a person does

    static let admin = Person(user: "ana", uid: 1000, via: "command line")

    @discardableResult
    func order(_ order: TapeOrder) async throws -> String {
        try await station.carryOut(order, by: StationBench.admin)
    }

    /// The code that an order fails with, or its words.
    func code(_ order: TapeOrder) async -> String {
        do throws(Failure) { return try await station.carryOut(order, by: StationBench.admin) } catch {
            return error.code
        }
    }

    /// Puts a cartridge by hand into a drive, or takes it out of it; the station learns of it by looking.
    func put(_ barcode: String, into drive: String) throws {
        let changer = VirtualChanger(hand)
        let elements = try changer.inventory(rescan: false)
        let from = try #require(elements.first { $0.barcode == barcode })
        let number = drive == "one" ? 0 : 1
        let to = try #require(elements.first { $0.kind == .drive && $0.number == number })
        try changer.move(from: from.address, to: to.address)
    }

    /// Where the robot has it: `slot 3`, `drive 0`.
    func place(_ barcode: String) throws -> String {
        let found = try VirtualChanger(hand).inventory(rescan: false).first { $0.barcode == barcode }
        return found.map { "\($0.kind.rawValue) \($0.number)" } ?? "outside"
    }

    func volume(_ name: String) async throws -> Volume { try await station.find(name).volume }

    func plant(_ rules: [TapeFaultRule]) throws {
        // A nil is written by nobody: `null` would be needed for "all from there on".
        let rules = rules.map { rule in
            var rule = rule
            rule.times = rule.times ?? 10_000
            return rule
        }
        let bytes = try JSONEncoder().encode(rules)
        try bytes.write(to: URL(fileURLWithPath: path + "/library/faults.json"))
    }

    /// Writes blocks to a cartridge as another program would; the station must not have the drive.
    func foreign(_ barcode: String, _ bytes: [UInt8] = Array("TAPE".utf8) + [UInt8](repeating: 7, count: 2044)) throws {
        try scribble(barcode) { drive in
            _ = try bytes.withUnsafeBytes { try drive.write($0) }
            try drive.writeFilemarks(1, immediate: false)
        }
    }

    /// A label of ours that our catalog does not know.
    func strange(_ barcode: String, label: String) throws {
        try scribble(barcode) { drive in
            let label = VolumeLabel(
                label: label, nonce: String(repeating: "ab", count: 16), pool: "archive", barcode: barcode,
                created: "2020-01-01T00:00:00Z", blockSize: 2048, program: "holdfast")
            _ = try VolumeMount.label(drive, label, device: "/dev/nst0")
        }
    }

    private func scribble(_ barcode: String, _ body: (VirtualDrive) throws -> Void) throws {
        let changer = VirtualChanger(hand)
        let from = try #require(try changer.inventory(rescan: false).first { $0.barcode == barcode }).address
        try changer.move(from: from, to: 257)
        let drive = try VirtualDrive("two", of: hand)
        try drive.load()
        try body(drive)
        try drive.eject()
        drive.close()
        try changer.move(from: 257, to: from)
    }

    // MARK: Runs

    /// One archive that is kept for ever is on the volume, and the volume is full.
    func fill(_ label: String) async throws {
        let known = try await station.find(label)
        let now = WallTime(milliseconds: 1_760_000_000_000)
        var archive = ArchiveRecord(
            archive: SystemTime.live.randomHex(digits: 32), job: "films", pool: known.volume.pool, startedAt: now,
            blockSize: 2048)
        archive.id = try tapes.begin(archive)
        var part = PartRecord(part: 1, volume: known.id, tapeFile: 1, offset: 0, writtenAt: now)
        (part.blocks, part.length, archive.streamBytes) = (1, 2048, 2048)
        let progress = VolumeProgress(
            volume: known.id, at: now, tapeFiles: known.volume.tapeFiles, endBlock: known.volume.endBlock,
            used: 1 << 19,
            state: .full, drive: DriveIdentity(vendor: "", model: "", serial: "VD1", firmware: "1"))
        try tapes.commit(archive, last: part, progress)
    }

    func claim(_ pool: String = "archive", job: String = "films", drive: String? = "one") -> DriveClaim {
        DriveClaim(.write(pool: pool), job: job, drive: drive, control: TapeRunControl()) { _, _ in }
    }

    func need(_ reason: VolumeNeed.Reason = .begins, part: Int = 1) -> VolumeNeed {
        VolumeNeed(reason, archive: "ab12", part: part)
    }

    fileprivate func take(_ event: Event) { told.withLock { $0.append(event) } }

    var codes: [String] { told.withLock { $0.map(\.code) } }
    var events: [Event] { told.withLock { $0 } }
}

/// Events before and after the bench is whole.
private final class EventSink: Sendable {
    private let state = Mutex<(early: [Event], bench: WeakBench?)>(([], nil))
    private struct WeakBench: Sendable { weak let bench: StationBench? }

    func take(_ event: Event) {
        let bench = state.withLock { state in
            if state.bench == nil { state.early.append(event) }
            return state.bench
        }
        bench?.bench?.take(event)
    }

    var bench: StationBench? {
        get { state.withLock { $0.bench?.bench } }
        set {
            let early = state.withLock { state in
                state.bench = WeakBench(bench: newValue)
                return state.early
            }
            for event in early { newValue?.take(event) }
        }
    }
}

/// Answers questions by a script; asked again, the question before is as good as gone.
final class ScriptedPerson: TapeOperator, Sendable {
    typealias Script = @Sendable (TapeQuestion, Int) async throws -> TapeReply?
    private let script: Mutex<Script>
    private let asked = Mutex<[TapeQuestion]>([])
    private let ended = Mutex<Int>(0)

    /// Nil from the script: no answer until the question is withdrawn.
    init(_ script: @escaping Script = { _, _ in nil }) { self.script = Mutex(script) }

    func answer(_ script: @escaping Script) { self.script.withLock { $0 = script } }

    var questions: [TapeQuestion] { asked.withLock { $0 } }

    func ask(_ question: TapeQuestion) async -> TapeReply {
        let number = asked.withLock { asked in
            asked.append(question)
            return asked.count
        }
        let script = script.withLock { $0 }
        do {
            if let reply = try await script(question, number) { return reply }
            while true { try await Task.sleep(for: .seconds(3600)) }
        } catch { return .cancel }
    }
}

/// Waits until something holds; fails the test when it does not within ten seconds.
func eventually(_ what: Comment, _ condition: () async throws -> Bool) async throws {
    for _ in 0..<2000 {
        if try await condition() { return }
        try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record(what)
    throw CancellationError()
}
