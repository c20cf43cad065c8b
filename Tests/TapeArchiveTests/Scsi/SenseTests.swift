import BackupModel
import Glibc
import Testing

@testable import TapeArchive

@Suite struct SenseTests {
    private static func fixed(
        _ key: UInt8, _ code: UInt8, _ qualifier: UInt8, flags: UInt8 = 0, first: UInt8 = 0x70,
        information: [UInt8] = [0, 0, 0, 0]
    ) -> [UInt8] {
        [first, 0, key | flags] + information + [10, 0, 0, 0, 0, code, qualifier, 0, 0, 0, 0]
    }

    @Test func fixedFormat() throws {
        let bytes = Self.fixed(0, 0, 1, flags: 0x80, first: 0xf0, information: [0xff, 0xff, 0xff, 0xfe])
        let report = try #require(SenseReport(bytes))
        #expect(report.data == SenseData(key: 0, code: 0, qualifier: 1))
        #expect(report.isFilemark && !report.isEndOfMedium && !report.isWrongLength && !report.isDeferred)
        #expect(report.residual == -2)
        #expect(SenseReport(Self.fixed(3, 12, 0, first: 0x71))?.isDeferred == true)
        #expect(SenseReport(Self.fixed(3, 12, 0))?.residual == nil)
    }

    @Test func descriptorFormat() throws {
        let stream: [UInt8] = [0x04, 2, 0, 0x40]
        let information: [UInt8] = [0x00, 10, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 7]
        let bytes: [UInt8] = [0x73, 0x0d, 0x00, 0x02, 0, 0, 0, 16] + stream + information
        let report = try #require(SenseReport(bytes))
        #expect(report.data == SenseData(key: 13, code: 0, qualifier: 2))
        #expect(report.isEndOfMedium && report.isDeferred && report.residual == 7)
    }

    @Test("hostile sense data end nothing", arguments: [[], [0x70], [0x00, 1, 2], [0x72], [0x7f, 0, 3]] as [[UInt8]])
    func hostile(bytes: [UInt8]) { #expect(SenseReport(bytes) == nil) }

    @Test func noPrefixOfAnAnswerTraps() {
        let bytes: [UInt8] = [0x72, 3, 0x0c, 0, 0, 0, 0, 255, 0, 10, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 7, 4, 0]
        for count in 0...bytes.count { _ = SenseReport(Array(bytes.prefix(count))) }
    }

    @Test(
        "what sense triples mean",
        arguments: [
            (2, 0x3a, 0, .noMedium), (2, 0x04, 1, .notReady), (2, 0x04, 4, .initialising), (2, 0x04, 0x77, .notReady),
            (2, 0x30, 3, .noMedium), (3, 0x0c, 0, .mediumError), (3, 0x11, 0, .mediumError),
            (3, 0x30, 2, .incompatibleMedium),
            (3, 0x99, 0, .mediumError), (4, 0x44, 0, .hardware), (4, 0x15, 1, .moveFailed), (4, 0x99, 0, .hardware),
            (5, 0x20, 0, .optionRefused), (5, 0x21, 1, .moveFailed), (5, 0x3b, 0x0d, .elementFull),
            (5, 0x3b, 0x0e, .elementEmpty), (5, 0x53, 2, .accessDenied), (6, 0x28, 0, .mediumChanged),
            (6, 0x29, 2, .gone),
            (6, 0x2a, 1, .optionRefused), (7, 0x27, 0, .writeProtected), (7, 0x30, 0x0c, .writeProtected),
            (7, 0x30, 5, .incompatibleMedium), (8, 0, 5, .endOfData), (11, 0x47, 3, .gone), (13, 0, 2, .endOfMedium),
            (0, 0, 0x17, .cleaningNeeded), (9, 1, 1, .system),
        ] as [(UInt8, UInt8, UInt8, TapeFault.Kind)])
    func meanings(key: UInt8, code: UInt8, qualifier: UInt8, kind: TapeFault.Kind) {
        let meaning = SenseMeaning(SenseData(key: key, code: code, qualifier: qualifier))
        #expect(meaning.kind == kind)
        #expect(meaning.words.hasSuffix(")") && meaning.words.contains("(sense "))
    }

    @Test func everyTripleHasWords() {
        for key in 0...15 as ClosedRange<UInt8> {
            for code in stride(from: 0 as UInt8, through: 254, by: 3) {
                #expect(!SenseMeaning(SenseData(key: key, code: code, qualifier: 0)).words.hasPrefix(" "))
            }
        }
    }
}

@Suite struct FailureEvidenceTests {
    private static func sense(_ key: UInt8, _ code: UInt8, _ qualifier: UInt8) -> SenseReport? {
        SenseReport([0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, code, qualifier])
    }

    struct Row: Sendable, CustomStringConvertible {
        var description: String
        var errno: Int32
        var kind: TapeFault.Kind
        var change: @Sendable (inout FailureEvidence) -> Void = { _ in }
    }

    private static let rows: [Row] = [
        Row(description: "F14 the device is gone", errno: ENODEV, kind: .gone),
        Row(description: "no such device", errno: ENXIO, kind: .gone),
        Row(description: "busy", errno: EBUSY, kind: .busy),
        Row(description: "no cartridge", errno: ENOMEDIUM, kind: .noMedium),
        Row(description: "F10 protected", errno: EACCES, kind: .writeProtected) { $0.isWriteProtected = true },
        Row(description: "no right to", errno: EACCES, kind: .accessDenied),
        Row(description: "F2 full", errno: ENOSPC, kind: .endOfMedium),
        Row(description: "F3 an error without a cause", errno: EIO, kind: .mediumError),
        Row(description: "F3 a counted error", errno: EIO, kind: .mediumError) {
            ($0.hasNewHardError, $0.hasMoved) = (true, true)
        },
        Row(description: "the drive's own fault", errno: EIO, kind: .hardware) { $0.hasHardwareAlert = true },
        Row(description: "F16 moved by another", errno: EIO, kind: .positionLost) { $0.hasMoved = true },
        Row(description: "F14 a reset heard", errno: EIO, kind: .gone) {
            $0.attentions = [sense(6, 0x29, 0)].compactMap { $0 }
        },
        Row(description: "F32 a change heard", errno: EIO, kind: .mediumChanged) {
            $0.attentions = [sense(6, 0x28, 0)].compactMap { $0 }
            $0.readiness = sense(2, 0x3a, 0)
        },
        Row(description: "not ready", errno: EIO, kind: .initialising) { $0.readiness = sense(2, 4, 4) },
        Row(description: "forward to the end", errno: EIO, kind: .endOfData) {
            ($0.direction, $0.isAtEndOfData, $0.hasMoved) = (1, true, true)
        },
        Row(description: "back to the beginning", errno: EIO, kind: .beginningOfTape) {
            ($0.direction, $0.isAtBeginning, $0.hasMoved) = (-1, true, true)
        },
        Row(description: "over a filemark", errno: EIO, kind: .filemark) {
            ($0.direction, $0.operation, $0.hasMoved) = (-1, "space blocks", true)
        },
        Row(description: "anything else", errno: EINVAL, kind: .system),
    ]

    @Test(arguments: rows) func kinds(row: Row) {
        var evidence = FailureEvidence(operation: "write", errno: row.errno)
        row.change(&evidence)
        #expect(evidence.fault.kind == row.kind)
        #expect(evidence.fault.errno == row.errno)
        #expect(!evidence.fault.detail.isEmpty)
    }
}
