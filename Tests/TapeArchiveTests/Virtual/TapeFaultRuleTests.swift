import BackupModel
import Foundation
import TapeArchive
import TapeContract
import Testing
import WorkerKit

/// Planted faults strike as asked and are counted.
@Suite struct TapeFaultRuleTests {
    @Test func `soft errors are counted and the block is written`() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        shelf.faults.add(TapeFaultRule(.softError, on: .write, block: 1, amount: 3))
        for index in 0..<3 { try drive.put(UInt64(index)) }
        #expect(try drive.health().softWriteErrors == 3)
        #expect(shelf.faults.struck == 1)
    }

    @Test("F3 a hard write error writes nothing and leaves what was synchronised")
    func hardError() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        try drive.put(0)
        try drive.writeFilemarks(1, immediate: false)
        shelf.faults.add(TapeFaultRule(.hardError, on: .write))
        #expect(fault { try drive.put(1) } == .mediumError)
        #expect(try drive.health().hardWriteErrors == 1)
        #expect(try drive.health().alerts == [6])
        try drive.rewind()
        #expect(try drive.get() == .block(0))
    }

    @Test("F4 a late error is told at the synchronous filemark, and the block is not there")
    func lateError() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        shelf.faults.add(TapeFaultRule(.lateError, on: .write, block: 2))
        for index in 0..<4 { try drive.put(UInt64(index)) }
        try drive.writeFilemarks(1, immediate: true)
        #expect(fault { try drive.writeFilemarks(0, immediate: false) } == .mediumError)
        #expect(try drive.position().block == 2)
        try drive.rewind()
        let found = try (0..<3).map { _ in try drive.get() }
        #expect(found == [.block(0), .block(1), .endOfData])
    }

    @Test("F24 a power cut takes what was not synchronised, immediate filemarks too")
    func powerCut() throws {
        let shelf = try VirtualShelf()
        var drive = try shelf.loaded()
        try drive.put(0)
        try drive.writeFilemarks(1, immediate: false)
        try drive.put(1)
        try drive.writeFilemarks(1, immediate: true)
        shelf.faults.add(TapeFaultRule(.powerCut, on: .write))
        #expect(fault { try drive.put(2) } == .gone)
        #expect(fault { _ = try drive.position() } == .gone)
        drive.close()
        drive = try VirtualDrive("one", of: shelf.library)
        try drive.toEndOfData()
        #expect(try drive.position().block == 2)
    }

    @Test func `a power cut takes no more than the drive's buffer holds`() throws {
        var model = DriveModel.lto9
        model.buffer = 10_000
        let shelf = try VirtualShelf(model: model)
        var drive = try shelf.loaded()
        for index in 0..<20 { try drive.put(UInt64(index)) }
        drive.cutPower()
        drive = try VirtualDrive("one", of: shelf.library)
        try drive.toEndOfData()
        let end = try drive.position().block
        #expect((17...18).contains(end))
    }

    @Test("F14 after a bus reset the position is lost until the tape is located")
    func busReset() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        try drive.put(0)
        try drive.writeFilemarks(1, immediate: false)
        shelf.faults.add(TapeFaultRule(.busReset, on: .write))
        #expect(fault { try drive.put(1) } == .gone)
        #expect(fault { try drive.put(1) } == .positionLost)
        #expect(fault { _ = try drive.position() } == .positionLost)
        try drive.locate(0)
        #expect(try drive.get() == .block(0))
    }

    @Test("F14 a drive that is gone answers again once opened anew")
    func gone() throws {
        let shelf = try VirtualShelf()
        var drive = try shelf.loaded()
        try drive.put(0)
        try drive.writeFilemarks(1, immediate: false)
        shelf.faults.add(TapeFaultRule(.gone, on: .write))
        #expect(fault { try drive.put(1) } == .gone)
        #expect(fault { try drive.rewind() } == .gone)
        drive.close()
        drive = try VirtualDrive("one", of: shelf.library)
        try drive.rewind()
        #expect(try drive.get() == .block(0))
    }

    @Test("F16 a tape moved by another program shows in the position")
    func moved() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        for index in 0..<5 { try drive.put(UInt64(index)) }
        try drive.writeFilemarks(1, immediate: false)
        shelf.faults.add(TapeFaultRule(.movedTo, on: .position, amount: 2))
        #expect(try drive.position().block == 2)
    }

    @Test("F17 the arm times out once, an inventory shows a wrong barcode")
    func arm() throws {
        let shelf = try VirtualShelf()
        let changer = VirtualChanger(shelf.library)
        shelf.faults.add(TapeFaultRule(.armTimeout, on: .move))
        shelf.faults.add(TapeFaultRule(.wrongBarcode, on: .inventory, barcode: "TST001L9", text: "OTHER1L9"))
        #expect(fault { try changer.move(from: 4096, to: 256) } == .moveFailed)
        #expect(try changer.inventory(rescan: true).contains { $0.barcode == "OTHER1L9" })
        #expect(try changer.inventory(rescan: true).contains { $0.barcode == "TST001L9" })
        try changer.move(from: 4096, to: 256)
    }

    @Test("F31 a block that is claimed only is not there when read again")
    func claimed() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        try drive.put(0)
        shelf.faults.add(TapeFaultRule(.claimedOnly, on: .write))
        #expect(try drive.put(1))
        #expect(try drive.position().block == 2)
        try drive.writeFilemarks(1, immediate: false)
        try drive.locate(1)
        #expect(try drive.get() == .filemark)
    }

    @Test("F22 silent corruption and read errors")
    func corruption() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        shelf.faults.add(TapeFaultRule(.silentCorruption, on: .write, block: 1))
        for index in 0..<3 { try drive.put(UInt64(index)) }
        try drive.writeFilemarks(1, immediate: false)
        try drive.rewind()
        shelf.faults.add(TapeFaultRule(.hardError, on: .read, block: 2))
        #expect(try drive.get() == .block(0))
        let changed = try drive.get()
        #expect(changed != .block(1) && changed != .tooLarge)
        #expect(fault { _ = try drive.get() } == .mediumError)
        #expect(try drive.get() == .filemark)
    }

    @Test("F5 cleaning is wanted until a cleaning cartridge was in; a used up one is told")
    func cleaning() throws {
        let shelf = try VirtualShelf(media: [VirtualShelf.small("TST001L9"), .cleaning(barcode: "CLN001L1", uses: 1)])
        let changer = VirtualChanger(shelf.library)
        let drive = try shelf.loaded()
        shelf.faults.add(TapeFaultRule(.wantsCleaning, on: .write))
        try drive.put(0)
        #expect(try drive.status().wantsCleaning)
        #expect(try drive.health().alerts == [20])
        try drive.eject()
        try changer.move(from: 256, to: 4096)
        for (uses, alerts) in [(0, []), (0, [22])] {
            try changer.move(from: 4097, to: 256)
            #expect(try drive.status().wantsCleaning == false)
            #expect(try drive.health().alerts == alerts)
            #expect(try shelf.library.medium("CLN001L1").cleaningsLeft == uses)
            try changer.move(from: 256, to: 4097)
        }
    }

    @Test func `faults come from a file in the library's folder too`() throws {
        let shelf = try VirtualShelf()
        let drive = try shelf.loaded()
        let file = URL(filePath: shelf.path + "/library/faults.json")
        try Data(#"[{"effect": "hard_error", "operation": "write", "from": 2}, {"effect": "alert", "amount": 4}]"#.utf8)
            .write(to: file)
        #expect(try drive.put(0))
        #expect(fault { try drive.put(1) } == .mediumError)
        #expect(try drive.put(1))
        #expect(try drive.health().alerts == [4, 6])
        try FileManager.default.removeItem(at: file)
        #expect(try drive.put(2))
    }
}
