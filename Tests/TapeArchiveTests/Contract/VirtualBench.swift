import BackupModel
import WorkerKit
package import TapeArchive

/// The contract on the virtual library: each case gets a library of its own below a folder.
package final class VirtualBench: DriveBench, ChangerBench {
    private let folder: String
    private var count = 0
    private var library: VirtualLibrary?
    private var drive: VirtualDrive?

    /// `folder`: an absolute path of an empty folder.
    package init(folder: String) { self.folder = folder }

    package let hasButton = true

    package func fresh(_ cartridge: BenchCartridge) throws -> any TapeDrive {
        var medium = MediumRecord(
            barcode: "TST001L9", generation: .lto9, capacity: cartridge.capacity, earlyWarning: cartridge.earlyWarning)
        medium.isWriteProtected = cartridge.isWriteProtected
        let changer = VirtualChanger(try build([medium]))
        try changer.move(from: 4096, to: 256)
        return try open()
    }

    package func fresh() throws -> (changer: any TapeChanger, drive: any TapeDrive) {
        let media = ["TST001L9", "TST002L9"].map {
            MediumRecord(barcode: $0, generation: .lto9, capacity: 8 << 20, earlyWarning: 6 << 20)
        }
        return (VirtualChanger(try build(media)), try open())
    }

    package func reopen(_ drive: any TapeDrive) throws -> any TapeDrive {
        drive.close()
        return try open()
    }

    package func pressButton() throws {
        library?.faults.add(TapeFaultRule(.buttonEject, on: .write))
    }

    private func build(_ media: [MediumRecord]) throws -> VirtualLibrary {
        drive?.close()
        count += 1
        let path = PathBytes(folder + "/library-\(count)")
        try VirtualLibrary.create(
            at: path, slots: 4, drives: [VirtualLibrary.DriveSpec("lto9", .lto9)], cartridges: media)
        let opened = try VirtualLibrary(opening: path, clock: .off)
        library = opened
        return opened
    }

    private func open() throws -> VirtualDrive {
        guard let library else { throw ContractBroken(what: "no library", file: #fileID, line: #line) }
        let opened = try VirtualDrive("lto9", of: library)
        drive = opened
        return opened
    }
}
