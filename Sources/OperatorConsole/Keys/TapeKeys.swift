import BackupModel

/// The keys of the Tape screen, and why they are impossible now.
extension KeyTable {
    static let tapeActs: [KeyEntry] = [
        KeyEntry(
            .ejectTape, ["E"], "Eject the tape, into somebody's hand", hint: "eject", in: [.tape], level: .ask,
            unless: noFreeTape),
        KeyEntry(
            .rewindTape, ["W"], "Rewind the tape", hint: "rewind", in: [.tape], level: .ask, unless: noFreeTape),
        KeyEntry(
            .cleanDrive, ["C"], "Clean the drive, with a cleaning cartridge", hint: "clean", in: [.tape], level: .ask,
            unless: busyDrive),
        KeyEntry(
            .holdAfterTape, ["H"], "Stop after this tape, or go on after it", hint: "hold", in: [.tape],
            unless: noDrive),
        KeyEntry(
            .labelTape, ["L"], "Label the tape in the drive", hint: "label", in: [.tape], level: .name,
            unless: noTapeToLabel),
        KeyEntry(
            .markOffsite, ["O"], "Note where the volume is taken, or back", hint: "offsite", in: [.tape],
            unless: { model in
                guard let refusal = noVolume(model) else {
                    let name = model.volumeUnderCursor
                    let drive = model.shown?.tape?.drives.first { $0.medium?.name == name }
                    return drive.map { "it lies in \($0.name): eject it first" }
                }
                return refusal
            }),
        KeyEntry(
            .unloadTape, ["U"], "Put the tape back into its slot", hint: "unload", in: [.tape], level: .ask,
            unless: noFreeTape),
        KeyEntry(
            .nextTape, ["N"], "Which tape comes next, and why", hint: "next", in: [.tape],
            unless: { model in
                model.drive == nil
                    ? noTape(model) : model.shown?.tape?.pools.isEmpty == true ? "no pool is configured" : nil
            }),
        KeyEntry(
            .inventory, ["I"], "Look into every slot of the library", hint: "slots", in: [.tape],
            unless: { model in noDrive(model) ?? (model.library == nil ? "this drive stands in no library" : nil) }),
        KeyEntry(
            .verifyTape, ["V"], "Read the volume back and compare", hint: "verify", in: [.tape], unless: noVolume),
        KeyEntry(
            .flowPolicy, ["P"], "When the buffer is written to the drive", hint: "policy", in: [.tape],
            unless: noDrive),
        KeyEntry(
            .cancelTape, ["X"], "End what the drive does", hint: "cancel", in: [.tape], level: .word,
            unless: { model in
                if let refusal = noDrive(model) { return refusal }
                guard let drive = model.drive, !drive.isAtWork else { return nil }
                return "\(drive.name) does nothing that could be ended"
            }),
        KeyEntry(.previousDrive, ["["], "The drive before", in: [.tape], unless: oneDrive),
        KeyEntry(.nextDrive, ["]"], "The drive after", hint: "drive", in: [.tape], unless: oneDrive),
    ]

    static func noTape(_ model: Model) -> String? { model.hasTape ? nil : "no tape drive is configured" }

    private static func noDrive(_ model: Model) -> String? {
        unsafeView(model) ?? (model.drive == nil ? "no tape drive is configured" : nil)
    }

    private static func oneDrive(_ model: Model) -> String? {
        (model.shown?.tape?.drives.count ?? 0) > 1 ? nil : "there is no other drive"
    }

    private static func busyDrive(_ model: Model) -> String? {
        if let refusal = noDrive(model) { return refusal }
        guard let drive = model.drive else { return nil }
        switch drive.standing {
        case .empty, .ready, .waiting, .trouble: return nil
        case .held(let holder): return "\(drive.name) is in use by \(SafeText(brief: holder).prefix(cells: 40))"
        default: return "\(drive.name) is \(drive.standing.word)"
        }
    }

    private static func noFreeTape(_ model: Model) -> String? {
        if let refusal = busyDrive(model) { return refusal }
        guard let drive = model.drive, drive.medium == nil, drive.standing == .empty || drive.standing == .waiting
        else { return nil }
        return "\(drive.name) is empty"
    }

    private static func noTapeToLabel(_ model: Model) -> String? {
        if let refusal = noFreeTape(model) { return refusal }
        guard let drive = model.drive, let medium = drive.medium else { return "no tape was seen in it" }
        if drive.standing == .waiting { return "a job waits: press ! and answer with B" }
        if medium.isWriteProtected { return "the tape is write-protected: slide its tab back" }
        if model.shown?.tape?.pools.isEmpty == true { return "no pool is configured" }
        if !medium.isBlank, medium.name.isEmpty { return "neither label nor barcode tells what it is" }
        return nil
    }

    private static func noVolume(_ model: Model) -> String? {
        noDrive(model) ?? (model.volumeUnderCursor == nil ? "there is no volume under the cursor" : nil)
    }
}

extension DriveState {
    /// Something goes on that can be ended.
    var isAtWork: Bool {
        switch standing {
        case .writing, .reading, .waiting, .winding, .cleaning, .loading, .initialising: true
        case .empty, .ready, .held, .trouble: !job.isEmpty
        }
    }
}
