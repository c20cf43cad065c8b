package import BackupCatalog
package import BackupModel
package import WorkerKit

/// Makes tape and catalog agree about a volume's end after an engine died or power was lost (F23, F24), before it is
/// written to again. The tape is believed.
package struct VolumeSettling: Sendable {
    private let tapes: TapeCatalog
    private let known: KnownVolume
    private let spool: PathBytes
    private let time: SystemTime
    private let line: @Sendable (String, String) -> Void

    /// `spool`: an existing folder of our own. `line`: a code and words.
    package init(
        _ known: KnownVolume, _ tapes: TapeCatalog, spool: PathBytes, time: SystemTime = .live,
        line: @escaping @Sendable (String, String) -> Void
    ) {
        self.known = known
        self.tapes = tapes
        self.spool = spool
        self.time = time
        self.line = line
    }

    /// Something of the volume is not known: an archive on it was under way when the engine ended, or its end is open.
    /// Asks the catalog only; blocks. A volume whose end is found to be another one (`MountRefusal.otherEnd`) is due too.
    package static func isDue(_ known: KnownVolume, _ tapes: TapeCatalog) throws(Failure) -> Bool {
        if known.volume.endBlock == nil { return true }
        return try tapes.archives(onVolume: known.id).contains { $0.archive.state == .writing }
    }

    /// Gives up what was begun before any tape file: call it when the engine starts. What was on its way to tape waits
    /// for its volume. The words say what was done; blocks.
    package static func voidUnbegun(_ tapes: TapeCatalog) throws(Failure) -> [String] {
        var words: [String] = []
        for archive in try tapes.archives(of: nil, state: .writing, limit: 10_000)
        where try tapes.parts(of: archive.id).isEmpty {
            try tapes.void(archive.id, reason: Self.reason)
            words.append("archive \(archive.archive) of \(printable(archive.job.utf8)) is void: \(Self.reason)")
        }
        return words
    }

    private static let reason = "the engine ended before it was on tape"

    /// Reads what the catalog does not know, takes over archives that are whole, gives up the others, and stands at a
    /// proved end. Throws `MountRefusal` for another volume, `TAPE_FOREIGN` where somebody else wrote, and faults.
    package func settle(_ drive: any TapeDrive) async throws -> TapeEnd {
        let sight = try await runBlocking(name: "tape settle") { try look(drive) }
        if sight.isShort { try await forget(sight) }
        let ours = try await runBlocking(name: "tape catalog") {
            try tapes.archives(onVolume: known.id).filter { $0.archive.state == .writing }
        }
        var names: [String] = []
        for name in sight.tail.compactMap(\.facts).filter({ $0.kind == .index }).map(\.archive)
            + ours.map(\.archive.archive)
        where !names.contains(name) { names.append(name) }
        let reader = try TapeReader(finder: TheDrive(drive: drive), scratch: spool)
        for name in names { try await settle(name, sight, ours.map(\.part), reader) }
        let end = try await runBlocking(name: "tape settle") { try close(drive, sight) }
        let (files, block) = (end.files, end.block)
        let added = sight.tail.reduce(0) { $0 + $1.blocks } * Int64(known.volume.blockSize)
        let isFull = sight.tail.contains { $0.facts?.kind == .end && $0.isEnded }
        try await runBlocking(name: "tape catalog") {
            _ = try tapes.change(known.id) {
                ($0.tapeFiles, $0.endBlock, $0.reason) = (files, block, "")
                $0.used += added
                if isFull { $0.state = .full } else if $0.state == .empty, files > 1 { $0.state = .appendable }
            }
        }
        return end
    }

    // MARK: Looking

    /// What is on the tape beside what the catalog says.
    private struct Sight: Sendable {
        /// Where the data ends, by the drive; files by what the catalog knew and what was read behind that.
        var end: TapeEnd
        /// Behind the catalog's end.
        var tail: [ScannedFile] = []
        /// The tape ends before the catalog's end.
        var isShort = false
        /// Before the end stands no filemark: a tape file was cut off.
        var isTorn = false
    }

    private func look(_ drive: any TapeDrive) throws -> Sight {
        let label = try VolumeMount.identify(drive)
        guard label.nonce == known.volume.nonce else {
            throw MountRefusal.wrongVolume(wanted: "\(known.volume.label) (\(known.volume.nonce))", found: label)
        }
        try drive.toEndOfData()
        let position = try drive.position()
        let from = try provedEnd()
        if let from, position.block < from.block { return try short(drive, position) }
        let tail = try TapeReader.scan(drive, from: from).filter { from != nil || $0.file > 0 }
        // A driver ends the tape file of a program that was killed, perhaps within its head.
        let begun = Set(
            try tapes.archives(onVolume: known.id).filter { $0.archive.state == .writing }.map(\.part.tapeFile))
        guard !tail.contains(where: { $0.isEnded && $0.facts == nil && !begun.contains($0.file) }) else {
            throw Failure(
                code: "TAPE_FOREIGN", side: .destination,
                message: "behind what the catalog knows of \(known.volume.name) stands data that is not ours",
                subject: Array(known.volume.label.utf8), operation: "settle",
                hint: "Another program wrote on it. Retire the volume, and verify what is on it.")
        }
        let isTorn = tail.last.map { !$0.isEnded } ?? false
        let files = (from?.files ?? 1) + tail.count
        return Sight(end: TapeEnd(files: files, block: position.block), tail: tail, isTorn: isTorn)
    }

    /// The end by the catalog, or behind the last part that it knows; nil: nothing but the label is sure.
    private func provedEnd() throws -> TapeEnd? {
        if let block = known.volume.endBlock { return TapeEnd(files: known.volume.tapeFiles, block: block) }
        let last = try tapes.archives(onVolume: known.id).map(\.part).last { $0.state == .complete }
        guard let last, let first = last.firstBlock else { return nil }
        return TapeEnd(files: last.tapeFile + 1, block: first + last.blocks + 1)
    }

    private func short(_ drive: any TapeDrive, _ position: TapePosition) throws -> Sight {
        guard position.block > 0, let file = position.file else {
            throw TapeFault(
                .positionLost, operation: "settle", detail: "the drive does not say which tape file the data ends in")
        }
        try drive.locate(position.block - 1)
        var buffer = BlockBuffer()
        let isTorn = try buffer.read(drive) != .filemark
        let end = TapeEnd(files: isTorn ? file + 1 : file, block: position.block)
        return Sight(end: end, isShort: true, isTorn: isTorn)
    }

    // MARK: Deciding

    /// F24. What the catalog had behind the tape's end is lost, its archives too.
    private func forget(_ sight: Sight) async throws {
        let from = sight.isTorn ? sight.end.files - 1 : sight.end.files
        let lost = try await runBlocking(name: "tape catalog") {
            try tapes.markLost(
                volume: known.id, from: from, endBlock: sight.end.block, reason: "the tape ends before it")
        }
        for archive in lost {
            line(
                "lost", "archive \(archive.archive) of \(printable(archive.job.utf8)) is lost: the tape ends before it")
        }
    }

    /// F23. Takes the archive over where its index is whole on this volume and all its parts are where that says.
    private func settle(
        _ name: String, _ sight: Sight, _ here: [PartRecord], _ reader: TapeReader
    ) async throws {
        let record = try await runBlocking(name: "tape catalog") { try tapes.archive(name) }
        guard record?.state != .complete, record?.state != .gone else { return }
        if let index = try await index(of: name, record, sight),
            let found = try? await reader.index([index]),
            found.facts.archive == name,
            let parts = try await runBlocking(name: "tape catalog", { try proved(found.facts, record, sight) })
        {
            try await runBlocking(name: "tape catalog") { try adopt(found, record, parts, index) }
            return line("adopted", "archive \(name) was found whole on \(known.volume.name), and is taken over")
        }
        guard let record, record.state == .writing else { return }
        try await runBlocking(name: "tape catalog") { try tapes.void(record.id, reason: Self.reason) }
        line("void", "archive \(name) is void: \(Self.reason)")
    }

    /// The index of an archive, if it is one tape file of this volume.
    private func index(of name: String, _ record: ArchiveRecord?, _ sight: Sight) async throws -> StoredPart? {
        let volume = known.volume
        if let found = sight.tail.first(where: {
            $0.facts?.kind == .index && $0.facts?.archive == name && $0.isEnded && !$0.isFront
        }) {
            return found.facts?.part == 1
                ? StoredPart(
                    part: 1, label: volume.label, nonce: volume.nonce, file: found.file, blocks: found.blocks,
                    headBytes: found.headBytes, offset: 0, length: 0, firstBlock: found.firstBlock) : nil
        }
        guard let record else { return nil }
        let parts = try await runBlocking(name: "tape catalog") { try tapes.indexParts(of: record.id) }
        guard parts.count == 1, parts[0].state == .complete, parts[0].volume == known.id else { return nil }
        return parts[0].stored(on: volume)
    }

    /// The parts, if each is where the index says: on this tape as it was read just now, elsewhere by the catalog.
    private func proved(_ facts: IndexFacts, _ record: ArchiveRecord?, _ sight: Sight) throws -> [PartRecord]? {
        let known = try record.map { try tapes.parts(of: $0.id) } ?? []
        var parts: [PartRecord] = []
        for part in facts.parts {
            guard let volume = try tapes.volume(nonce: part.nonce) else { return nil }
            let isRead = sight.tail.contains {
                $0.file == part.file && $0.isEnded && $0.blocks == part.blocks && $0.facts?.archive == facts.archive
                    && $0.facts?.part == part.part && volume.id == self.known.id
            }
            let isKept = known.contains {
                $0.part == part.part && $0.state == .complete && $0.volume == volume.id && $0.tapeFile == part.file
                    && $0.blocks == part.blocks
            }
            guard isRead || isKept else { return nil }
            parts.append(PartRecord(part, .archive, on: volume, at: time.wall()))
        }
        return parts.isEmpty ? nil : parts
    }

    private func adopt(
        _ found: ReadIndex, _ former: ArchiveRecord?, _ parts: [PartRecord], _ index: StoredPart
    ) throws {
        let facts = found.facts
        let now = time.wall()
        var record =
            former
            ?? ArchiveRecord(
                archive: facts.archive, set: facts.set, job: facts.job, pool: facts.pool, startedAt: now,
                blockSize: facts.blockSize)
        if !facts.base.isEmpty { record.base = try record.base ?? tapes.archive(facts.base)?.id }
        record.finishedAt = record.finishedAt ?? now
        let pool = try tapes.pools().first { $0.name == record.pool }
        record.expiresAt = record.expiresAt ?? pool?.retention.expiry(ofWrittenAt: now)
        (record.streamBytes, record.entries, record.deletions) = (facts.streamBytes, facts.entries, facts.deletions)
        record.isAdopted = true
        record.compression = Pool.Packing(facts.compression)
        record.key = facts.key
        record.id = try tapes.adopt(record, parts: parts + [PartRecord(index, .index, on: known, at: now)])
        let taker = CatalogRows(tapes.recorder(for: record.id))
        var rows = found.listing.reader()
        while let row = try rows.next() { try taker.take(row) }
        try taker.end()
        try tapes.commit(record, last: nil, frames: facts.frames.map(FrameRecord.init), nil)
    }

    // MARK: Ending

    /// Ends a torn tape file with a filemark, so that nothing on the tape is written over; the end is proved then.
    private func close(_ drive: any TapeDrive, _ sight: Sight) throws -> TapeEnd {
        try drive.toEndOfData()
        let position = try drive.position()
        guard position.block == sight.end.block else {
            throw TapeFault(.positionLost, operation: "settle", detail: "the data ends elsewhere than a moment ago")
        }
        guard sight.isTorn else { return sight.end }
        guard try !drive.status().isWriteProtected else { throw MountRefusal.writeProtected }
        try drive.writeFilemarks(1, immediate: false)
        line("settled", "what was cut off on \(known.volume.name) is ended, and counts for nothing")
        return TapeEnd(files: sight.end.files, block: sight.end.block + 1)
    }
}

/// What lies in the drive, and nothing else.
private struct TheDrive: VolumeFinder {
    let drive: any TapeDrive
    func find(label: String, nonce: String, refused: MountRefusal?) async throws -> (any TapeDrive)? {
        refused == nil ? drive : nil
    }
}
