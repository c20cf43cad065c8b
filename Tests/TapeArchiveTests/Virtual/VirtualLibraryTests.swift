import BackupModel
import TapeArchive
import TapeContract
import Testing
import WorkerKit

@Suite struct VirtualLibraryTests {
    @Test func `a drive belongs to one holder, who is named`() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        let error = #expect(throws: TapeFault.self) { _ = try VirtualDrive("one", of: shelf.library) }
        #expect(error?.kind == .busy)
        #expect(error?.detail.contains("pid ") == true && error?.detail.contains("command ") == true)
        drive.close()
        #expect(fault { _ = try VirtualDrive("one", of: shelf.library) } == nil)
    }

    @Test func `two drives work at once`() throws {
        let shelf = try VirtualShelf(media: [VirtualShelf.small("TST001L9"), VirtualShelf.small("TST002L9")])
        let one = try shelf.loaded()
        try VirtualChanger(shelf.library).move(from: 4097, to: 257)
        let two = try VirtualDrive("two", of: shelf.library)
        try one.put(1)
        try two.put(2)
        try one.rewind()
        try two.rewind()
        #expect(try one.get() == .block(1))
        #expect(try two.get() == .block(2))
    }

    @Test func `the next cartridge is found out before a byte is written to it`() throws {
        let shelf = try VirtualShelf(media: [VirtualShelf.small("TST001L9"), VirtualShelf.small("TST002L9")])
        let changer = VirtualChanger(shelf.library)
        let drive = try shelf.loaded()
        try drive.put(1)
        try drive.eject()
        try changer.move(from: 256, to: 4096)
        try changer.move(from: 4097, to: 256)
        #expect(fault { try drive.put(2) } == .mediumChanged)
        try drive.load()
        #expect(try drive.medium().barcode == "TST002L9")
        #expect(try drive.get() == .endOfData)
    }

    struct Pair: Sendable {
        var drive: TapeGeneration
        var medium: TapeGeneration
        var read: TapeFault.Kind?
        var write: TapeFault.Kind?
    }

    static let pairs: [Pair] = [
        Pair(drive: .lto9, medium: .lto8, read: nil, write: nil),
        Pair(drive: .lto9, medium: .lto7, read: .incompatibleMedium, write: .incompatibleMedium),
        Pair(drive: .lto7, medium: .lto5, read: nil, write: .incompatibleMedium),
        Pair(drive: .lto6, medium: .lto6, read: nil, write: nil),
        Pair(drive: .lto6, medium: .lto9, read: .incompatibleMedium, write: .incompatibleMedium),
    ]

    @Test("media by generation", arguments: pairs)
    func generations(_ row: Pair) throws {
        let shelf = try VirtualShelf(
            media: [VirtualShelf.small("TST001L9", row.medium)], model: #require(.of(row.drive)))
        let opened = try shelf.loaded()
        #expect(fault { _ = try opened.get() } == row.read)
        #expect(fault { try opened.put(1) } == row.write)
    }

    @Test("F33 a WORM cartridge is only appended to")
    func worm() throws {
        var medium = VirtualShelf.small("TST001L9")
        medium.isWORM = true
        let shelf = try VirtualShelf(media: [medium])
        let drive = try shelf.loaded()
        #expect(try drive.medium().isWORM)
        try drive.put(1)
        try drive.rewind()
        #expect(fault { try drive.put(2) } == .writeProtected)
        #expect(fault { try drive.erase(long: false) } == .writeProtected)
        try drive.toEndOfData()
        #expect(try drive.put(2))
    }

    @Test("F13 two cartridges of one barcode have nonces of their own")
    func nonces() throws {
        let shelf = try VirtualShelf()
        let other = try VirtualShelf()
        let nonces = try [shelf, other].map { try $0.library.medium("TST001L9").nonce }
        #expect(Set(nonces).count == 2 && nonces[0].utf8.count == 16)
        #expect(fault { try shelf.library.add(VirtualShelf.small("TST001L9")) } == .system)
    }

    @Test func `cartridges come and go by the import slot`() throws {
        let shelf = try VirtualShelf()
        let changer = VirtualChanger(shelf.library)
        try shelf.library.add(VirtualShelf.small("NEW001L9"), importing: true)
        #expect(fault { try shelf.library.add(VirtualShelf.small("NEW002L9"), importing: true) } == .elementFull)
        try changer.move(from: 16, to: 4097)
        #expect(try shelf.library.media().map(\.barcode).sorted() == ["NEW001L9", "TST001L9"])
        try changer.move(from: 4097, to: 16)
        try shelf.library.takeOut("NEW001L9")
        #expect(try shelf.library.media().map(\.barcode) == ["TST001L9"])
        try shelf.library.insert("NEW001L9")
        #expect(try changer.inventory(rescan: false).first { $0.kind == .importExport }?.barcode == "NEW001L9")
    }

    @Test func `loads, bytes and errors stay with the cartridge`() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        for index in 0..<4 { try drive.put(UInt64(index)) }
        try drive.eject()
        try drive.load()
        try drive.eject()
        let medium = try shelf.library.medium("TST001L9")
        #expect(medium.loads == 2)
        #expect(medium.lifetimeBytesWritten == 16_384)
    }

    @Test func `the tab is turned while the cartridge is out of the drive only`() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        #expect(fault { try shelf.library.alter("TST001L9") { $0.isWriteProtected = true } } == .busy)
        try drive.eject()
        try shelf.library.alter("TST001L9") { $0.isWriteProtected = true }
        try drive.load()
        #expect(try drive.status().isWriteProtected)
    }
}
