import BackupModel

/// Faults of drives and robots as failures for people.
extension TapeFault {
    /// `subject`: the drive or library, by its name in the settings.
    func failure(_ subject: String) -> Failure {
        let (code, hint) = words
        return Failure(
            code: code, side: .drive, message: "\(subject): " + Words.of(self), subject: Array(subject.utf8),
            errno: errno, operation: operation, hint: hint,
            isTransient: [.busy, .gone, .notReady, .initialising, .noMedium].contains(kind))
    }

    private var words: (code: String, hint: String) {
        switch kind {
        case .noMedium, .notReady: ("TAPE_NOT_READY", "Put a tape in and wait until the drive is ready.")
        case .initialising: ("TAPE_NOT_READY", "A first load takes up to two hours. Wait.")
        case .busy: ("DRIVE_HELD", "End the other program, or wait for it.")
        case .gone: ("DRIVE_GONE", "Check power and cable of the drive, and its name in the settings.")
        case .writeProtected: ("TAPE_PROTECTED", "Move the tab of the cartridge, or take another.")
        case .incompatibleMedium: ("TAPE_UNFIT", "Take a cartridge of a generation that the drive uses.")
        case .cleaningNeeded: ("DRIVE_DIRTY", "Clean the drive: `holdfast library clean`.")
        case .elementEmpty, .elementFull, .moveFailed:
            ("ROBOT_TROUBLE", "Look into the library, then take its inventory: `holdfast library inventory`.")
        case .accessDenied: ("ROBOT_TROUBLE", "Close the library's door, and let the drive eject its tape first.")
        case .mediumError, .hardware:
            ("TAPE_ERROR", "Look at `holdfast tape errors`; try another tape, then a cleaning.")
        default: ("TAPE_ERROR", "Look at `holdfast tape errors`.")
        }
    }
}

/// What the station refuses, in words.
enum StationFailure {
    static func unknownDrive(_ name: String) -> Failure {
        Failure(
            code: "DRIVE_UNKNOWN", side: .settings, message: "there is no drive \(printable(name.utf8))",
            subject: Array(name.utf8), hint: "Drives are the [drive.NAME] tables of the settings.")
    }

    static func unknownLibrary(_ name: String) -> Failure {
        Failure(
            code: "LIBRARY_UNKNOWN", side: .settings, message: "there is no library \(printable(name.utf8))",
            subject: Array(name.utf8), hint: "Libraries are the [library.NAME] tables of the settings.")
    }

    static func unknownPool(_ name: String) -> Failure {
        Failure(
            code: "POOL_UNKNOWN", side: .settings, message: "there is no pool \(printable(name.utf8))",
            subject: Array(name.utf8), hint: "Pools are the [pool.NAME] tables of the settings.")
    }

    static func unknownVolume(_ name: String) -> Failure {
        Failure(
            code: "VOLUME_UNKNOWN", side: .catalog,
            message: "the catalog knows no volume with the label or barcode \(printable(name.utf8))",
            subject: Array(name.utf8), hint: "`holdfast tape volumes` lists them; take an inventory for new ones.")
    }

    static func busy(_ drive: String, _ user: String) -> Failure {
        Failure(
            code: "DRIVE_BUSY", side: .drive, message: "drive \(drive) is in use: \(user)", subject: Array(drive.utf8),
            hint: "Wait for it, or cancel it.", isTransient: true)
    }

    static func refused(_ code: String, _ subject: String, _ message: String, hint: String = "") -> Failure {
        Failure(code: code, side: .drive, message: message, subject: Array(subject.utf8), hint: hint)
    }

    static let cancelled = Failure(code: "CANCELLED", side: .engine, message: "cancelled")

    /// Whatever was thrown, as a failure of that drive or library.
    static func of(_ error: any Error, _ subject: String) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let fault as TapeFault: fault.failure(subject)
        case is CancellationError: cancelled
        case let refusal as MountRefusal: refused("TAPE_REFUSED", subject, refusal.message)
        default: Failure(code: "TAPE_ERROR", side: .drive, message: "\(subject): \(Words.of(error))")
        }
    }
}
