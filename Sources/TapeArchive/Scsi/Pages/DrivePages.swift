import BackupModel

/// INQUIRY and the serial number page (SPC-5, 6.6 and 7.7.19).
enum Inquiry {
    static let command: [UInt8] = [0x12, 0, 0, 0, 96, 0]
    static func pageCommand(_ page: UInt8) -> [UInt8] { [0x12, 1, page, 0, 252, 0] }

    /// 1: tape, 8: changer.
    static func deviceType(_ bytes: [UInt8]) -> UInt8? { bytes.byte(0).map { $0 & 0x1f } }

    static func identity(_ bytes: [UInt8], serial: [UInt8]?) -> DriveIdentity? {
        guard let vendor = bytes.text(8, 8), let model = bytes.text(16, 16), let firmware = bytes.text(32, 4) else {
            return nil
        }
        return DriveIdentity(
            vendor: vendor, model: model, serial: serial.map(serialNumber) ?? "", firmware: firmware)
    }

    static func serialNumber(_ bytes: [UInt8]) -> String {
        guard bytes.byte(1) == 0x80, let length = bytes.integer(2, 2) else { return "" }
        return bytes.text(4, Swift.min(length, bytes.count - 4)) ?? ""
    }

    /// The world wide name of VPD page 83h (designator type 3, the unit's own), in hex; empty where there is none.
    static func worldWideName(_ bytes: [UInt8]) -> String {
        guard bytes.byte(1) == 0x83, let length = bytes.integer(2, 2) else { return "" }
        var at = 4
        while at + 4 <= Swift.min(bytes.count, 4 + length), let kind = bytes.byte(at + 1), let size = bytes.byte(at + 3)
        {
            // Association 0: the unit, not its port.
            if kind & 0x3f == 3, let name = bytes.bytes(at + 4, Int(size)) {
                return name.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            }
            at += 4 + Int(size)
        }
        return ""
    }
}

/// What a drive was set to, by mode pages (SSC-5, 8.5).
struct ModeFacts: Hashable, Sendable {
    var isWriteProtected: Bool
    var blockSize: Int?
    var density: UInt8?
    /// Page 0Fh: data compression enabled; nil where the page is missing.
    var compresses: Bool?

    /// MODE SENSE(10) of the data compression page with the block descriptor.
    static let command: [UInt8] = [0x5a, 0, 0x0f, 0, 0, 0, 0, 0, 64, 0]
    /// The same without any page that a drive might lack.
    static let plainCommand: [UInt8] = [0x5a, 0, 0x3f, 0, 0, 0, 0, 0, 255, 0]

    init?(_ bytes: [UInt8]) {
        guard let flags = bytes.byte(3), let descriptor = bytes.integer(6, 2) else { return nil }
        isWriteProtected = flags & 0x80 != 0
        if descriptor >= 8 {
            density = bytes.byte(8)
            blockSize = bytes.integer(13, 3)
        }
        var at = 8 + descriptor
        while let code = bytes.byte(at), let size = bytes.byte(at + 1) {
            if code & 0x7f == 0x0f, let bits = bytes.byte(at + 2) { compresses = bits & 0x80 != 0 }
            at += 2 + Int(size)
        }
    }
}

/// Whether the drive itself encrypts or decrypts: SECURITY PROTOCOL IN 20h, page 0020h (SSC-5, 8.6.2.7).
struct EncryptionStatus: Hashable, Sendable {
    var encrypts: Bool
    var decrypts: Bool

    static let command: [UInt8] = [0xa2, 0x20, 0x00, 0x20, 0, 0] + bigEndian(64, 4) + [0, 0]

    init?(_ bytes: [UInt8]) {
        guard bytes.integer(0, 2) == 0x20, let encryption = bytes.byte(5), let decryption = bytes.byte(6) else {
            return nil
        }
        encrypts = encryption != 0
        decrypts = decryption != 0
    }
}

/// READ POSITION, long form (SSC-5, 7.7).
struct LongPosition: Hashable, Sendable {
    static let command: [UInt8] = [0x34, 6, 0, 0, 0, 0, 0, 0, 0, 0]

    /// Nil where the drive does not know.
    var position: TapePosition?

    init?(_ bytes: [UInt8]) {
        guard let flags = bytes.byte(0), let block = bytes.number(8, 8), let file = bytes.number(16, 8) else {
            return nil
        }
        // Logical object number unknown.
        if flags & 0x04 != 0 { return }
        guard let block = Int64(exactly: block) else { return nil }
        position = TapePosition(
            file: flags & 0x08 != 0 ? nil : Int(exactly: file), block: block, isBeginning: flags & 0x80 != 0,
            isNearEnd: flags & 0x40 != 0)
    }
}
