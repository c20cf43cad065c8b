import BackupModel
import Testing

@testable import TapeArchive

@Suite struct ChangerTests {
    private static func tag(_ text: String) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: 0x20, count: 32 - text.utf8.count) + [0, 0, 0, 0]
    }

    private static func page(_ type: UInt8, _ rows: [[UInt8]]) -> [UInt8] {
        let size = rows.first?.count ?? 0
        return [type, 0x80] + bigEndian(size, 2) + [0] + bigEndian(size * rows.count, 3) + rows.flatMap { $0 }
    }

    private static let status: [UInt8] = {
        let drive: [UInt8] = [1, 0, 0x09, 0, 0, 0, 0, 0, 0, 0x80, 0x10, 0x01] + tag("ABC002L9")
        let broken: [UInt8] = [1, 1, 0x04, 0, 0x83, 0x04, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 36)
        let full: [UInt8] = [0x10, 0, 0x09, 0, 0, 0, 0, 0, 0, 0, 0, 0] + tag("ABC001L9")
        let empty: [UInt8] = [0x10, 1, 0x08, 0, 0, 0, 0, 0, 0, 0x80, 0x10, 0x02] + [UInt8](repeating: 0, count: 36)
        let mail: [UInt8] = [0, 16, 0x38, 0, 0, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 36)
        let pages = page(2, [full, empty]) + page(3, [mail]) + page(4, [drive, broken])
        return [0, 16, 0, 5, 0] + bigEndian(pages.count, 3) + pages
    }()

    @Test func elementStatus() {
        let found = ElementStatus.elements(Self.status)
        #expect(ElementStatus.neededBytes(Self.status) == Self.status.count)
        #expect(
            found == [
                LibraryElement(kind: .importExport, address: 16, number: 1),
                LibraryElement(
                    kind: .drive, address: 256, number: 0, isFull: true, barcode: "ABC002L9", source: 0x1001),
                LibraryElement(kind: .drive, address: 257, number: 1, trouble: "there is no drive"),
                LibraryElement(kind: .slot, address: 0x1000, number: 1, isFull: true, barcode: "ABC001L9"),
                LibraryElement(kind: .slot, address: 0x1001, number: 2),
            ])
    }

    @Test func cutOffAnswersGiveFewerElements() {
        for count in 0..<Self.status.count {
            #expect(ElementStatus.elements(Array(Self.status.prefix(count))).count < 5)
        }
    }

    @Test func elementAddresses() throws {
        let page: [UInt8] =
            [23, 0, 0, 0] + [0x1d, 18] + [0, 1, 0, 1] + [0x10, 0, 0, 24] + [0, 16, 0, 1] + [1, 0, 0, 2] + [0, 0]
        let found = try #require(ElementAddresses(page))
        #expect(found.arm == 1..<2 && found.slots == 4096..<4120)
        #expect(found.importExport == 16..<17 && found.drives == 256..<258)
    }

    @Test func mtxStatus() {
        let text = """
              Storage Changer /dev/sg2:2 Drives, 4 Slots ( 1 Import/Export )
            Data Transfer Element 0:Full (Storage Element 2 Loaded):VolumeTag = ABC002L9
            Data Transfer Element 1:Empty
                  Storage Element 1:Full :VolumeTag=ABC001L9
                  Storage Element 2:Empty
                  Storage Element 3:Full
                  Storage Element 4 IMPORT/EXPORT:Full :VolumeTag=CLN001L1

            """
        let first = MtxStatus.firstDrive
        #expect(
            MtxStatus.elements(text) == [
                LibraryElement(kind: .drive, address: first, number: 0, isFull: true, barcode: "ABC002L9", source: 2),
                LibraryElement(kind: .drive, address: first + 1, number: 1),
                LibraryElement(kind: .slot, address: 1, number: 1, isFull: true, barcode: "ABC001L9"),
                LibraryElement(kind: .slot, address: 2, number: 2),
                LibraryElement(kind: .slot, address: 3, number: 3, isFull: true),
                LibraryElement(kind: .importExport, address: 4, number: 1, isFull: true, barcode: "CLN001L1"),
            ])
        #expect(MtxStatus.elements("nonsense\nStorage Element x:Full\nData Transfer Element 0:Open").isEmpty)
    }

    @Test(
        "F17 what mtx says",
        arguments: [
            ("Drive 0 Full (Storage Element 1 loaded)", .elementFull),
            ("source Element Address 4098 is Empty", .elementEmpty),
            ("cannot open SCSI device '/dev/sg9' - No such file or directory", .gone), ("whatever", .moveFailed),
            (
                """
                mtx: Request Sense: Sense Key=Illegal Request
                mtx: Request Sense: Additional Sense Code = 53
                mtx: Request Sense: Additional Sense Qualifier = 02
                MOVE MEDIUM from Element Address 256 to 4096 Failed
                """, .accessDenied
            ),
        ] as [(String, TapeFault.Kind)])
    func mtxFaults(text: String, kind: TapeFault.Kind) {
        #expect(MtxStatus.fault("move medium", Array(text.utf8)).kind == kind)
    }
}
