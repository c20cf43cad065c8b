import BackupCatalog
import BackupModel
import Synchronization
import WorkerKit

/// A cartridge in a drive, with what the catalog knows of it.
struct Sighting: Sendable {
    var probe: MediumProbe
    var sight: MediumSight
    var known: KnownVolume?
    var contents: VolumeContents?
    var namesakes: [Volume]
    /// Of the library the drive stands in.
    var ours: [BarcodeRange]

    func question(_ purpose: LabelQuestion.Purpose, pool: Pool, drive: TapeGeneration?) -> LabelQuestion {
        var question = LabelQuestion(purpose, sight, pool: pool)
        (question.drive, question.known, question.contents) = (drive, known?.volume, contents)
        (question.namesakes, question.ours) = (namesakes, ours)
        return question
    }

    /// As people call it: its label, else its barcode.
    var name: String {
        if let label = probe.label { return printable(label.label.utf8) }
        return sight.barcode.text.isEmpty ? "the tape" : printable(sight.barcode.text.utf8)
    }

    /// What a person types to say that it may go.
    var typed: [String] {
        if let label = probe.label { return [label.label] }
        return sight.barcode.text.isEmpty ? [] : [sight.barcode.text, sight.barcode.name]
    }
}

extension TapeStation {
    /// What lies in the drive, proved by reading; the catalog learns it. Throws `Failure`, `TapeFault`.
    func sight(_ bay: DriveBay) async throws -> Sighting {
        try await ready(bay)
        let probe = try await limited(pace.probe) {
            try await bay.use(as: .loading) { drive in try MediumProbe(drive) }
        }
        guard let probe else {
            throw StationFailure.refused(
                "TAPE_SLOW", bay.name, "drive \(bay.name) has not read the tape's label within \(Int(pace.probe)) s",
                hint: "Eject the tape and try another.")
        }
        return try learn(probe, in: bay)
    }

    /// Waits for a cartridge that is being loaded, a first load as long as that takes.
    private func ready(_ bay: DriveBay) async throws {
        let start = time.monotonic()
        while true {
            let status = try await bay.use { drive in try drive.status() }
            if status.isReady || !status.hasMedium { return }
            let patience = status.isInitialising ? pace.firstLoad : pace.probe
            if Double(time.monotonic() - start) / 1e9 > patience {
                throw StationFailure.refused(
                    "TAPE_SLOW", bay.name, "the tape in drive \(bay.name) is not ready after \(Int(patience)) s",
                    hint: "Eject the tape and try another.")
            }
            try await Task.sleep(for: .seconds(pace.watch))
        }
    }

    private func learn(_ probe: MediumProbe, in bay: DriveBay) throws(Failure) -> Sighting {
        let sight = probe.sight(barcode: robotBarcode(bay))
        var sighting = Sighting(
            probe: probe, sight: sight, known: nil, contents: nil, namesakes: [], ours: bay.library?.barcodes ?? [])
        let barcode = sight.barcode.text
        if let label = probe.label {
            sighting.namesakes = try tapes.namesakes(label: label.label, barcode: barcode, otherThan: label.nonce)
                .map(\.volume).filter { !$0.nonce.isEmpty }
            sighting.known = try learn(label, probe, barcode)
            if sighting.known == nil, let other = sighting.namesakes.first {
                try quarantine(label, barcode: barcode, place: .drive(bay.name), like: other)
            }
        } else if !barcode.isEmpty {
            let rows = try tapes.namesakes(label: "", barcode: barcode, otherThan: "?")
            sighting.namesakes = rows.map(\.volume)
            sighting.known = try rows.first.map { row throws(Failure) in try learn(probe.reading, row) }
        }
        try place(sighting.known?.id, in: bay)
        if let known = sighting.known {
            sighting.known = try learn(probe.facts, known.id)
            sighting.contents = try tapes.contents(of: known.id, at: time.wall())
        }
        show(sighting, on: bay)
        refresh()
        return sighting
    }

    private func robotBarcode(_ bay: DriveBay) -> String {
        guard let library = bay.library, let robot = robots[library.name] else { return "" }
        return robot.sight.map.drive(bay.name)?.barcode ?? ""
    }

    /// A label of ours: whichever nonce the tape shows is true (F12).
    private func learn(_ label: VolumeLabel, _ probe: MediumProbe, _ barcode: String) throws(Failure) -> KnownVolume? {
        guard var known = try tapes.volume(nonce: label.nonce) else { return nil }
        if known.volume.intendedNonce == label.nonce {
            try tapes.confirmLabel(
                known.id, label: label.label, nonce: label.nonce, pool: label.pool, blockSize: label.blockSize,
                endBlock: probe.labelEnd, at: time.wall(), by: "engine")
            tell(
                .info, "TAPE_LABELLED", "\(printable(label.label.utf8)): its label was written before the engine ended")
        } else if !known.volume.intendedNonce.isEmpty {
            try tapes.change(known.id) { $0.intendedNonce = "" }
        }
        known = try tapes.volume(known.id) ?? known
        let expected = known.volume.barcode
        guard !barcode.isEmpty, expected != barcode else { return known }
        if expected.isEmpty {
            return try tapes.change(known.id) { $0.barcode = barcode }
        }
        let words = "mis-filed: \(known.volume.name) by its label, whose barcode is \(printable(expected.utf8))"
        if misfiled.updateValue(words, forKey: barcode) != words {
            tell(.warn, "TAPE_MISFILED", "barcode \(printable(barcode.utf8)) is \(words); the label counts")
        }
        return known
    }

    /// No label of ours where the catalog knows the barcode.
    private func learn(_ reading: VolumeReading, _ row: KnownVolume) throws(Failure) -> KnownVolume {
        switch (reading, row.volume.state) {
        case (.holds(let contents, _), .unlabelled):
            let words = MountRefusal.contents(contents).message
            return try tapes.change(row.id) { ($0.state, $0.reason) = (.foreign, words) }
        case (.blank, .foreign):
            return try tapes.change(row.id) { ($0.state, $0.reason) = (.unlabelled, "") }
        default: return row
        }
    }

    private func learn(_ facts: MediumFacts, _ id: Int64) throws(Failure) -> KnownVolume {
        try tapes.change(id) { volume in
            if let generation = TapeGeneration(rawValue: facts.generation) { volume.generation = generation }
            if let capacity = facts.capacity { volume.capacity = capacity }
            if !facts.serial.isEmpty { volume.serial = facts.serial }
            volume.isWORM = volume.isWORM || facts.isWORM
            volume.loads = max(volume.loads, facts.loads ?? 0)
        }
    }

    /// The second cartridge with a name of ours: never written, never read for the first (F13, F29).
    private func quarantine(
        _ label: VolumeLabel, barcode: String, place: VolumePlace, like other: Volume
    ) throws(Failure) {
        var volume = Volume(
            label: label.label, nonce: label.nonce, barcode: barcode, pool: label.pool, state: .quarantined)
        volume.reason = "bears the name of another of our cartridges, \(other.name) (\(other.nonce.prefix(8)))"
        volume.place = place
        // Until now it was known by its barcode alone.
        let rows = try tapes.namesakes(label: "", barcode: barcode, otherThan: "?")
        if let row = rows.first(where: { $0.volume.nonce.isEmpty }) {
            let quarantined = volume
            try tapes.change(row.id) { $0 = quarantined }
        } else {
            try tapes.add(volume)
        }
        tell(.warn, "TAPE_QUARANTINED", "\(volume.name) \(volume.reason); the first one counts, this one is put aside")
    }

    /// That volume, or one nobody knows, lies in the drive; who was said to lie there does not.
    private func place(_ id: Int64?, in bay: DriveBay) throws(Failure) {
        for other in try everyVolume() where other.id != id && other.volume.place == .drive(bay.name) {
            try tapes.change(other.id) { $0.place = .shelf("") }
        }
        if let id { try tapes.change(id) { $0.place = .drive(bay.name) } }
    }

    private func show(_ sighting: Sighting, on bay: DriveBay) {
        let (probe, known) = (sighting.probe, sighting.known)
        bay.board.change { face in
            face.label = probe.label
            var medium = face.state.medium ?? LoadedMedium()
            medium.label = printable((probe.label?.label ?? "").utf8)
            medium.barcode = printable(sighting.sight.barcode.text.utf8)
            medium.pool = printable((probe.label?.pool ?? "").utf8)
            medium.used = known?.volume.used ?? 0
            medium.isBlank = sighting.sight.contents == .blank(isProven: true)
            medium.words =
                switch sighting.sight.contents {
                case .ours: known.map { $0.volume.state.rawValue } ?? "a label of ours that the catalog does not know"
                case .blank: "blank"
                case .halfLabel: "half a label"
                case .newerLabel(let format): "a label of format \(format)"
                case .foreign(let name): "data of another program: \(name)"
                case .unknown: "data of no known format"
                case .unreadable(let words): "unreadable: \(words)"
                }
            face.state.medium = medium
            face.remaining = known?.volume.free
        }
    }
}

/// Runs `body`; nil when the time is over first. It goes on then, and nobody hears of it.
func limited<T: Sendable>(
    _ seconds: Double, _ body: @escaping @Sendable () async throws -> T
) async throws -> T? {
    let answer = OneAnswer<T?>()
    return try await withCheckedThrowingContinuation { continuation in
        answer.await(continuation)
        let timer = Task {
            try? await Task.sleep(for: .seconds(seconds))
            answer.give(.success(nil))
        }
        Task {
            do { answer.give(.success(try await body())) } catch { answer.give(.failure(error)) }
            timer.cancel()
        }
    }
}

/// The first answer counts.
private final class OneAnswer<T: Sendable>: Sendable {
    private let waiting = Mutex<CheckedContinuation<T, any Error>?>(nil)

    func await(_ continuation: CheckedContinuation<T, any Error>) { waiting.withLock { $0 = continuation } }

    func give(_ result: Result<T, any Error>) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(with: result)
    }
}
