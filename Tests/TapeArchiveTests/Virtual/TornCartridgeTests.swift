import BackupModel
import Foundation
import TapeContract
import Testing
import WorkerKit

@testable import TapeArchive

/// Whatever a kill or a power cut leaves of a cartridge's files: a tape that is cut, never one that lies.
@Suite struct TornCartridgeTests {
    /// A tape with 21 durable items, then more: some in the index and the data, none synchronised.
    private func tape() throws -> (shelf: VirtualShelf, durableIndex: Int, whole: [UInt64?]) {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        try TapeStream(epoch: 1).write(to: drive, until: 21) { _ in }
        let durable = try Data(contentsOf: URL(filePath: shelf.cartridge + "/index")).count
        try TapeStream(epoch: 1).write(to: drive, until: 40) { _ in }
        // As a kill leaves it: the handle is let go without a word.
        let copy = try copied(shelf.cartridge, to: shelf.path + "/killed")
        drive.close()
        try FileManager.default.removeItem(atPath: shelf.cartridge)
        try FileManager.default.moveItem(atPath: copy, toPath: shelf.cartridge)
        let whole: [UInt64?] = (0..<40).map { TapeStream.isFilemark($0) ? nil : 1 }
        return (shelf, durable, whole)
    }

    private func copied(_ from: String, to: String) throws -> String {
        try FileManager.default.copyItem(atPath: from, toPath: to)
        return to
    }

    private func check(_ shelf: VirtualShelf, atLeast: Int, _ whole: [UInt64?], _ context: String) throws {
        let drive = try VirtualDrive("one", of: shelf.library)
        let found = try TapeStream.check(drive, epochs: 1...1)
        #expect(found.count >= atLeast, "\(context)")
        #expect(found == Array(whole[..<found.count]), "\(context)")
        // It can be written on from there.
        try drive.put(77)
        try drive.writeFilemarks(1, immediate: false)
        try drive.locate(Int64(found.count))
        #expect(try drive.get() == .block(77), "\(context)")
        drive.close()
    }

    @Test func `a kill leaves everything that was written`() throws {
        let (shelf, _, whole) = try tape()
        try check(shelf, atLeast: 40, whole, "kill")
    }

    @Test func `an index cut or overwritten at any byte cuts the tail only`() throws {
        let (shelf, durable, whole) = try tape()
        let pristine = try copied(shelf.cartridge, to: shelf.path + "/pristine")
        let index = try Data(contentsOf: URL(filePath: pristine + "/index"))
        for cut in durable...index.count {
            for filler in [nil, 0, 0x41] as [UInt8?] where filler == nil || cut % 7 == 0 {
                var torn = index.prefix(cut)
                if let filler { torn += Data(repeating: filler, count: index.count - cut) }
                try restore(shelf, pristine)
                try torn.write(to: URL(filePath: shelf.cartridge + "/index"))
                try check(shelf, atLeast: 21, whole, "index cut at \(cut), filler \(filler ?? 255)")
            }
        }
    }

    @Test func `data cut, zeroed or foreign behind the synchronised end cut the tail only`() throws {
        let (shelf, _, whole) = try tape()
        let pristine = try copied(shelf.cartridge, to: shelf.path + "/pristine")
        var dice = TapeDice(seed: 5)
        // Items 21 to 39 lie in tape files 3, 4 and 5.
        for file in ["0003", "0004", "0005"] {
            let bytes = try Data(contentsOf: URL(filePath: pristine + "/" + file))
            for round in 0..<40 {
                let cut = Int(dice.next() % UInt64(bytes.count))
                var torn = bytes.prefix(cut)
                if round % 3 == 1 { torn += Data(count: bytes.count - cut) }
                if round % 3 == 2 { torn += Data(repeating: 0x5a, count: bytes.count - cut) }
                try restore(shelf, pristine)
                try torn.write(to: URL(filePath: shelf.cartridge + "/" + file))
                try check(shelf, atLeast: 21, whole, "\(file) cut at \(cut), round \(round)")
            }
        }
    }

    @Test func `files left behind the end are not read and do not come back`() throws {
        let (shelf, _, whole) = try tape()
        try Data(repeating: 1, count: 9000).write(to: URL(filePath: shelf.cartridge + "/0006"))
        try Data(repeating: 1, count: 9000).write(to: URL(filePath: shelf.cartridge + "/0007"))
        try check(shelf, atLeast: 40, whole, "stale files")
        #expect(!FileManager.default.fileExists(atPath: shelf.cartridge + "/0007"))
    }

    @Test func `a cartridge without a readable index is refused, not taken for blank`() throws {
        let (shelf, _, _) = try tape()
        try Data("hello\n".utf8).write(to: URL(filePath: shelf.cartridge + "/index"))
        #expect(fault { _ = try VirtualDrive("one", of: shelf.library) } == .system)
    }

    @Test func `each tape file is a plain file of its bytes`() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        try drive.put(1, size: 1000)
        try drive.put(2, size: 3000)
        try drive.writeFilemarks(1, immediate: false)
        try drive.put(3, size: 10)
        try drive.eject()
        let first = try Data(contentsOf: URL(filePath: shelf.cartridge + "/0000"))
        #expect(first == Data(blockBytes(1, size: 1000) + blockBytes(2, size: 3000)))
        #expect(try Data(contentsOf: URL(filePath: shelf.cartridge + "/0001")) == Data(blockBytes(3, size: 10)))
    }

    @Test func `the index grows with changes of size, not with blocks`() throws {
        let shelf = try VirtualShelf(media: [MediumRecord(barcode: "TST001L9", generation: .lto9, capacity: 1 << 30)])
        let drive = try shelf.loaded()
        for index in 0..<6000 { try drive.put(UInt64(index), size: 64) }
        try drive.writeFilemarks(1, immediate: false)
        drive.close()
        let size = try Data(contentsOf: URL(filePath: shelf.cartridge + "/index")).count
        #expect(size < 200)
        let again = try VirtualDrive("one", of: shelf.library)
        try again.locate(5999)
        #expect(try again.get() == .block(5999, size: 64))
    }

    private func restore(_ shelf: VirtualShelf, _ pristine: String) throws {
        try FileManager.default.removeItem(atPath: shelf.cartridge)
        try FileManager.default.copyItem(atPath: pristine, toPath: shelf.cartridge)
    }
}
