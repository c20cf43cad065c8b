import BackupCatalog
import BackupModel
import WorkerKit

/// Writing labels, and taking them away.
extension TapeStation {
    /// Writes a label over what was read, and the catalog's promise before it and its word after it (F7, F12).
    func write(
        label name: String, pool: Pool, over reading: VolumeReading, _ sighting: Sighting, in bay: DriveBay, by: String
    ) async throws -> KnownVolume {
        try Self.check(label: name)
        let now = time.wall()
        let known = try row(for: sighting, label: name, place: .drive(bay.name))
        let label = VolumeLabel(
            label: name, nonce: time.randomHex(digits: 32), pool: pool.name, barcode: sighting.sight.barcode.text,
            generation: sighting.probe.facts.generation, created: now.iso8601(), blockSize: Int(bay.settings.blockSize),
            serial: sighting.probe.facts.serial, program: "holdfast")
        try tapes.intendLabel(known.id, nonce: label.nonce)
        let device = bay.settings.textDevice
        let end = try await bay.use(as: .writing) { drive in
            try VolumeMount.label(drive, label, device: device, overwriting: reading)
        }
        try tapes.confirmLabel(
            known.id, label: name, nonce: label.nonce, pool: pool.name, blockSize: label.blockSize, endBlock: end.block,
            at: now, by: by)
        let facts = sighting.probe.facts
        let written = try tapes.change(known.id) { volume in
            volume.generation = TapeGeneration(rawValue: facts.generation) ?? volume.generation
            volume.capacity = facts.capacity ?? volume.capacity
            if !facts.serial.isEmpty { volume.serial = facts.serial }
            if volume.barcode.isEmpty { volume.barcode = label.barcode }
            volume.place = .drive(bay.name)
        }
        bay.board.change { face in
            face.label = label
            var medium = face.state.medium ?? LoadedMedium()
            (medium.label, medium.pool, medium.used) = (name, pool.name, 0)
            medium.words = Volume.State.empty.rawValue
            face.state.medium = medium
            face.remaining = written.volume.free
        }
        refresh()
        tell(.info, "TAPE_LABELLED", "\(name), pool \(pool.name), in drive \(bay.name), by \(printable(by.utf8))")
        return written
    }

    /// The catalog's row of the cartridge; a new one where it has none. Throws where the label is another's.
    private func row(for sighting: Sighting, label name: String, place: VolumePlace) throws(Failure) -> KnownVolume {
        let barcode = sighting.sight.barcode.text
        let known = sighting.known
        let others = try tapes.namesakes(label: name, barcode: "", otherThan: "?").filter { $0.id != known?.id }
        if let other = others.first {
            throw StationFailure.refused(
                "LABEL_TAKEN", name, "\(other.volume.name), \(other.volume.place), has that label already",
                hint: "Take another label.")
        }
        if let known { return known }
        var volume = Volume(label: "", barcode: barcode, state: .unlabelled)
        volume.place = place
        let id = try tapes.add(volume)
        return KnownVolume(id: id, volume: volume)
    }

    /// Letters, digits, dots, dashes, underscores; 32 at most: a label is typed, spoken and printed.
    static func check(label: String) throws(Failure) {
        let isPlain = label.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                || [45, 46, 95].contains(byte)
        }
        guard isPlain, (1...32).contains(label.utf8.count) else {
            throw StationFailure.refused(
                "LABEL_INVALID", label, "\(printable(label.utf8)) is no label",
                hint: "A label has 1 to 32 letters, digits, dots, dashes or underscores.")
        }
    }

    // MARK: Orders

    func label(
        _ bay: DriveBay, _ name: String, pool: Pool, overwriting typed: String?, by: String
    ) async throws -> String {
        try Self.check(label: name)
        let sighting = try await sight(bay)
        try allow(sighting, pool: pool, in: bay, typed: typed, mustType: sighting.probe.reading != .blank)
        let written = try await write(
            label: name, pool: pool, over: sighting.probe.reading, sighting, in: bay, by: by)
        return "\(written.volume.name) is labelled for pool \(pool.name)"
    }

    /// The rules say that it may go, and somebody typed what it is.
    private func allow(
        _ sighting: Sighting, pool: Pool, in bay: DriveBay, typed: String?, mustType: Bool
    ) throws(Failure) {
        let verdict = LabelVerdict.judge(sighting.question(.label, pool: pool, drive: bay.generation))
        guard case .label = verdict.action else { throw refuse(verdict.words, in: bay) }
        // A blank one that should hold something is typed too.
        guard mustType || verdict.action == .label(.typeBarcode) else { return }
        let isTyped = typed.map(sighting.typed.contains) ?? false
        if isTyped { return }
        let wanted = sighting.typed.first.map { printable($0.utf8) } ?? "its barcode, which nobody can read"
        throw refuse(
            "\(verdict.words.isEmpty ? sighting.name : verdict.words): to write over it, type \(wanted)", in: bay)
    }

    func refuse(_ words: String, in bay: DriveBay) -> Failure {
        let failure = StationFailure.refused(
            "TAPE_REFUSED", bay.name, "drive \(bay.name): \(words): nothing was written")
        tell(.warn, "TAPE_REFUSED", failure.message, failure)
        return failure
    }

    func erase(_ bay: DriveBay, typed: String, isLong: Bool) async throws -> String {
        let sighting = try await sight(bay)
        let pool = plan.pools.first { $0.name == sighting.probe.label?.pool } ?? Pool(name: "")
        try allow(sighting, pool: pool, in: bay, typed: typed, mustType: true)
        try await bay.use(as: .writing) { drive in
            try drive.rewind()
            try drive.erase(long: isLong)
            try drive.rewind()
        }
        if let known = sighting.known {
            try tapes.confirmLabel(
                known.id, label: "", nonce: "", pool: "", blockSize: 0, endBlock: nil, at: time.wall(), by: "erase")
            try tapes.change(known.id) { ($0.state, $0.tapeFiles) = (.unlabelled, 0) }
        }
        bay.board.change { face in
            (face.label, face.remaining) = (nil, nil)
            face.state.medium?.label = ""
            face.state.medium?.words = "blank"
        }
        refresh()
        tell(.info, "TAPE_ERASED", "\(sighting.name) in drive \(bay.name)")
        return "\(sighting.name) is erased"
    }

    /// Each blank cartridge in the library's slots, one after another, through that drive.
    func labelAll(_ bay: DriveBay, _ library: LibrarySettings, pool: Pool, by: String) async throws -> String {
        try await inventory(library.name, rescan: false)
        var done: [String] = []
        var refused: [String] = []
        for known in try everyVolume() where known.volume.state == .unlabelled {
            guard case .slot(library.name, _) = known.volume.place, !known.volume.barcode.isEmpty else { continue }
            try Task.checkCancellation()
            let barcode = Barcode(known.volume.barcode)
            do {
                try await bring(known, into: bay)
                let sighting = try await sight(bay)
                try allow(sighting, pool: pool, in: bay, typed: nil, mustType: sighting.probe.reading != .blank)
                let isFree = try tapes.namesakes(label: barcode.name, barcode: "", otherThan: "?").isEmpty
                done.append(
                    try await write(
                        label: isFree ? barcode.name : barcode.text, pool: pool, over: sighting.probe.reading, sighting,
                        in: bay, by: by
                    ).volume.name)
            } catch {
                let failure = StationFailure.of(error, "drive \(bay.name)")
                // A robot or drive that does not work does not work for the next one either.
                guard failure.code == "TAPE_REFUSED" || failure.code == "LABEL_TAKEN" else { throw failure }
                refused.append(known.volume.name)
            }
            try await putBack(bay)
        }
        let words = done.isEmpty ? "no blank cartridge was labelled" : "labelled: " + done.joined(separator: ", ")
        return refused.isEmpty ? words : words + "; refused: " + refused.joined(separator: ", ")
    }
}
