import BackupCatalog
import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import TapeArchive

/// One virtual drive, a shelf of labelled cartridges, and a real catalog that says which comes next.
final class ArchiveRoom: VolumeSupply, VolumeFinder, Sendable {
    struct State {
        var loaded: Int?
        var drive: VirtualDrive?
        var lines: [(code: String, words: String)] = []
        var needs: [VolumeNeed.Reason] = []
        var offersLeft = 64
    }

    let shelf: VirtualShelf
    let catalog: Catalog
    let tapes: TapeCatalog
    let blockSize: Int
    let pool: Pool
    let control = TapeRunControl()
    private let state = Mutex(State())

    /// `room`: for each cartridge the blocks behind the label that fit before early warning.
    init(room: [Int] = [4000], blockSize: Int = 4096) throws {
        self.blockSize = blockSize
        pool = Pool(name: "archive")
        let labelBytes = try ArchiveRoom.label("A00000L9", "0", blockSize).file().count + 512
        let media = room.enumerated().map { number, blocks in
            let warning = Int64(labelBytes + blocks * blockSize)
            return MediumRecord(
                barcode: TapeRoom.barcode(number), generation: .lto9, capacity: warning + 256 << 10,
                earlyWarning: warning)
        }
        shelf = try VirtualShelf(media: media, slots: media.count)
        try FileManager.default.createDirectory(atPath: shelf.path + "/state", withIntermediateDirectories: true)
        catalog = try Catalog(path: shelf.path + "/state/catalog.sqlite")
        tapes = TapeCatalog(catalog)
        for number in room.indices {
            let label = ArchiveRoom.label(TapeRoom.barcode(number), "\(number)", blockSize)
            let end = try VolumeMount.label(try load(number), label, device: "/dev/nst0")
            let id = try tapes.add(Volume(label: "", barcode: label.label, state: .unlabelled))
            try tapes.confirmLabel(
                id, label: label.label, nonce: label.nonce, pool: pool.name, blockSize: blockSize, endBlock: end.block,
                at: SystemTime.live.wall(), by: "test")
        }
    }

    deinit {
        state.withLock { $0.drive?.close() }
        catalog.close()
    }

    static func label(_ name: String, _ nonce: String, _ blockSize: Int) -> VolumeLabel {
        VolumeLabel(
            label: name, nonce: String(repeating: "0", count: 32 - nonce.count) + nonce, barcode: name,
            created: "2026-11-21T03:00:00Z", blockSize: blockSize, program: "holdfast test")
    }

    var stateFolder: String { shelf.path + "/state" }
    var now: State { state.withLock { $0 } }
    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    func lines(_ code: String) -> [String] { now.lines.filter { $0.code == code }.map(\.words) }
    var line: @Sendable (String, String) -> Void {
        { [self] code, words in state.withLock { $0.lines.append((code, words)) } }
    }

    func volume(_ number: Int) throws -> KnownVolume {
        let nonce = ArchiveRoom.label("", "\(number)", blockSize).nonce
        return try #require(try tapes.volume(nonce: nonce))
    }

    /// That cartridge in drive `one`.
    func load(_ number: Int) throws -> VirtualDrive {
        let changer = VirtualChanger(shelf.library)
        return try state.withLock { state in
            let drive = try state.drive ?? VirtualDrive("one", of: shelf.library)
            state.drive = drive
            if state.loaded == number { return drive }
            if let loaded = state.loaded {
                try drive.lockDoor(false)
                try drive.eject()
                try changer.move(from: 256, to: 4096 + loaded)
            }
            try changer.move(from: 4096 + number, to: 256)
            state.loaded = number
            try drive.load()
            return drive
        }
    }

    // MARK: As supply and finder

    func next(_ need: VolumeNeed) async throws -> VolumeOffer? {
        let isOver = state.withLock { state in
            state.needs.append(need.reason)
            state.offersLeft -= 1
            return state.offersLeft < 0
        }
        if isOver || Task.isCancelled { return nil }
        for known in try tapes.volumes(limit: 100) where [.empty, .appendable].contains(known.volume.state) {
            let number = try #require(Int(known.volume.nonce))
            let drive = try load(number)
            guard let end = try await end(of: known, in: drive) else { continue }
            return VolumeOffer(
                drive: drive, label: known.volume.label, nonce: known.volume.nonce, end: end,
                reopen: { [self] in
                    let again = try VirtualDrive("one", of: shelf.library)
                    change { $0.drive = again }
                    return again
                })
        }
        return nil
    }

    /// By the catalog, or as the tape itself shows it.
    private func end(of known: KnownVolume, in drive: any TapeDrive) async throws -> TapeEnd? {
        if try !VolumeSettling.isDue(known, tapes), let block = known.volume.endBlock {
            return TapeEnd(files: known.volume.tapeFiles, block: block)
        }
        do { return try await settle(known, drive) } catch {
            line("settle", Words.of(error))
            return nil
        }
    }

    @discardableResult
    func settle(_ known: KnownVolume, _ drive: any TapeDrive) async throws -> TapeEnd {
        try await VolumeSettling(known, tapes, spool: PathBytes(stateFolder), line: line).settle(drive)
    }

    func find(label: String, nonce: String, refused: MountRefusal?) async throws -> (any TapeDrive)? {
        guard refused == nil, let number = Int(nonce) else { return nil }
        return try load(number)
    }

    // MARK: Runs

    func lease(_ settings: (inout DriveSettings) -> Void = { _ in }) throws -> DriveLease {
        var drive = DriveSettings(name: "one")
        drive.blockSize = Int64(blockSize)
        drive.buffer = .bytes(4 << 20)
        drive.policy = .watermark(high: 1, low: 0)
        settings(&drive)
        return DriveLease(
            name: "one", settings: drive, identity: try load(now.loaded ?? 0).identity, supply: self, finder: self)
    }

    func run(
        _ sources: [String], job: String = "films", bounds: SpoolBounds? = nil,
        _ change: (inout TapeJobSettings) -> Void = { _ in }, house: ((inout ArchiveRun.House) -> Void)? = nil,
        drive: (inout DriveSettings) -> Void = { _ in }
    ) async throws -> TapeRunEnd {
        var settings = TapeJobSettings()
        settings.sources = sources
        settings.pool = pool.name
        change(&settings)
        var parts = ArchiveRun.House(catalog: catalog, stateFolder: stateFolder)
        house?(&parts)
        var run = ArchiveRun(
            ArchiveWork(settings, job: job, set: job), pool: pool, lease: try lease(drive), house: parts,
            control: control, line: line)
        run.spoolBounds = bounds
        return await run.run()
    }

    func verify(_ volume: String) async throws -> TapeRunEnd {
        await VerifyRun(
            volume: volume, job: "check", lease: try lease(),
            house: ArchiveRun.House(catalog: catalog, stateFolder: stateFolder), control: control, line: line
        ).verify()
    }

    /// Parts of an archive and of its index, by the catalog.
    func parts(of archive: String) throws -> (record: ArchiveRecord, parts: [StoredPart], index: [StoredPart]) {
        let record = try #require(try tapes.archive(archive))
        func stored(_ parts: [PartRecord]) throws -> [StoredPart] {
            try parts.map { $0.stored(on: try #require(try tapes.volume($0.volume)).volume) }
        }
        return (record, try stored(tapes.parts(of: record.id)), try stored(tapes.indexParts(of: record.id)))
    }

    /// Read back by our reader, and found to be what its index says.
    @discardableResult
    func check(_ archive: String) async throws -> [Sample] {
        let (record, parts, index) = try parts(of: archive)
        #expect(record.state == .complete)
        let reader = try TapeReader(finder: self)
        let verdict = try await reader.verify(index: index)
        #expect(verdict.isSound, "\(verdict.bad) \(verdict.damage)")
        #expect(verdict.facts.parts == parts)
        #expect(verdict.facts.entries == record.entries && verdict.facts.streamBytes == record.streamBytes)
        let read = try await reader.read(parts, into: Collector())
        #expect(read.sink.troubles.isEmpty && read.damage.isEmpty)
        return read.sink.samples
    }

    /// Restored by GNU tar alone; the folder it is in.
    func restoreByTar(_ archive: String) async throws -> FormatFolder {
        let folder = try FormatFolder()
        let parts = try parts(of: archive).parts
        var arguments = ["tar", parts.count > 1 ? "-xpM" : "-xp", "-b", "\(blockSize / 512)"]
        for part in parts {
            let number = String(part.file)
            let name = String(repeating: "0", count: 4 - number.count) + number
            arguments += ["-f", shelf.path + "/library/cartridges/\(part.label)/" + name]
        }
        let all = arguments + TarEquivalenceTests.extract + ["--delay-directory-restore"]
        // Waiting for a child blocks its thread.
        let ran = try await runBlocking(name: "tar") {
            let ran = try TapeArchiveTests.run(all, in: folder.path)
            return (status: ran.status, errors: ran.errors)
        }
        #expect(ran.status == 0, "\(ran.errors)")
        return folder
    }

    /// Restored by GNU tar, and the same as the tree.
    func expectTarRestores(_ tree: SourceTree, _ archive: String) async throws {
        let folder = try await restoreByTar(archive)
        let found = try await runBlocking(name: "rsync") { try differences(tree.path, folder.path + tree.path) }
        #expect(found == "")
    }
}
