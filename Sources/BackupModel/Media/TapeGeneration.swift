/// A generation of LTO media and drives.
package enum TapeGeneration: String, Hashable, Codable, Sendable, CaseIterable {
    case lto3 = "LTO-3"
    case lto4 = "LTO-4"
    case lto5 = "LTO-5"
    case lto6 = "LTO-6"
    case lto7 = "LTO-7"
    /// An LTO-7 cartridge that an LTO-8 drive initialised with the denser format; nothing else reads it.
    case lto7M8 = "LTO-7 M8"
    case lto8 = "LTO-8"
    case lto9 = "LTO-9"

    /// The two characters at the end of a barcode (LTO label specification); WORM media have their own.
    package init?(barcodeSuffix: String) {
        guard barcodeSuffix.utf8.count == 2,
            let found = Self.allCases.first(where: { [$0.suffix, $0.wormSuffix].contains(barcodeSuffix) })
        else { return nil }
        self = found
    }

    /// The density code of a medium, as MODE SENSE has it.
    package init?(density: UInt8) {
        guard let found = Self.allCases.first(where: { $0.density == density }) else { return nil }
        self = found
    }

    package var suffix: String { facts.suffix }
    /// Empty for M8, of which there is no WORM.
    package var wormSuffix: String { facts.worm }
    package var density: UInt8 { facts.density }
    /// Bytes of a cartridge, native.
    package var capacity: Int64 { facts.gigabytes * 1_000_000_000 }

    private var facts: (suffix: String, worm: String, density: UInt8, gigabytes: Int64) {
        switch self {
        case .lto3: ("L3", "LT", 0x44, 400)
        case .lto4: ("L4", "LU", 0x46, 800)
        case .lto5: ("L5", "LV", 0x58, 1500)
        case .lto6: ("L6", "LW", 0x5a, 2500)
        case .lto7: ("L7", "LX", 0x5c, 6000)
        case .lto7M8: ("M8", "", 0x5d, 9000)
        case .lto8: ("L8", "LY", 0x5e, 12_000)
        case .lto9: ("L9", "LZ", 0x60, 18_000)
        }
    }

    // MARK: As a drive

    /// There are settings for drives of these.
    package static let drives: [TapeGeneration] = [.lto5, .lto6, .lto7, .lto8, .lto9]

    /// What a drive of this generation can do with a medium.
    package func fit(_ medium: TapeGeneration) -> MediumFit {
        let (written, read) = reach
        return written.contains(medium) ? .writes : read.contains(medium) ? .readsOnly : .unfit
    }

    /// Until LTO-7 a drive writes its own and the one before and reads one more; LTO-8 gave up LTO-6, LTO-9 gave up
    /// LTO-7 and M8.
    private var reach: (written: [TapeGeneration], read: [TapeGeneration]) {
        switch self {
        case .lto3: ([.lto3], [])
        case .lto4: ([.lto3, .lto4], [])
        case .lto5: ([.lto4, .lto5], [.lto3])
        case .lto6: ([.lto5, .lto6], [.lto4])
        case .lto7: ([.lto6, .lto7], [.lto5])
        case .lto7M8: ([], [])
        case .lto8: ([.lto7, .lto7M8, .lto8], [])
        case .lto9: ([.lto8, .lto9], [])
        }
    }
}

/// What a drive can do with a medium.
package enum MediumFit: Hashable, Sendable { case writes, readsOnly, unfit }
