/// One of the 64 flags by which a drive says what is wrong with it or the cartridge (SSC-5, annex A).
package struct TapeAlert: Hashable, Sendable {
    package enum Severity: String, Hashable, Codable, Sendable, Comparable {
        case information, warning, critical

        package static func < (left: Self, right: Self) -> Bool { left.rank < right.rank }
        private var rank: Int {
            switch self {
            case .information: 0
            case .warning: 1
            case .critical: 2
            }
        }
    }

    /// What it is about, and so what is to be done with.
    package enum Subject: String, Hashable, Codable, Sendable { case medium, drive, cleaning, host, other }

    /// 1 to 64.
    package var flag: Int
    package var severity: Severity
    package var subject: Subject
    /// What happened and what to do, in one sentence each.
    package var words: String

    /// Writing stops at once.
    package var stopsWriting: Bool { severity == .critical && subject != .cleaning }
    /// The cartridge is not written to again.
    package var condemnsMedium: Bool { [4, 5, 6, 13, 14, 52, 53, 54, 55, 59].contains(flag) }
    /// A cleaning cartridge is wanted (F5): no failure.
    package var wantsCleaning: Bool { flag == 20 || flag == 21 }

    /// Nil but for 1 to 64.
    package init?(_ flag: Int) {
        guard (1...64).contains(flag) else { return nil }
        guard let row = Self.rows[flag] else {
            self.init(flag, .information, .other, "Flag \(flag) has no meaning in the standard. Ask the drive's maker.")
            return
        }
        self.init(flag, row.0, row.1, row.2)
    }

    private init(_ flag: Int, _ severity: Severity, _ subject: Subject, _ words: String) {
        self.flag = flag
        self.severity = severity
        self.subject = subject
        self.words = words
    }

    /// The gravest first.
    package static func all(_ flags: [Int]) -> [TapeAlert] {
        flags.compactMap { TapeAlert($0) }.sorted { ($1.severity, $0.flag) < ($0.severity, $1.flag) }
    }

    private static let rows: [Int: (Severity, Subject, String)] = [
        1: (.warning, .medium, "The drive has trouble reading. Copy what is on this cartridge if it goes on."),
        2: (.warning, .medium, "The drive has trouble writing. Use another cartridge if it goes on."),
        3: (.warning, .medium, "An error could not be repaired. Check drive and cartridge."),
        4: (.critical, .medium, "The cartridge does not work reliably. Copy what is on it and retire it."),
        5: (.critical, .medium, "The cartridge is damaged or the drive is faulty. Try the cartridge in another drive."),
        6: (.critical, .medium, "The cartridge is faulty or the drive is. Write on another cartridge."),
        7: (.warning, .medium, "The cartridge has reached the end of its life. Copy what is on it and retire it."),
        8: (.warning, .medium, "The cartridge is not of data grade. Use another."),
        9: (.critical, .medium, "The cartridge is write-protected. Slide its tab, or use another."),
        10: (.information, .medium, "The cartridge is locked in: somebody tried to eject it while it is in use."),
        11: (.information, .medium, "The cartridge is a cleaning cartridge."),
        12: (.information, .medium, "The cartridge's format is not known to the drive."),
        13: (.critical, .medium, "The tape has snapped or is stuck. Do not pull; call for service."),
        14: (.critical, .medium, "The tape has snapped or is stuck. Do not pull; call for service."),
        15: (.warning, .medium, "The cartridge's memory has failed. Copy what is on it and retire it."),
        16: (.critical, .drive, "Somebody ejected the cartridge by force while it was in use."),
        17: (.warning, .medium, "The cartridge can only be read in this drive."),
        18: (.warning, .medium, "The tape's directory is damaged: searching is slow. Reading all of it repairs that."),
        19: (.information, .medium, "The cartridge nears the end of its life. Plan to copy what is on it."),
        20: (.critical, .cleaning, "The drive must be cleaned now. Put in a cleaning cartridge."),
        21: (.warning, .cleaning, "The drive wants to be cleaned soon. Put in a cleaning cartridge after the job."),
        22: (.critical, .cleaning, "The cleaning cartridge is used up. Put in a new one."),
        23: (.critical, .cleaning, "The cleaning cartridge is not one for this drive. Use the right kind."),
        24: (.warning, .drive, "The tape should be wound to its end and back. Run a retension."),
        25: (.warning, .host, "One of the drive's two connections has failed. Check the cables."),
        26: (.warning, .drive, "A fan in the drive has failed or slowed down."),
        27: (.warning, .drive, "The power supply in the drive has failed."),
        28: (.warning, .drive, "The drive draws more or less power than it should."),
        29: (.warning, .drive, "The drive wants its regular service."),
        30: (.critical, .drive, "The drive has a hardware fault. Eject the cartridge and switch the drive off and on."),
        31: (.critical, .drive, "The drive has a hardware fault. Switch it off and on."),
        32: (.warning, .host, "The connection to the drive is faulty. Check cable and adapter."),
        33: (.critical, .drive, "The operation failed. Eject the cartridge, put it in again, and repeat."),
        34: (.warning, .drive, "A new firmware could not be loaded."),
        35: (.warning, .drive, "The humidity in the drive is out of bounds."),
        36: (.warning, .drive, "The temperature in the drive is out of bounds. Look at its cooling."),
        37: (.warning, .drive, "The voltage in the drive is out of bounds."),
        38: (.critical, .drive, "The drive expects to fail soon. Have it replaced."),
        39: (.warning, .drive, "The drive should be looked at: run its diagnosis."),
        40: (.critical, .drive, "The loader has a hardware fault. Switch it off and on."),
        41: (.critical, .drive, "A cartridge was left in the loader. Look into it."),
        42: (.warning, .drive, "The loader has a hardware fault. Run its diagnosis."),
        43: (.critical, .drive, "The loader's door is open. Close it."),
        44: (.critical, .drive, "The loader has a hardware fault. Call for service."),
        45: (.critical, .drive, "The loader's magazine is missing. Put it in."),
        46: (.warning, .drive, "The loader expects to fail soon. Have it looked at."),
        50: (.warning, .medium, "Statistics of the cartridge were lost."),
        51: (.warning, .medium, "The tape's directory is invalid. Reading all of it repairs that."),
        52: (.critical, .medium, "The tape's system area cannot be written. Copy what is on it and retire it."),
        53: (.critical, .medium, "The tape's system area cannot be read. Copy what is on it and retire it."),
        54: (.critical, .medium, "The start of the data is not found on the tape. Check that it is the right one."),
        55: (.critical, .medium, "The tape cannot be loaded and threaded. Try another cartridge."),
        56: (.critical, .drive, "The cartridge cannot be unloaded. Eject it by hand, as the drive's manual says."),
        57: (.critical, .drive, "The automation's connection to the drive has failed. Check its cables."),
        58: (.warning, .drive, "The drive's firmware failed and began anew. If it comes back, update it."),
        59: (.warning, .medium, "The WORM cartridge's integrity check failed. Keep it apart; do not write on it."),
        60: (.warning, .medium, "An attempt was made to write over a WORM cartridge."),
        61: (.warning, .other, "The encryption policy forbids this. Check the drive's key settings."),
    ]
}
