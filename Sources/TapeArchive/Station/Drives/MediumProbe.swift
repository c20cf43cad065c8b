import BackupModel

/// What was found on a cartridge in a drive: by status, by its memory, by reading its first file. Blocks.
struct MediumProbe: Hashable, Sendable {
    var status: DriveStatus
    var facts: MediumFacts
    var reading: VolumeReading

    /// Loads the cartridge first where it is not ready. Throws `TapeFault`.
    init(_ drive: any TapeDrive) throws(TapeFault) {
        if try !drive.status().isReady { try drive.load() }
        do throws(TapeFault) { reading = try VolumeReading.read(drive) } catch  where error.kind == .mediumChanged {
            try drive.load()
            reading = try VolumeReading.read(drive)
        }
        status = try drive.status()
        facts = (try? drive.medium()) ?? MediumFacts()
    }

    init(status: DriveStatus, facts: MediumFacts, reading: VolumeReading) {
        self.status = status
        self.facts = facts
        self.reading = reading
    }

    var label: VolumeLabel? { if case .holds(.ours(let label), _) = reading { label } else { nil } }
    /// Blocks of the label with its filemark.
    var labelEnd: Int64? { if case .holds(.ours, let blocks) = reading { Int64(blocks) + 1 } else { nil } }

    /// `barcode`: as the robot reads it; empty where there is none.
    func sight(barcode: String) -> MediumSight {
        var sight = MediumSight(
            contents, barcode: barcode.isEmpty ? facts.barcode : barcode,
            generation: TapeGeneration(rawValue: facts.generation) ?? TapeGeneration(density: status.density))
        sight.isWriteProtected = status.isWriteProtected || facts.isWriteProtected
        sight.isWORM = sight.isWORM || facts.isWORM
        sight.isCleaning = sight.isCleaning || facts.isCleaning
        return sight
    }

    private var contents: MediumSight.Contents {
        switch reading {
        case .blank: .blank(isProven: true)
        case .unreadable(let fault): .unreadable(Words.of(fault))
        case .holds(.ours(let label), _): .ours(label: label.label, nonce: label.nonce, pool: label.pool)
        case .holds(.halfLabel, _): .halfLabel
        case .holds(.newerLabel(let format), _): .newerLabel(format: format)
        case .holds(.foreign(let name), _): .foreign(name)
        case .holds(.unknown, _): .unknown
        }
    }
}
