import BackupModel

/// What is asked before an order about tapes, and what is lost by it.
extension Model {
    func words(for order: TapeOrder) -> SafeText {
        switch order {
        case .load(let volume, let drive):
            "Load \(named(volume))" + (drive.map { " into \(named($0))" } ?? "") + "?"
        case .unload(let drive): "Put \(mediumWords(drive)) from \(named(drive)) back into its slot?"
        case .eject(let drive): "Eject \(mediumWords(drive)) from \(named(drive))?"
        case .rewind(let drive): "Rewind \(mediumWords(drive)) in \(named(drive))?"
        case .retension(let drive): "Wind \(mediumWords(drive)) in \(named(drive)) to its end and back?"
        case .clean(let drive): "Clean \(named(drive)) now? It uses up one cleaning."
        case .holdAfterTape(let drive, true): "Let \(named(drive)) stop after this tape?"
        case .holdAfterTape(let drive, false): "Let \(named(drive)) go on after this tape?"
        case .setFlow(let drive, let policy): "Set the buffer of \(named(drive)) to \(policy)?"
        case .label(let drive, let label, let pool, nil):
            "Label the blank tape in \(named(drive)) as \(named(label)), pool \(named(pool))?"
        case .label(let drive, let label, _, .some):
            "Overwrite the tape in \(named(drive)) and call it \(named(label))?"
        case .labelAll(let library, let pool):
            "Label every blank tape of \(named(library)) by its barcode, for pool \(named(pool))?"
        case .erase(let drive, _, _): "Erase the tape in \(named(drive))?"
        case .inventory(let library): "Look into every slot of \(named(library))?"
        case .move(let library, let from, let to): "Move \(named(from)) of \(named(library)) to \(named(to))?"
        case .importMedium(let library): "Take in what lies in the import slots of \(named(library))?"
        case .exportMedium(let volume): "Move \(named(volume)) to an export slot?"
        case .markOffsite(let volume, let place):
            place.isEmpty ? "Is \(named(volume)) back?" : "Note that \(named(volume)) is at \(named(place))?"
        case .retire(let volume, _): "Retire \(named(volume))? Nothing is written to it any more."
        case .archive(let job, _, _, _): "Write \(job.sources.count) sources to pool \(named(job.pool))?"
        case .verify(let volume, _): "Read \(named(volume)) back and compare?"
        case .cancel(let drive): "End what \(named(drive)) does?"
        }
    }

    func consequences(of order: TapeOrder) -> [SafeText] {
        switch order {
        case .label(let drive, let label, let pool, .some):
            lossOfTape(in: drive) + ["new label       \(named(label)), pool \(named(pool))"]
        case .erase(let drive, _, let isLong):
            lossOfTape(in: drive) + (isLong ? ["It takes hours: the whole tape is written over."] : [])
        case .cancel(let drive): lossOfCancelling(drive: drive)
        default: []
        }
    }

    private func drive(named name: String) -> DriveState? { engine?.tape?.drives.first { $0.name == name } }

    private func named(_ name: String) -> SafeText { SafeText(brief: name).prefix(cells: 32, ellipsis: .middle) }

    private func mediumWords(_ drive: String) -> SafeText {
        guard let name = self.drive(named: drive)?.medium?.name, !name.isEmpty else { return "the tape" }
        return named(name)
    }

    /// What goes when the tape in a drive is written anew: the catalog's row, or what was read from it.
    private func lossOfTape(in name: String) -> [SafeText] {
        guard let drive = drive(named: name), let medium = drive.medium else { return [] }
        var lines: [SafeText] = [
            "on it now       \(mediumWords(name)), pool \(medium.pool.isEmpty ? "-" : named(medium.pool))"
        ]
        if let row = engine?.tape?.volumes.first(where: { $0.isMedium(medium) }) {
            lines.append("archives        \(Quantity.count(row.archives)), \(Quantity.bytes(row.volume.used))")
            lines.append("to be kept      " + row.keepWords(clock))
        } else if medium.used > 0 {
            lines.append("holds           \(Quantity.bytes(medium.used))")
        }
        if !medium.words.isEmpty { lines.append("found           " + SafeText(brief: medium.words).prefix(cells: 56)) }
        return lines + ["All that is on it is lost, and nothing brings it back."]
    }

    private func lossOfCancelling(drive name: String) -> [SafeText] {
        guard let drive = drive(named: name) else { return [] }
        var lines: [SafeText] = []
        if !drive.job.isEmpty { lines.append("ends            \(named(drive.job))") }
        if let stream = drive.stream {
            lines.append("written so far  \(Quantity.bytes(stream.written)) to \(mediumWords(name))")
        }
        return lines + [
            "The archive under way ends as void; the tape stays usable behind", "the last one that is whole.",
        ]
    }
}

extension TapeOrder {
    /// What to say when the engine accepted without words of its own.
    var done: String {
        switch self {
        case .load(let volume, _): "\(volume): is being loaded"
        case .unload(let drive): "\(drive): unloads"
        case .eject(let drive): "\(drive): ejects"
        case .rewind(let drive): "\(drive): rewinds"
        case .retension(let drive): "\(drive): winds to the end and back"
        case .clean(let drive): "\(drive): is being cleaned"
        case .holdAfterTape(let drive, let isOn): isOn ? "\(drive): stops after this tape" : "\(drive): goes on"
        case .setFlow(let drive, let policy): "\(drive): \(policy) from now on"
        case .label(let drive, let label, _, _): "\(drive): its tape becomes \(label)"
        case .labelAll(let library, _): "\(library): blanks are being labelled"
        case .erase(let drive, _, _): "\(drive): its tape is being erased"
        case .inventory(let library): "\(library): every slot is looked at"
        case .move(let library, let from, let to): "\(library): \(from) goes to \(to)"
        case .importMedium(let library): "\(library): takes in"
        case .exportMedium(let volume): "\(volume): goes to an export slot"
        case .markOffsite(let volume, let place): place.isEmpty ? "\(volume): is back" : "\(volume): is at \(place)"
        case .retire(let volume, _): "\(volume): retired"
        case .archive(let job, _, _, _): "archive to pool \(job.pool) begun"
        case .verify(let volume, _): "\(volume): is being read back"
        case .cancel(let drive): "\(drive): ends what it does"
        }
    }
}

extension LoadedMedium {
    /// What people call it: its label, or the barcode while it has none of ours.
    var name: String { label.isEmpty ? barcode : label }
}

extension VolumeRow {
    func isMedium(_ medium: LoadedMedium) -> Bool {
        medium.label.isEmpty
            ? !medium.barcode.isEmpty && volume.barcode == medium.barcode : volume.label == medium.label
    }

    /// Until when it is kept: `2027-01-04`, `for ever`, `expired`, `-`.
    func keepWords(_ clock: Clock) -> SafeText {
        if isKeptForEver { return "for ever" }
        guard let keptUntil else { return "-" }
        return keptUntil <= clock.now ? "expired" : SafeText(clock.shifted(keptUntil).date)
    }
}
