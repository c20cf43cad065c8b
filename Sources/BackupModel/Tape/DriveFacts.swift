/// Who a drive or changer is, from INQUIRY.
package struct DriveIdentity: Hashable, Codable, Sendable {
    package var vendor: String
    package var model: String
    package var serial: String
    package var firmware: String

    package init(vendor: String, model: String, serial: String, firmware: String) {
        self.vendor = vendor
        self.model = model
        self.serial = serial
        self.firmware = firmware
    }
}

/// What a drive says of itself at one moment.
package struct DriveStatus: Hashable, Codable, Sendable {
    package var hasMedium: Bool
    package var isReady: Bool
    package var isWriteProtected: Bool
    package var isDoorOpen: Bool
    /// A first load in progress (LTO-9): up to two hours, no error.
    package var isInitialising: Bool
    /// Bytes; 0 is variable, the only mode written with.
    package var blockSize: Int
    /// The density code of the medium as the drive names it, or 0.
    package var density: UInt8
    package var wantsCleaning: Bool

    package init(
        hasMedium: Bool, isReady: Bool, isWriteProtected: Bool = false, isDoorOpen: Bool = false,
        isInitialising: Bool = false, blockSize: Int = 0, density: UInt8 = 0, wantsCleaning: Bool = false
    ) {
        self.hasMedium = hasMedium
        self.isReady = isReady
        self.isWriteProtected = isWriteProtected
        self.isDoorOpen = isDoorOpen
        self.isInitialising = isInitialising
        self.blockSize = blockSize
        self.density = density
        self.wantsCleaning = wantsCleaning
    }
}

/// Counters since the cartridge was loaded and alerts that stand, from log pages 02h, 03h, 0Ch, 12h, 14h, 17h, 31h.
package struct DriveHealth: Hashable, Codable, Sendable {
    /// Errors corrected by rewriting ("write retries"), and those that were not.
    package var softWriteErrors: Int64
    package var hardWriteErrors: Int64
    package var softReadErrors: Int64
    package var hardReadErrors: Int64
    /// TapeAlert flags that stand, 1 to 64.
    package var alerts: [Int]
    /// Bytes since load, as the host sent them and as they lie on the medium.
    package var bytesWritten: Int64
    package var bytesOnMedium: Int64
    /// Bytes left before early warning, or nil where the drive does not tell.
    package var remainingCapacity: Int64?
    package var loads: Int64?
    package var temperature: Int?

    package init() {
        softWriteErrors = 0
        hardWriteErrors = 0
        softReadErrors = 0
        hardReadErrors = 0
        alerts = []
        bytesWritten = 0
        bytesOnMedium = 0
    }
}

/// What is known of a cartridge without reading its data: medium auxiliary memory and mode pages.
package struct MediumFacts: Hashable, Codable, Sendable {
    /// From the changer or the cartridge's memory; empty if neither knows.
    package var barcode: String
    package var serial: String
    /// `LTO-9`, `LTO-6`, or empty.
    package var generation: String
    package var isWORM: Bool
    package var isCleaning: Bool
    package var isWriteProtected: Bool
    /// Bytes, native, or nil.
    package var capacity: Int64?
    package var loads: Int64?
    package var lifetimeBytesWritten: Int64?

    package init(barcode: String = "", serial: String = "", generation: String = "") {
        self.barcode = barcode
        self.serial = serial
        self.generation = generation
        isWORM = false
        isCleaning = false
        isWriteProtected = false
    }
}
