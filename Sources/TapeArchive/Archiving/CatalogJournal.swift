import BackupCatalog
import BackupModel
import WorkerKit

/// Remembers in the catalog what a writer writes, on a thread of its own. One for a run.
actor CatalogJournal: ArchiveJournal {
    /// What an archive is beside its plan.
    struct Origin: Sendable {
        var run: RunID?
        var pool: Pool
        var strategy = TapeStrategy.direct
        /// What an incremental builds on.
        var base: ArchiveRecord?
    }

    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let tapes: TapeCatalog
    private let origin: Origin
    private let time: SystemTime
    private let line: @Sendable (String, String) -> Void
    private var archive: ArchiveRecord?
    private var watch: DriveWatch
    /// Labels, in the order in which they were written.
    private(set) var volumes: [String] = []
    private(set) var isCleaningWanted = false

    /// Throws `ThreadError`.
    init(
        _ tapes: TapeCatalog, _ origin: Origin, flow: FlowGauges, time: SystemTime,
        line: @escaping @Sendable (String, String) -> Void
    ) throws {
        executor = try ThreadExecutor(name: "tape journal")
        self.tapes = tapes
        self.origin = origin
        self.time = time
        self.line = line
        watch = DriveWatch(run: origin.run, flow: flow)
    }

    func begun(_ plan: ArchivePlan) throws {
        var record = ArchiveRecord(
            archive: plan.archive, set: plan.set, job: plan.job, pool: plan.pool, startedAt: time.wall(),
            blockSize: plan.blockSize)
        record.run = origin.run
        record.base = origin.base?.id
        record.strategy = origin.strategy
        record.id = try tapes.begin(record)
        archive = record
        volumes = []
    }

    func taker(of plan: ArchivePlan) throws -> (any RowTaker)? {
        CatalogRows(tapes.recorder(for: try current(plan.archive).id))
    }

    func begins(_ begun: BegunPart) throws {
        let record = try current(begun.archive)
        let known = try volume(begun.part.nonce)
        try tapes.beginPart(PartRecord(begun.part, begun.kind, on: known, at: time.wall()), of: record.id)
        if volumes.last != begun.part.label { volumes.append(begun.part.label) }
        try keep(watch.begins(begun, on: known, job: record.job, at: time.wall()))
        line("part", "\(Self.words(begun.kind, begun.part)) begins as tape file \(begun.part.file)")
    }

    func wrote(_ file: WrittenFile) throws {
        let record = try current(file.archive)
        let known = try volume(file.part.nonce)
        let progress = VolumeProgress(
            volume: known.id, at: time.wall(), tapeFiles: file.end.files, endBlock: file.end.block,
            used: known.volume.used + file.part.blocks * Int64(record.blockSize), drive: file.drive)
        if file.isSound {
            try tapes.partWritten(PartRecord(file.part, file.kind, on: known, at: time.wall()), of: record.id, progress)
        } else {
            try tapes.voidPart(file.part.part, isIndex: file.kind == .index, of: record.id, progress)
        }
        let size = Quantity.bytes(file.part.blocks * Int64(record.blockSize))
        let end = file.isSound ? "is on tape" : "was cut short and counts for nothing"
        line("part", "\(Self.words(file.kind, file.part)) \(end): \(size)")
        try keep(watch.wrote(file, on: known, job: record.job, at: time.wall()))
    }

    func ended(volume nonce: String, as fate: VolumeFate) throws {
        let known = try volume(nonce)
        try tapes.change(known.id) { volume in
            switch fate {
            case .full: volume.state = .full
            case .error(let words): (volume.state, volume.reason) = (.error, words)
            case .unproved(let words): (volume.endBlock, volume.reason) = (nil, words)
            }
        }
        let now = time.wall()
        line(fate.code, "\(known.volume.name) \(fate.words)")
        if fate != .full {
            try tapes.keep([
                watch.error(fate.code, "write", fate.words, on: known, job: archive?.job ?? "", at: now)
            ])
        }
        try endSpell(now)
    }

    func complete(_ written: WrittenArchive) throws {
        var record = try current(written.facts.archive)
        let now = time.wall()
        record.finishedAt = now
        record.expiresAt = origin.pool.retention.expiry(ofWrittenAt: now)
        (record.streamBytes, record.entries) = (written.facts.streamBytes, written.facts.entries)
        record.deletions = written.facts.deletions
        (record.driveSerial, record.driveFirmware) = watch.drive
        (record.compression, record.key) = (Pool.Packing(written.facts.compression), written.facts.key)
        try tapes.commit(record, last: nil, frames: written.facts.frames.map(FrameRecord.init), nil)
        archive = nil
        isCleaningWanted = written.wantsCleaning
        try endSpell(now)
    }

    func void(archive name: String, words: String) throws {
        let record = try current(name)
        try tapes.void(record.id, reason: words)
        archive = nil
        line("void", "archive \(name) is void: \(words)")
        try endSpell(time.wall())
    }

    private func endSpell(_ now: WallTime) throws {
        guard let (spell, condemned) = watch.end(at: now) else { return }
        try tapes.keep(spell)
        guard let condemned, let volume = spell.volume else { return }
        try tapes.change(volume) {
            if $0.state == .empty || $0.state == .appendable { ($0.state, $0.reason) = (.error, condemned) }
        }
        line("tape_alert", "the cartridge is not written to again: \(condemned)")
    }

    private func keep(_ found: [TapeErrorRecord]) throws {
        try tapes.keep(found)
        for error in found { line(error.kind, error.detail) }
    }

    private func current(_ name: String) throws(Failure) -> ArchiveRecord {
        guard let archive, archive.archive == name else {
            throw Failure(
                code: "ARCHIVE_UNKNOWN", side: .catalog, message: "archive \(name) was not begun in this catalog")
        }
        return archive
    }

    private func volume(_ nonce: String) throws(Failure) -> KnownVolume {
        guard let known = try tapes.volume(nonce: nonce) else {
            throw Failure(
                code: "VOLUME_UNKNOWN", side: .catalog, message: "the catalog has no volume with nonce \(nonce)",
                hint: "Read the tape's label and take the volume into the catalog first.")
        }
        return known
    }

    private static func words(_ kind: PartFacts.Kind, _ part: StoredPart) -> String {
        "\(kind == .index ? "the index" : "part \(part.part)") on \(printable(part.label.utf8))"
    }
}

extension VolumeFate {
    fileprivate var code: String {
        switch self {
        case .full: "volume_full"
        case .error: "volume_error"
        case .unproved: "volume_unproved"
        }
    }

    fileprivate var words: String {
        switch self {
        case .full: "is full"
        case .error(let words): "must not be written to any more: \(words)"
        case .unproved(let words): "is scanned before it is written to again: \(words)"
        }
    }
}

extension Pool.Packing {
    init(_ compression: Compression) {
        self = Pool.Packing(rawValue: compression.rawValue) ?? .none
    }
}

extension Compression {
    /// `drive` leaves it to the drive.
    init(_ packing: Pool.Packing) { self = Compression(rawValue: packing.rawValue) ?? .none }
}

extension FrameRecord {
    init(_ frame: IndexFacts.FramePlace) { self.init(plain: frame.plain, packed: frame.packed) }
}

extension PartRecord {
    /// A part as the writer tells it.
    init(_ part: StoredPart, _ kind: PartFacts.Kind, on volume: KnownVolume, at now: WallTime) {
        self.init(part: part.part, volume: volume.id, tapeFile: part.file, offset: part.offset, writtenAt: now)
        isIndex = kind == .index
        firstBlock = part.firstBlock < 0 ? nil : part.firstBlock
        (blocks, headBytes, length) = (part.blocks, Int64(part.headBytes), part.length)
    }

    /// As a reader wants it. Nil where the volume has no label.
    func stored(on volume: Volume) -> StoredPart {
        StoredPart(
            part: part, label: volume.label, nonce: volume.nonce, file: tapeFile, blocks: blocks,
            headBytes: Int(headBytes), offset: offset, length: length, firstBlock: firstBlock ?? -1)
    }
}
