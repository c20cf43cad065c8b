import BackupModel
import Glibc
import WorkerKit

extension DriveSession {
    mutating func status() throws(TapeFault) -> DriveStatus {
        _ = try prepare(.status)
        guard let medium = cartridge?.medium else {
            return DriveStatus(
                hasMedium: false, isReady: false, isDoorOpen: place.barcode != nil, wantsCleaning: wantsCleaning)
        }
        let isReady = secondsToReady == 0
        return DriveStatus(
            hasMedium: true, isReady: isReady, isWriteProtected: medium.isWriteProtected,
            isInitialising: !isReady && !medium.isInitialised, density: medium.generation.density,
            wantsCleaning: wantsCleaning)
    }

    mutating func position() throws(TapeFault) -> TapePosition {
        _ = try prepare(.position)
        try requireTape("position")
        return TapePosition(
            file: knowsFile ? cartridge?.layout.file(at: block) : nil, block: block + claimed,
            isBeginning: block + claimed == 0, isNearEnd: isNearEnd)
    }

    mutating func lockDoor(_ isLocked: Bool) throws(TapeFault) {
        if isGone { throw TapeFault(.gone, operation: "lock door", detail: "the drive is gone", errno: ENODEV) }
        if place.isLocked != isLocked { try changePlace { $0.isLocked = isLocked } }
    }

    mutating func configure(_ options: DriveOptions) throws(TapeFault) {
        if strike(try prepare(.configure), .optionRefused) {
            throw TapeFault(
                .optionRefused, operation: "set options", detail: "the drive did not keep what was set", errno: EINVAL)
        }
    }

    mutating func currentHealth() throws(TapeFault) -> DriveHealth {
        if isGone { throw TapeFault(.gone, operation: "health", detail: "the drive is gone", errno: ENODEV) }
        var health = health
        health.temperature = 35
        if let tape = cartridge {
            health.loads = tape.medium.loads
            health.remainingCapacity = max(0, tape.medium.earlyWarning - tape.layout.usedBytes(before: block))
        }
        return health
    }

    mutating func mediumFacts() throws(TapeFault) -> MediumFacts {
        _ = try prepare(.status)
        guard let medium = cartridge?.medium else {
            throw TapeFault(
                .noMedium, operation: "medium", detail: "no cartridge in the drive", errno: ENOMEDIUM,
                sense: SenseData(key: 2, code: 0x3a, qualifier: 0))
        }
        return medium.facts
    }
}
