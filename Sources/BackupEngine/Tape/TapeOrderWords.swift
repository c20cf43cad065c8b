import BackupModel

extension TapeOrder {
    /// As the audit log has it; whatever somebody typed is escaped and bounded.
    var words: String {
        switch self {
        case .load(let volume, let drive): "load tape \(said(volume))" + (drive.map { " into \(said($0))" } ?? "")
        case .unload(let drive): "unload \(said(drive))"
        case .eject(let drive): "eject the tape of \(said(drive))"
        case .rewind(let drive): "rewind \(said(drive))"
        case .retension(let drive): "retension the tape in \(said(drive))"
        case .clean(let drive): "clean \(said(drive))"
        case .holdAfterTape(let drive, let isOn):
            isOn ? "hold \(said(drive)) after this tape" : "release \(said(drive))"
        case .setFlow(let drive, let policy): "buffer policy of \(said(drive)): \(policy)"
        case .label(let drive, let label, let pool, let overwriting):
            "label the tape in \(said(drive)) as \(said(label)) of pool \(said(pool))"
                + (overwriting.map { ", overwriting \(said($0))" } ?? "")
        case .labelAll(let library, let pool): "label all blanks of \(said(library)) for pool \(said(pool))"
        case .erase(let drive, let typed, let isLong):
            "erase \(said(typed)) in \(said(drive))" + (isLong ? ", whole" : "")
        case .inventory(let library): "inventory of \(said(library))"
        case .move(let library, let from, let to): "move from \(said(from)) to \(said(to)) in \(said(library))"
        case .importMedium(let library): "import into \(said(library))"
        case .exportMedium(let volume): "export \(said(volume))"
        case .markOffsite(let volume, let place):
            place.isEmpty ? "\(said(volume)) is back" : "\(said(volume)) is off-site: \(said(place))"
        case .retire(let volume, let reason): "retire \(said(volume)): \(said(reason))"
        case .archive(let job, let drive, _, _):
            "archive \(job.sources.map(said).joined(separator: ", ")) to pool \(said(job.pool))"
                + (drive.map { " on \(said($0))" } ?? "")
        case .verify(let volume, let drive): "verify tape \(said(volume))" + (drive.map { " in \(said($0))" } ?? "")
        case .motion(let drive, let motion): "\(words(motion)) in \(said(drive))"
        case .tune(let drive): "measure block sizes on the blank tape in \(said(drive))"
        case .addCartridge(let library, let barcode, _): "add cartridge \(said(barcode)) to \(said(library))"
        case .cancel(let drive): "cancel what \(said(drive)) does"
        }
    }

    private func words(_ motion: TapeMotion) -> String {
        switch motion {
        case .block(let number): "wind to block \(number)"
        case .file(let number): "wind to tape file \(number)"
        case .filemarks(let count): "wind over \(count) filemarks"
        case .endOfData: "wind to the end of data"
        case .read(let path): "read a tape file into \(said(path))"
        }
    }

    private func said(_ text: String) -> String { text.tidied(200) }
}

extension Failure {
    static let noTapeDrive = Failure(
        code: "TAPE_NONE", side: .settings, message: "no tape drive is configured",
        hint: "Add a [library.NAME] and a [drive.NAME] table to the settings, then: holdfast config reload.")
}
