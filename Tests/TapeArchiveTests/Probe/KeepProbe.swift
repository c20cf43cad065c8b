import BackupModel
import Glibc
import Synchronization
import TapeArchive
import WorkerKit

/// Labels, settles and writes archives until it is killed, or no cartridge has room; and judges what is there.
///
/// The library exists; its cartridges lie in slots or in drive `one`.
final class KeepProbe: VolumeSupply, ArchiveJournal, VolumeFinder, Sendable {
    private let library: VirtualLibrary
    private let journal: KeepJournal
    private let blockSize: Int
    private let drive = Mutex<VirtualDrive?>(nil)

    init(library path: String, state: String, blockSize: Int) throws {
        library = try VirtualLibrary(opening: PathBytes(path), clock: .off)
        journal = try KeepJournal(state)
        self.blockSize = blockSize
    }

    /// Made once, by the judge.
    static func make(_ path: String, rooms: [Int], blockSize: Int) throws {
        let media = rooms.enumerated().map { number, blocks in
            let warning = Int64((blocks + 24 * 1024 / blockSize) * blockSize)
            return MediumRecord(
                barcode: ProbeShelf.barcode(number), generation: .lto9, capacity: warning + 256 << 10,
                earlyWarning: warning)
        }
        try VirtualLibrary.create(
            at: PathBytes(path), slots: media.count, drives: [VirtualLibrary.DriveSpec("one", .lto9)], cartridges: media
        )
    }

    // MARK: Writing

    func keep(_ tree: String, _ compression: Compression, archives: Int) async throws {
        for barcode in try library.media().map(\.barcode).sorted() { try settleLabel(barcode) }
        try await settle()
        say("settled")
        let ring = try BlockRing(bytes: 1 << 20, blockSize: blockSize, retention: 256 << 10)
        let writer = try TapeWriter(
            ring: ring, flow: FlowGauges(.watermark(high: 1, low: 0), ring: ring), supply: self, journal: self)
        for _ in 0..<archives where journal.now.volumes.contains(where: { !$0.isDone }) {
            let name = SystemTime.live.randomHex(digits: 32)
            let plan = ArchivePlan(set: name, archive: name, blockSize: blockSize, compression: compression)
            let outcome = try await writer.write(plan) { try TreeSource(tree) }
            if case .complete = outcome { say("complete \(name)") } else { say("void \(name) \(outcome)") }
        }
    }

    private func say(_ words: String) {
        let line = words + "\n"
        _ = Glibc.write(STDOUT_FILENO, line, line.utf8.count)
    }

    /// F7, F8, F12: what the tape says wins; only a proved blank, or a label that was decided and torn, is written.
    private func settleLabel(_ barcode: String) throws {
        let drive = try load(barcode)
        let known = journal.now
        let found = try VolumeReading.read(drive)
        switch found {
        case .holds(.ours(let label), let blocks):
            if known.volumes.contains(where: { $0.nonce == label.nonce }) { return }
            guard label.label == barcode, known.labelling[barcode]?.contains(label.nonce) == true else {
                throw ProbeFailure("WRONG LABEL \(label) on \(barcode)")
            }
            let end = TapeEnd(files: 1, block: Int64(blocks) + 1)
            try drive.toEndOfData()
            if try drive.position().block == end.block {
                return try journal.add(.init(what: .labelled, label: barcode, nonce: label.nonce, end: end))
            }
            try relabel(drive, barcode, over: found)
        case .blank: try relabel(drive, barcode, over: .blank)
        case .holds(.halfLabel, _), .holds(.unknown, _), .unreadable:
            guard !known.volumes.contains(where: { $0.label == barcode }), known.labelling[barcode] != nil else {
                throw ProbeFailure("LABEL LOST on \(barcode): \(found)")
            }
            try relabel(drive, barcode, over: found)
        case .holds: throw ProbeFailure("WRONG LABEL on \(barcode): \(found)")
        }
    }

    private func relabel(_ drive: VirtualDrive, _ barcode: String, over found: VolumeReading) throws {
        guard !journal.now.volumes.contains(where: { $0.label == barcode }) else {
            throw ProbeFailure("LABEL LOST on \(barcode): \(found)")
        }
        let nonce = SystemTime.live.randomHex(digits: 32)
        try journal.add(.init(what: .labelling, label: barcode, nonce: nonce))
        let label = VolumeLabel(
            label: barcode, nonce: nonce, barcode: barcode, created: "2026-11-21T03:00:00Z", blockSize: blockSize,
            program: "holdfast probe")
        let end = try VolumeMount.label(drive, label, device: "/dev/nst0", overwriting: found)
        try journal.add(.init(what: .labelled, label: barcode, nonce: nonce, end: end))
    }

    /// F23: what stands behind the known ends is taken over where its index is whole and all of it sound; F24: what is
    /// missing is told.
    private func settle() async throws {
        let reader = try TapeReader(finder: self)
        var rebuild = TapeRebuild()
        for volume in journal.now.volumes {
            let drive = try load(volume.label)
            let files = try await reader.scan(drive)
            rebuild.add(try VolumeMount.identify(drive), files)
            try drive.toEndOfData()
            var end = TapeEnd(files: files.count, block: try drive.position().block)
            guard end.block >= volume.end.block else {
                throw ProbeFailure("LOST: \(volume.label) ends at \(end), the journal says \(volume.end)")
            }
            if files.last?.isEnded == false {
                // Nothing is written over: what was cut off becomes a tape file of no archive.
                try drive.writeFilemarks(1, immediate: false)
                end.block += 1
            }
            guard end != volume.end else { continue }
            try journal.add(.init(what: .file, nonce: volume.nonce, end: end))
            if files.contains(where: { $0.facts?.kind == .end && $0.isEnded }) {
                try journal.add(.init(what: .ended, nonce: volume.nonce, fate: "full"))
            }
        }
        for found in rebuild.archives where journal.now.archives[found.archive]?.state == .begun {
            if let verdict = try? await reader.verify(index: found.index), verdict.isSound {
                try journal.add(
                    .init(what: .adopted, archive: found.archive, parts: verdict.facts.parts, index: found.index))
                say("adopted \(found.archive)")
            }
        }
        for (name, archive) in journal.now.archives where archive.state == .begun {
            try journal.add(.init(what: .void, archive: name))
        }
    }

    // MARK: Judging

    /// A line for each archive that counts as complete: `archive NAME PART...`. Throws where one is not sound.
    func judge() async throws {
        let reader = try TapeReader(finder: self)
        for (name, archive) in journal.now.archives where archive.state == .complete {
            let verdict: ArchiveVerdict
            do { verdict = try await reader.verify(index: archive.index) } catch {
                throw ProbeFailure("LOST: \(name) counts as complete: \(error)")
            }
            guard verdict.isSound, verdict.facts.parts == archive.parts else {
                throw ProbeFailure("LOST: \(name) counts as complete: \(verdict)")
            }
            say("archive \(name) " + archive.parts.map { "\($0.label)/\($0.file)" }.joined(separator: " "))
        }
    }

    // MARK: Ports

    private func load(_ barcode: String) throws -> VirtualDrive {
        let changer = VirtualChanger(library)
        return try drive.withLock { kept in
            let drive = try kept ?? VirtualDrive("one", of: library)
            kept = drive
            let places = try changer.inventory(rescan: false)
            let loaded = places.first { $0.address == 256 && $0.isFull }
            if loaded?.barcode == barcode {
                if try !drive.status().isReady { try drive.load() }
                return drive
            }
            if let loaded {
                // A process that was killed may have ejected it already.
                if try drive.status().hasMedium {
                    try drive.lockDoor(false)
                    try drive.eject()
                }
                guard let free = places.first(where: { $0.kind == .slot && !$0.isFull }) else {
                    throw ProbeFailure("no slot for \(loaded.barcode)")
                }
                try changer.move(from: 256, to: free.address)
            }
            guard let place = try changer.inventory(rescan: false).first(where: { $0.barcode == barcode }) else {
                throw ProbeFailure("no cartridge \(barcode)")
            }
            try changer.move(from: place.address, to: 256)
            try drive.load()
            return drive
        }
    }

    func next(_ need: VolumeNeed) async throws -> VolumeOffer? {
        if case .refused(let refusal) = need.reason { throw ProbeFailure("REFUSED: \(refusal.message)") }
        guard let volume = journal.now.volumes.first(where: { !$0.isDone }) else { return nil }
        return VolumeOffer(
            drive: try load(volume.label), label: volume.label, nonce: volume.nonce, end: volume.end)
    }

    func find(label: String, nonce: String, refused: MountRefusal?) async throws -> (any TapeDrive)? {
        refused == nil ? try load(label) : nil
    }

    func taker(of plan: ArchivePlan) async throws -> (any RowTaker)? { nil }
    func begins(_ part: BegunPart) async throws {}
    func begun(_ plan: ArchivePlan) async throws { try journal.add(.init(what: .begun, archive: plan.archive)) }

    func wrote(_ file: WrittenFile) async throws {
        try journal.add(
            .init(what: .file, nonce: file.part.nonce, archive: file.archive, end: file.end, part: file.part))
    }

    func ended(volume nonce: String, as fate: VolumeFate) async throws {
        try journal.add(.init(what: .ended, nonce: nonce, fate: "\(fate)"))
    }

    func complete(_ written: WrittenArchive) async throws {
        try journal.add(
            .init(
                what: .complete, archive: written.facts.archive, parts: written.facts.parts, index: written.indexParts))
    }

    func void(archive: String, words: String) async throws {
        try journal.add(.init(what: .void, archive: archive))
    }
}
