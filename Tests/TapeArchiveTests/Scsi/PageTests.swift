import BackupModel
import Testing

@testable import TapeArchive

/// Pages as the standards lay them out (SPC-5, SSC-5), written down by hand.
@Suite struct PageTests {
    @Test func errorCounters() throws {
        // Page 02h: corrected without and with delay, total corrected, bytes, uncorrected.
        let write: [UInt8] =
            [0x02, 0, 0, 44] + [0, 0, 0x60, 4, 0, 0, 0, 7] + [0, 1, 0x60, 4, 0, 0, 0, 2]
            + [0, 3, 0x60, 4, 0, 0, 0, 9] + [0, 5, 0x60, 8, 0, 0, 0, 1, 0, 0, 0, 0] + [0, 6, 0x60, 4, 0, 0, 0, 1]
        // Page 03h without a total.
        let read: [UInt8] = [0x03, 0, 0, 16] + [0, 0, 0x60, 4, 0, 0, 0, 3] + [0, 1, 0x60, 4, 0, 0, 0, 4]
        let pages = [try #require(LogPage(0x02, write)), try #require(LogPage(0x03, read))]
        let health = HealthPages.health(pages, alerts: nil)
        #expect(health.softWriteErrors == 9 && health.hardWriteErrors == 1)
        #expect(health.softReadErrors == 7 && health.hardReadErrors == 0)
        #expect(health.bytesOnMedium == 1 << 32)
    }

    @Test func dataAndCapacity() throws {
        let data: [UInt8] =
            [0x0c, 0, 0, 24] + [0, 0, 0x60, 8, 0, 0, 0, 2, 0, 0, 0, 0] + [0, 1, 0x60, 8, 0, 0, 0, 1, 0, 0, 0, 0]
        let capacity: [UInt8] =
            [0x31, 0, 0, 32] + [0, 1, 0x40, 4, 0, 0, 0x10, 0] + [0, 2, 0x40, 4, 0, 0, 0, 0]
            + [0, 3, 0x40, 4, 0, 0, 0x20, 0] + [0, 4, 0x40, 4, 0, 0, 0, 0]
        let statistics: [UInt8] = [0x14, 0, 0, 8] + [0, 0, 0x60, 4, 0, 0, 0, 77]
        let pages = [
            try #require(LogPage(0x0c, data)), try #require(LogPage(0x31, capacity)),
            try #require(LogPage(0x14, statistics)),
        ]
        let health = HealthPages.health(pages, alerts: nil)
        #expect(health.bytesWritten == 2 << 32 && health.bytesOnMedium == 1 << 32)
        #expect(health.remainingCapacity == 4 << 30 && health.loads == 77)
    }

    @Test func volumeStatistics() throws {
        let page: [UInt8] =
            [0x17, 0, 0, 36] + [0, 0, 0x60, 4, 0, 0, 0, 1] + [0, 1, 0x60, 4, 0, 0, 0, 12]
            + [0, 0x10, 0x60, 8, 0, 0, 0, 0, 0, 0, 3, 0xe8] + [0, 0x16, 0x60, 4, 0, 0x26, 0x25, 0xa0]
        let volume = VolumeStatistics(try #require(LogPage(0x17, page)))
        #expect(volume.loads == 12 && volume.lifetimeBytesWritten == 1_000_000_000)
        #expect(volume.capacity == 2_500_000_000_000)
    }

    @Test(
        "TapeAlert response: the highest bit of the first byte is flag 1",
        arguments: [
            ([0x80, 0, 0, 0, 0, 0, 0, 0x01], [1, 64]), ([0, 0, 0x18, 0, 0, 0, 0, 0], [20, 21]),
            ([0, 0, 0, 0, 0, 0, 0, 0], []),
        ] as [([UInt8], [Int])])
    func alerts(bits: [UInt8], flags: [Int]) {
        #expect(HealthPages.flags([0x12, 0, 0, 8] + bits) == flags)
        #expect(HealthPages.flags([0x2e, 0, 0, 8] + bits) == [])
        #expect(HealthPages.flags([0x12, 0, 0, 8] + bits.dropLast()) == [])
    }

    @Test func logSenseNeverClears() {
        for page in HealthPages.all { #expect(LogPage.command(page, count: 512)[2] == 0x40 | page) }
        #expect(!HealthPages.all.contains(0x2e))
    }

    @Test func cartridgeMemory() {
        func attribute(_ id: UInt16, _ value: [UInt8]) -> [UInt8] {
            bigEndian(id, 2) + [0x80] + bigEndian(value.count, 2) + value
        }
        let blank = [UInt8](repeating: 0x20, count: 24)
        let all =
            attribute(0x0000, bigEndian(100, 8)) + attribute(0x0001, bigEndian(17_166_137, 8))
            + attribute(0x0003, bigEndian(5, 8)) + attribute(0x0220, bigEndian(42, 8))
            + attribute(0x0401, Array("SER12345".utf8) + blank) + attribute(0x0405, [0x60]) + attribute(0x0408, [0x80])
            + attribute(0x0806, Array("ABC001L9".utf8) + blank)
        let memory = MediumMemory(bigEndian(all.count, 4) + all)
        #expect(memory.barcode == "ABC001L9" && memory.serial == "SER12345" && memory.loads == 5)
        #expect(memory.capacity == 17_166_137 << 20 && memory.lifetimeBytesWritten == 42 << 20)
        #expect(memory.isWORM && !memory.isCleaning)
        #expect(memory.density.map(MediumMemory.generation) == "LTO-9")
    }

    @Test func identity() {
        let inquiry: [UInt8] =
            [1, 0x80, 6, 2, 91, 0, 0, 0] + Array("IBM     ULT3580-HH9     N9A1".utf8)
        let serial: [UInt8] = [1, 0x80, 0, 10] + Array("  1097012345".utf8.prefix(10))
        let found = Inquiry.identity(inquiry, serial: serial)
        #expect(found == DriveIdentity(vendor: "IBM", model: "ULT3580-HH9", serial: "10970123", firmware: "N9A1"))
        #expect(Inquiry.identity(Array(inquiry.prefix(20)), serial: nil) == nil)
        let names: [UInt8] =
            [1, 0x83, 0, 24] + [2, 1, 0, 8] + Array("IBM  LTO".utf8) + [
                1, 3, 0, 8, 0x50, 0x05, 0x07, 0x63, 0x12, 0, 0, 1,
            ]
        #expect(Inquiry.worldWideName(names) == "5005076312000001")
    }

    @Test func modes() throws {
        // MODE SENSE(10): protected, density 60h, variable blocks, data compression enabled.
        let bytes: [UInt8] =
            [0, 30, 0, 0x90, 0, 0, 0, 8] + [0x60, 0, 0, 0, 0, 0, 0, 0] + [0x0f, 14, 0xc0, 0x80]
            + [UInt8](repeating: 0, count: 12)
        let facts = try #require(ModeFacts(bytes))
        #expect(facts.isWriteProtected && facts.blockSize == 0 && facts.density == 0x60 && facts.compresses == true)
    }

    @Test func positions() {
        func long(_ flags: UInt8) -> [UInt8] {
            [flags, 0, 0, 0, 0, 0, 0, 0] + bigEndian(70_000_000_000, 8) + bigEndian(12, 8) + bigEndian(0, 8)
        }
        #expect(
            LongPosition(long(0x40))?.position
                == TapePosition(file: 12, block: 70_000_000_000, isNearEnd: true))
        #expect(LongPosition(long(0x04))?.position == nil)
        #expect(LongPosition(long(0x08))?.position?.file == nil)
        #expect(LongPosition([0, 1, 2]) == nil)
    }

    @Test func encryption() {
        let page: [UInt8] = [0, 0x20, 0, 20, 0x22, 2, 3, 1] + [UInt8](repeating: 0, count: 16)
        #expect(EncryptionStatus(page)?.encrypts == true && EncryptionStatus(page)?.decrypts == true)
        #expect(EncryptionStatus([0, 0x20, 0, 20, 0x22, 0, 0, 1])?.encrypts == false)
        #expect(EncryptionStatus([0, 0x10, 0, 20, 0, 2, 2, 1]) == nil)
    }

    @Test func noPrefixAndNoNoiseTraps() {
        var state: UInt64 = 7
        for round in 0..<2000 {
            let bytes = (0..<round % 97).map { _ -> UInt8 in
                state = state &* 6_364_136_223_846_793_005 &+ 1
                return UInt8(truncatingIfNeeded: state >> 33) & (round % 3 == 0 ? 0x0f : 0xff)
            }
            for code in HealthPages.all {
                if let page = LogPage(code, [code] + bytes) {
                    _ = HealthPages.health([page], alerts: bytes)
                    _ = VolumeStatistics(page)
                }
            }
            _ = (MediumMemory(bytes), ModeFacts(bytes), LongPosition(bytes), EncryptionStatus(bytes))
            _ = (Inquiry.identity(bytes, serial: bytes), Inquiry.worldWideName([1, 0x83] + bytes))
            _ = (ElementStatus.elements(bytes), ElementAddresses(bytes), SenseReport(bytes))
        }
    }
}
