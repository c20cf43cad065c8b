package import BackupModel

/// What a cartridge knows of itself: `medium.json` in its folder, the virtual medium's auxiliary memory.
package struct MediumRecord: Hashable, Codable, Sendable {
    package var barcode: String
    package var serial: String
    /// Random, made with the cartridge: two of one barcode are told apart (F13).
    package var nonce: String
    package var generation: TapeGeneration
    /// Bytes to the physical end.
    package var capacity: Int64
    /// Bytes from the beginning to the early warning.
    package var earlyWarning: Int64
    /// The tab.
    package var isWriteProtected = false
    package var isWORM = false
    /// Cleanings left in a cleaning cartridge; nil for a data cartridge.
    package var cleaningsLeft: Int?
    /// An LTO-9 cartridge is measured at its first load.
    package var isInitialised = true
    package var loads: Int64 = 0
    package var lifetimeBytesWritten: Int64 = 0
    package var lifetimeSoftErrors: Int64 = 0

    /// `earlyWarning`: bytes; by default a twentieth before the end, but at most 4 GiB.
    package init(
        barcode: String, generation: TapeGeneration, capacity: Int64? = nil, earlyWarning: Int64? = nil,
        serial: String = "", nonce: String = ""
    ) {
        let bytes = capacity ?? generation.capacity
        self.barcode = barcode
        self.serial = serial.isEmpty ? "VC" + barcode : serial
        self.nonce = nonce
        self.generation = generation
        self.capacity = bytes
        self.earlyWarning = earlyWarning ?? bytes - min(bytes / 20, 4 << 30)
    }

    /// A cleaning cartridge, good for 50 cleanings as the makers say.
    package static func cleaning(barcode: String, uses: Int = 50) -> MediumRecord {
        var record = MediumRecord(barcode: barcode, generation: .lto6, capacity: 0)
        record.cleaningsLeft = uses
        return record
    }

    var facts: MediumFacts {
        var facts = MediumFacts(barcode: barcode, serial: serial, generation: generation.rawValue)
        facts.isWORM = isWORM
        facts.isCleaning = cleaningsLeft != nil
        facts.isWriteProtected = isWriteProtected
        facts.capacity = capacity
        facts.loads = loads
        facts.lifetimeBytesWritten = lifetimeBytesWritten
        return facts
    }
}
