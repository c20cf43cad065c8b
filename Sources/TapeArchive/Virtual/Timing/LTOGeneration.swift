/// A generation of LTO media and drives.
package enum LTOGeneration: String, Hashable, Codable, Sendable, CaseIterable {
    case lto5 = "LTO-5"
    case lto6 = "LTO-6"
    case lto7 = "LTO-7"
    case lto8 = "LTO-8"
    case lto9 = "LTO-9"

    /// Bytes of a cartridge, native.
    var capacity: Int64 {
        switch self {
        case .lto5: 1_500_000_000_000
        case .lto6: 2_500_000_000_000
        case .lto7: 6_000_000_000_000
        case .lto8: 12_000_000_000_000
        case .lto9: 18_000_000_000_000
        }
    }

    /// The density code in MODE SENSE (IBM LTO SCSI Reference; `mt-st` names the same).
    var density: UInt8 {
        switch self {
        case .lto5: 0x58
        case .lto6: 0x5a
        case .lto7: 0x5c
        case .lto8: 0x5e
        case .lto9: 0x60
        }
    }

    /// Media a drive of this generation writes: its own and the one before.
    var writes: [LTOGeneration] { reach(1) }
    /// Media it reads: two back until LTO-7, one since.
    var reads: [LTOGeneration] { reach(self == .lto8 || self == .lto9 ? 1 : 2) }

    private func reach(_ back: Int) -> [LTOGeneration] {
        let all = Self.allCases
        guard let own = all.firstIndex(of: self) else { return [self] }
        return Array(all[max(0, own - back)...own])
    }
}
