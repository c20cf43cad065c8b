import BackupModel
import Foundation
import TapeArchive
import TapeContract
import Testing

/// The virtual library keeps the contract of drives and changers.
@Suite struct VirtualContractTests {
    @Test(arguments: DriveContract.all)
    func `the virtual drive keeps`(_ rule: DriveContract) throws {
        let folder = try VirtualShelf.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try rule.run(VirtualBench(folder: folder))
    }

    @Test(arguments: ChangerContract.all)
    func `the virtual changer keeps`(_ rule: ChangerContract) throws {
        let folder = try VirtualShelf.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try rule.run(VirtualBench(folder: folder))
    }
}
