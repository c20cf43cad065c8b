import BackupModel
import Foundation
import TapeArchive
import TapeContract
import WorkerKit

/// A virtual library in a temporary folder, in memory where the machine has such a folder; it goes with the test.
final class VirtualShelf: Sendable {
    let path: String
    let faults = TapeFaultPlan()
    let library: VirtualLibrary

    init(
        media: [MediumRecord] = [VirtualShelf.small("TST001L9")], model: DriveModel = .lto9, slots: Int = 4,
        clock: DriveClock = .off
    ) throws {
        path = try VirtualShelf.folder()
        try VirtualLibrary.create(
            at: PathBytes(path + "/library"), slots: slots,
            drives: [.init("one", model), .init("two", model)], cartridges: media)
        library = try VirtualLibrary(opening: PathBytes(path + "/library"), clock: clock, faults: faults)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func small(_ barcode: String, _ generation: TapeGeneration = .lto9) -> MediumRecord {
        MediumRecord(barcode: barcode, generation: generation, capacity: 1 << 20, earlyWarning: 768 << 10)
    }

    static func folder() throws -> String {
        let base = access("/dev/shm", W_OK) == 0 ? "/dev/shm/" : NSTemporaryDirectory()
        let path = base + "holdfast-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// Drive `one` with the cartridge of slot 1 in it, ready.
    func loaded() throws -> VirtualDrive {
        let changer = VirtualChanger(library)
        if try changer.inventory(rescan: false).first(where: { $0.address == 256 })?.isFull == false {
            try changer.move(from: 4096, to: 256)
        }
        return try VirtualDrive("one", of: library)
    }

    var cartridge: String { path + "/library/cartridges/TST001L9" }
}

/// The kind of fault that a call fails with, or nil.
func fault(_ call: () throws -> Void) -> TapeFault.Kind? {
    do { try call() } catch let fault as TapeFault { return fault.kind } catch { return nil }
    return nil
}
