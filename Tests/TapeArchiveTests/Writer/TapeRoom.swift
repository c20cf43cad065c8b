import BackupModel
import Foundation
import Synchronization
import Testing
import WorkerKit

@testable import TapeArchive

/// One drive, a shelf of labelled cartridges, and a catalog in memory that gives them in order.
final class TapeRoom: VolumeSupply, ArchiveJournal, VolumeFinder, Sendable {
    static let blockSize = 2048

    struct Known {
        var barcode: String
        var nonce: String
        var end: TapeEnd
        var state: VolumeFate?
        var holdings: [VolumeEnd.Holding] = []
    }

    struct State {
        var volumes: [Known] = []
        var loaded: Int?
        var drive: VirtualDrive?
        var needs: [VolumeNeed.Reason] = []
        var files: [WrittenFile] = []
        var complete: [WrittenArchive] = []
        var voids: [String] = []
    }

    let shelf: VirtualShelf
    private let state = Mutex(State())

    /// `room`: for each cartridge the blocks behind the label that fit before early warning.
    init(room: [Int], beyond: Int64 = 64 << 10) throws {
        let labelBytes = try TapeRoom.label("TST000L9", "0").file().count + 512
        let media = room.enumerated().map { number, blocks in
            let warning = Int64(labelBytes + blocks * TapeRoom.blockSize)
            return MediumRecord(
                barcode: TapeRoom.barcode(number), generation: .lto9, capacity: warning + beyond, earlyWarning: warning)
        }
        shelf = try VirtualShelf(media: media, slots: media.count)
        for number in room.indices {
            let drive = try load(number)
            let label = TapeRoom.label(TapeRoom.barcode(number), "\(number)")
            let end = try VolumeMount.label(drive, label, device: "/dev/nst0")
            state.withLock {
                $0.volumes.append(Known(barcode: label.label, nonce: label.nonce, end: end))
            }
        }
    }

    deinit { state.withLock { $0.drive?.close() } }

    static func barcode(_ number: Int) -> String {
        "T" + String(repeating: "0", count: 5 - String(number).count) + "\(number)L9"
    }

    static func label(_ name: String, _ nonce: String) -> VolumeLabel {
        VolumeLabel(
            label: name, nonce: String(repeating: "0", count: 32 - nonce.count) + nonce, barcode: name,
            created: "2026-11-21T03:00:00Z", blockSize: blockSize, program: "holdfast test")
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

    func next(_ need: VolumeNeed) async throws -> VolumeOffer? {
        let number = state.withLock { state in
            state.needs.append(need.reason)
            if state.needs.count > 64 { return Int?.none }
            return state.volumes.firstIndex { $0.state == nil }
        }
        guard let number else { return nil }
        let drive = try load(number)
        let known = state.withLock { $0.volumes[number] }
        return VolumeOffer(
            drive: drive, label: known.barcode, nonce: known.nonce, end: known.end, holdings: known.holdings,
            reopen: { [self] in
                let again = try VirtualDrive("one", of: shelf.library)
                state.withLock { $0.drive = again }
                return again
            })
    }

    func find(label: String, nonce: String, refused: MountRefusal?) async throws -> (any TapeDrive)? {
        guard refused == nil, let number = state.withLock({ $0.volumes.firstIndex { $0.nonce == nonce } }) else {
            return nil
        }
        return try load(number)
    }

    func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }
    var now: State { state.withLock { $0 } }

    func begun(_ plan: ArchivePlan) async throws {}
    func wrote(_ file: WrittenFile) async throws {
        state.withLock { state in
            state.files.append(file)
            if let at = state.volumes.firstIndex(where: { $0.nonce == file.part.nonce }) {
                state.volumes[at].end = file.end
            }
        }
    }
    func ended(volume nonce: String, as ended: VolumeFate) async throws {
        state.withLock { state in
            if let at = state.volumes.firstIndex(where: { $0.nonce == nonce }) { state.volumes[at].state = ended }
        }
    }
    func complete(_ archive: WrittenArchive) async throws { state.withLock { $0.complete.append(archive) } }
    func void(archive: String, words: String) async throws { state.withLock { $0.voids.append(words) } }

    // MARK: Writing and reading

    func writer(ring bytes: Int = 1 << 20, retention: Int = 512 << 10) throws -> TapeWriter {
        let ring = try BlockRing(bytes: bytes, blockSize: TapeRoom.blockSize, retention: retention)
        return try TapeWriter(
            ring: ring, flow: FlowGauges(.watermark(high: 1, low: 0), ring: ring), supply: self, journal: self)
    }

    func write(
        _ samples: [Sample], with writer: TapeWriter? = nil, archive: String = "ab12",
        compression: Compression = .none, key: ArchiveKey? = nil
    ) async throws -> ArchiveOutcome {
        let writer = try writer ?? self.writer()
        return try await writer.write(
            ArchivePlan(
                set: archive, archive: archive, blockSize: TapeRoom.blockSize, compression: compression, key: key)
        ) { SampleSource(samples) }
    }

    /// The tape file of a part, as it lies in its cartridge's folder.
    func path(_ part: StoredPart) -> String {
        let number = String(part.file)
        return shelf.path + "/library/cartridges/\(part.label)/" + String(repeating: "0", count: 4 - number.count)
            + number
    }

    /// Restored by our reader: bit for bit what was given.
    func check(_ written: WrittenArchive, _ samples: [Sample], key: ArchiveKey? = nil) async throws {
        let reader = try TapeReader(finder: self, keys: { _ in key })
        let verdict = try await reader.verify(index: written.indexParts)
        #expect(verdict.isSound)
        #expect(verdict.facts == written.facts)
        #expect(verdict.files == Int64(samples.count))
        let read = try await reader.read(written.facts.parts, frames: written.facts.frames, into: Collector())
        #expect(read.sink.samples == samples)
        #expect(read.sink.troubles.isEmpty && read.damage.isEmpty)
    }

    /// Restored by GNU tar alone.
    func checkByTar(_ written: WrittenArchive, _ samples: [Sample]) throws {
        let folder = try FormatFolder()
        var arguments = ["tar", "-xpM", "-b", "\(TapeRoom.blockSize / 512)"]
        for part in written.facts.parts { arguments += ["-f", path(part)] }
        if written.facts.parts.count == 1 { arguments[1] = "-xp" }
        let ran = try run(arguments, in: folder.path)
        #expect(ran.status == 0, "\(ran.errors)")
        try compare(folder, samples)
    }

    /// Restored by cat, the decoder, the unpacker and tar.
    func checkByCat(_ written: WrittenArchive, _ samples: [Sample], key: ArchiveKey?) throws {
        let folder = try FormatFolder()
        var line = "cat " + written.facts.parts.map(path).joined(separator: " ")
        if let key {
            try folder.write(DecryptProgram.source, "holdfast-decrypt.py")
            try folder.write(Array(PaperKey.text(key).utf8), "key")
            line += " | python3 holdfast-decrypt.py key"
        }
        line += " | \(written.facts.compression.unpack) | tar -xpf -"
        let ran = try run(["bash", "-o", "pipefail", "-c", line], in: folder.path)
        #expect(ran.status == 0, "\(ran.errors)")
        try compare(folder, samples)
    }

    private func compare(_ folder: FormatFolder, _ samples: [Sample]) throws {
        for sample in samples where sample.entry.kind == .file && sample.entry.sparse == nil {
            let name = String(decoding: sample.entry.name, as: UTF8.self)
            #expect(FileManager.default.contents(atPath: folder.path + "/" + name).map { [UInt8]($0) } == sample.data)
        }
    }
}

/// Gives samples that lie in memory.
final class SampleSource: EntrySource {
    private var left: ArraySlice<Sample>
    private var open: Sample?
    private var isDataGiven = false
    private let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

    init(_ samples: [Sample]) { left = samples[...] }
    deinit { memory.deallocate() }

    func next() throws -> SourcedItem? {
        if let sample = open {
            if !isDataGiven, !sample.data.isEmpty {
                isDataGiven = true
                memory.copyBytes(from: sample.data)
                return .data(UnsafeRawBufferPointer(rebasing: memory[..<sample.data.count]))
            }
            open = nil
            return .end(hash: try hash(sample.data), grew: false)
        }
        open = left.popFirst()
        isDataGiven = false
        return open.map { .entry($0.entry) }
    }

    private func hash(_ data: [UInt8]) throws -> String {
        let hasher = try BlobHasher(.blake3)
        data.withUnsafeBytes { hasher.update($0) }
        return try hasher.finish().description
    }
}
