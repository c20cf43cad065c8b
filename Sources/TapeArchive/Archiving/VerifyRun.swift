import BackupCatalog
package import BackupModel
import WorkerKit

/// Reads a volume back: every block of each archive that has a part on it, against its index and the catalog.
///
/// Archives that go on over other volumes ask for those too. The caller has leased the drive, and gives it back.
package struct VerifyRun: Sendable {
    private let volume: String
    private let job: String
    private let run: RunID?
    private let by: String
    private let lease: DriveLease
    private let house: ArchiveRun.House
    private let control: TapeRunControl
    private let line: @Sendable (String, String) -> Void

    /// `volume`: its label or barcode. `by`: who wants to know, for the evidence. `line`: a code and words.
    package init(
        volume: String, job: String, run: RunID? = nil, by: String = "schedule", lease: DriveLease,
        house: ArchiveRun.House, control: TapeRunControl, line: @escaping @Sendable (String, String) -> Void
    ) {
        self.volume = volume
        self.job = job
        self.run = run
        self.by = by
        self.lease = lease
        self.house = house
        self.control = control
        self.line = line
    }

    /// To its end, whatever happens. `failed` as soon as one archive is not what it should be.
    package func verify() async -> TapeRunEnd {
        do {
            let finder = StoppableFinder(lease.finder, control)
            let reader = try TapeReader(finder: finder, keys: house.keys, scratch: PathBytes(house.stateFolder))
            let task = Task { try await verify(with: reader) }
            control.onCancel { task.cancel() }
            let end = try await task.value
            await reader.unmount()
            return end
        } catch {
            if control.isCancelled { return TapeRunEnd(.interrupted, failure: Failure.verifyCancelled) }
            return TapeRunEnd(.failed, failure: Failure.of(error))
        }
    }

    private func verify(with reader: TapeReader) async throws -> TapeRunEnd {
        let tapes = TapeCatalog(house.catalog)
        let (known, archives) = try await runBlocking(name: "tape catalog") { try wanted(tapes) }
        line("verify", "\(known.volume.name): \(archives.count) archives")
        var end = TapeRunEnd(.ok)
        end.volumes = [known.volume.label]
        for archive in archives {
            if control.isCancelled { throw CancellationError() }
            let verdict = try await verdict(archive, tapes, reader)
            try await keep(verdict, archive, known, tapes)
            end.done = end.done + Amount(count: Int(verdict.report.files), bytes: verdict.report.bytes)
            for label in verdict.volumes where !end.volumes.contains(label) { end.volumes.append(label) }
            if !verdict.isSound {
                end.result = .failed
                end.failure = verdict.failure(archive)
            } else if verdict.isUnstable {
                end.warnings += 1
                if end.result == .ok { end.result = .okWithWarnings }
            }
        }
        return end
    }

    private func wanted(_ tapes: TapeCatalog) throws -> (KnownVolume, [ArchiveRecord]) {
        let found = try tapes.namesakes(label: volume, barcode: volume, otherThan: "")
            .filter { !$0.volume.nonce.isEmpty }
        guard let known = found.first, found.count == 1 else {
            throw Failure(
                code: "VOLUME_UNKNOWN", side: .catalog,
                message: found.isEmpty
                    ? "the catalog has no volume \(printable(volume.utf8))"
                    : "\(found.count) volumes are called \(printable(volume.utf8))",
                subject: Array(volume.utf8), hint: "See holdfast tape ls for what there is.")
        }
        var archives: [ArchiveRecord] = []
        for (_, archive) in try tapes.archives(onVolume: known.id) where archive.state == .complete {
            if archives.last?.id != archive.id { archives.append(archive) }
        }
        return (known, archives)
    }

    /// Read again where something was wrong: what is right then was the drive's fault, not the tape's (L10, L12).
    private func verdict(
        _ archive: ArchiveRecord, _ tapes: TapeCatalog, _ reader: TapeReader
    ) async throws -> ReadBack {
        let first = try await read(archive, tapes, reader)
        guard !first.isSound else { return first }
        for words in first.words { line("verify", words) }
        line("verify", "archive \(archive.archive) is read a second time")
        var second = try await read(archive, tapes, reader)
        second.isUnstable = second.isSound
        return second
    }

    private func read(_ archive: ArchiveRecord, _ tapes: TapeCatalog, _ reader: TapeReader) async throws -> ReadBack {
        let (parts, index, walk) = try await runBlocking(name: "tape catalog") {
            let former = BackupCatalog.FormerListing(tapes, alone: archive)
            return (
                try tapes.stored(tapes.parts(of: archive.id)), try tapes.stored(tapes.indexParts(of: archive.id)),
                FormerWalk(former)
            )
        }
        var back = ReadBack()
        back.volumes = (parts + index).map(\.label)
        do {
            let found = try await reader.index(index)
            if found.facts.parts != parts { back.report.add([], "lies elsewhere than its index says") }
            let control = control
            let read = try await reader.read(
                parts, frames: found.facts.frames,
                into: try RowComparer(found.listing, known: walk, isStopped: { control.isCancelled }))
            var sink = read.sink
            back.report = try sink.finish()
            back.damage = read.damage
        } catch let fault as FormatFault { back.fault = Words.of(fault) }
        return back
    }

    private func keep(
        _ back: ReadBack, _ archive: ArchiveRecord, _ known: KnownVolume, _ tapes: TapeCatalog
    ) async throws {
        let now = house.time.wall()
        for words in back.words { line("verify", words) }
        let what = "archive \(archive.archive) of \(printable(archive.job.utf8))"
        let proved = Amount(count: Int(back.report.files), bytes: back.report.bytes)
        line(
            "verify",
            back.isSound
                ? "\(what) is sound: \(proved.count) files, \(Quantity.bytes(proved.bytes)) read back"
                    + (back.isUnstable ? "; only the second reading was: look at the drive" : "")
                : "\(what) is NOT sound: \(back.report.bad) files, \(back.damage.count) blocks unreadable")
        let evidence = Evidence(
            at: now, job: archive.job, volume: known.volume.nonce, run: run, method: .readBack,
            result: back.isSound ? (back.isUnstable ? .okWithWarnings : .ok) : .failed, proved: proved,
            failed: Amount(count: Int(back.report.bad)), by: by)
        let catalog = house.catalog
        try await runBlocking(name: "tape catalog") {
            if back.isSound { try tapes.verified(archive.id, at: now) }
            try catalog.keep([evidence])
        }
    }
}

/// What reading an archive back gave.
private struct ReadBack: Sendable {
    var report = RowComparer.Report()
    var damage: [TapeReader.Damage] = []
    /// Why it could not be compared at all.
    var fault: String?
    var volumes: [String] = []
    /// Wrong at first and right the second time.
    var isUnstable = false

    var isSound: Bool { report.bad == 0 && damage.isEmpty && fault == nil }

    var words: [String] {
        report.words
            + damage.prefix(20).map {
                "block \($0.block) of tape file \($0.file) on \(printable($0.label.utf8)) cannot be read: \($0.words)"
            } + [fault].compactMap { $0 }
    }

    /// Unreadable is another thing than other bytes (L11).
    func failure(_ archive: ArchiveRecord) -> Failure {
        Failure(
            code: damage.isEmpty ? "ARCHIVE_CORRUPT" : "ARCHIVE_UNREADABLE", side: .destination,
            message: "archive \(archive.archive) of \(printable(archive.job.utf8)) is not what was written: "
                + (words.first ?? ""),
            subject: Array(archive.archive.utf8), operation: "verify",
            hint: "Run its job again onto another tape, and read this one in another drive.")
    }
}

extension Failure {
    fileprivate static let verifyCancelled = Failure(
        code: "VERIFY_INTERRUPTED", side: .engine, message: "cancelled before all was read", hint: "Verify again.")
}

/// Ends the reading of an archive when the run is cancelled: at its next tape.
private final class StoppableFinder: VolumeFinder {
    private let finder: any VolumeFinder
    private let control: TapeRunControl

    init(_ finder: any VolumeFinder, _ control: TapeRunControl) {
        self.finder = finder
        self.control = control
    }

    func find(label: String, nonce: String, refused: MountRefusal?) async throws -> (any TapeDrive)? {
        if control.isCancelled { return nil }
        return try await finder.find(label: label, nonce: nonce, refused: refused)
    }
}

extension TapeCatalog {
    /// Parts as a reader wants them, with the labels their volumes have now.
    func stored(_ parts: [PartRecord]) throws(Failure) -> [StoredPart] {
        var stored: [StoredPart] = []
        for part in parts where part.state == .complete {
            guard let known = try volume(part.volume) else {
                throw Failure(
                    code: "VOLUME_UNKNOWN", side: .catalog, message: "the catalog has no volume number \(part.volume)")
            }
            stored.append(part.stored(on: known.volume))
        }
        return stored
    }
}
