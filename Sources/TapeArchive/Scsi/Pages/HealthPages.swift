import BackupModel

/// The drive's log pages, taken together to what we say of its health.
///
/// Error counters: SPC-5, 7.3.6 (02h, 03h). Data counters: SSC-5, 8.2.2 (0Ch), 8.2.5 (14h), 8.2.6 (17h). TapeAlert
/// response: 12h, SSC-5 8.2.3; 2Eh clears by being read and is never asked. Capacity: 31h, of the LTO drives' makers.
enum HealthPages {
    static let all: [UInt8] = [0x02, 0x03, 0x0c, 0x11, 0x12, 0x14, 0x17, 0x31]

    static func health(_ pages: [LogPage], alerts: [UInt8]?) -> DriveHealth {
        var health = DriveHealth()
        for page in pages { take(page, &health) }
        if let alerts { health.alerts = flags(alerts) }
        return health
    }

    private static func take(_ page: LogPage, _ health: inout DriveHealth) {
        switch page.code {
        case 0x02:
            health.softWriteErrors = corrected(page)
            health.hardWriteErrors = page.counter(6) ?? 0
            if health.bytesOnMedium == 0 { health.bytesOnMedium = page.counter(5) ?? 0 }
        case 0x03:
            health.softReadErrors = corrected(page)
            health.hardReadErrors = page.counter(6) ?? 0
        case 0x0c:
            if let bytes = page.counter(0) { health.bytesWritten = bytes }
            if let bytes = page.counter(1) { health.bytesOnMedium = bytes }
        case 0x14:
            // What the standard calls lifetime media loads is the drive's own.
            health.loads = page.counter(0)
        case 0x31:
            health.remainingCapacity = page.counter(1).flatMap(mebibytes)
        default: break
        }
    }

    /// Total errors corrected, or where a drive does not add up: those with and without delay.
    private static func corrected(_ page: LogPage) -> Int64 {
        if let total = page.counter(3) { return total }
        return (page.counter(0) ?? 0).addingReportingOverflow(page.counter(1) ?? 0).partialValue
    }

    /// Flags 1 to 64 of the TapeAlert response page: the first byte's highest bit is flag 1.
    static func flags(_ bytes: [UInt8]) -> [Int] {
        guard let first = bytes.byte(0), first & 0x3f == 0x12, let bits = bytes.bytes(4, 8) else { return [] }
        return bits.enumerated().flatMap { index, byte in
            (0..<8).filter { byte & (0x80 >> $0) != 0 }.map { index * 8 + $0 + 1 }
        }
    }

    static func mebibytes(_ count: Int64) -> Int64? {
        let bytes = count.multipliedReportingOverflow(by: 1 << 20)
        return bytes.overflow ? nil : bytes.partialValue
    }
}

/// What page 17h (volume statistics) tells of the cartridge.
struct VolumeStatistics: Hashable, Sendable {
    var loads: Int64?
    /// Decimal megabytes, as the standard counts them, to bytes.
    var lifetimeBytesWritten: Int64?
    var capacity: Int64?

    init(_ page: LogPage) {
        loads = page.counter(1)
        lifetimeBytesWritten = page.counter(0x10).flatMap(Self.megabytes)
        capacity = page.counter(0x16).flatMap(Self.megabytes)
    }

    private static func megabytes(_ count: Int64) -> Int64? {
        let bytes = count.multipliedReportingOverflow(by: 1_000_000)
        return bytes.overflow ? nil : bytes.partialValue
    }
}
