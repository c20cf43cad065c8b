import BackupModel

/// The cartridge's own memory, by READ ATTRIBUTE (SPC-5, 7.4).
struct MediumMemory: Hashable, Sendable {
    private var attributes: [Int: [UInt8]] = [:]

    /// All attributes from `first` on, 16 bytes.
    static func command(from first: Int, count: Int) -> [UInt8] {
        [0x8c, 0, 0, 0, 0, 0, 0, 0] + bigEndian(first, 2) + bigEndian(count, 4) + [0, 0]
    }

    init(_ bytes: [UInt8]) {
        guard let length = bytes.integer(0, 4) else { return }
        let end = min(bytes.count, length > bytes.count ? bytes.count : 4 + length)
        var at = 4
        while at < end, let id = bytes.integer(at, 2), let size = bytes.integer(at + 3, 2), at + 5 + size <= end,
            let value = bytes.bytes(at + 5, size)
        {
            attributes[id] = Array(value)
            at += 5 + size
        }
    }

    func number(_ id: Int) -> Int64? {
        guard let bytes = attributes[id], !bytes.isEmpty, bytes.count <= 8,
            let value = bytes.number(0, bytes.count)
        else { return nil }
        return Int64(exactly: value)
    }

    func text(_ id: Int) -> String { attributes[id].map(trimmedText) ?? "" }

    var capacity: Int64? { number(0x0001).flatMap(HealthPages.mebibytes) }
    var remaining: Int64? { number(0x0000).flatMap(HealthPages.mebibytes) }
    var loads: Int64? { number(0x0003) }
    var lifetimeBytesWritten: Int64? { number(0x0220).flatMap(HealthPages.mebibytes) }
    var serial: String { text(0x0401) }
    var density: UInt8? { attributes[0x0405]?.first }
    var barcode: String { text(0x0806) }
    /// Medium type: 00h data, 01h cleaning, 80h WORM.
    var isCleaning: Bool { attributes[0x0408]?.first == 0x01 }
    var isWORM: Bool { attributes[0x0408]?.first == 0x80 }

    /// By density code; LTO-5 on writes what it reads with its own code.
    static func generation(density: UInt8) -> String {
        switch density {
        case 0x40: "LTO-1"
        case 0x42: "LTO-2"
        case 0x44: "LTO-3"
        case 0x46: "LTO-4"
        case 0x58: "LTO-5"
        case 0x5a: "LTO-6"
        case 0x5c, 0x5d: "LTO-7"
        case 0x5e: "LTO-8"
        case 0x60: "LTO-9"
        default: ""
        }
    }
}
