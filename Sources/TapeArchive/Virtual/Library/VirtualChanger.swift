package import BackupModel
import WorkerKit

/// The robot of a virtual library.
package final class VirtualChanger: TapeChanger {
    package let identity: DriveIdentity
    private let library: VirtualLibrary

    package init(_ library: VirtualLibrary) {
        self.library = library
        identity = DriveIdentity(
            vendor: "HOLDFAST", model: "VIRTUAL LIBRARY", serial: library.plan.serial, firmware: "0001")
    }

    package func inventory(rescan: Bool) throws(TapeFault) -> [LibraryElement] {
        library.faults.refresh(in: library.root, files: library.files)
        try strike(TapeCall(operation: .inventory))
        let state = try library.state()
        if rescan { pause(Double(state.places.count) * 1.5) }
        let arm = LibraryElement(kind: .arm, address: LibraryState.address(.arm, 0), number: 1)
        return [arm]
            + state.places.map { place in
                LibraryElement(
                    kind: place.kind, address: place.address, number: place.number, isFull: place.barcode != nil,
                    barcode: place.barcode.map(library.faults.shownBarcode) ?? "", source: place.source)
            }
    }

    package func move(from: Int, to: Int) throws(TapeFault) {
        library.faults.refresh(in: library.root, files: library.files)
        let lock = try takeArm()
        defer { lock.release() }
        let moving = try library.state()
        let barcode = moving.index(of: from).flatMap { moving.places[$0].barcode } ?? ""
        try strike(TapeCall(operation: .move, barcode: barcode))
        var trial = moving
        _ = try trial.move(from: from, to: to, at: nil)
        pause(library.plan.drives.map(\.model.armMove).max() ?? 0)
        let now = library.clock.now()
        _ = try library.change { state throws(TapeFault) in try state.move(from: from, to: to, at: now) }
    }

    package func close() {}

    /// The arm does one move at a time, for whichever process.
    private func takeArm() throws(TapeFault) -> InstanceLock {
        do throws(Failure) {
            return try InstanceLock("arm.lock", in: library.root, files: library.files, holder: .current)
        } catch { throw TapeFault(.busy, operation: "move medium", detail: error.message, errno: error.errno) }
    }

    private func strike(_ call: TapeCall) throws(TapeFault) {
        for rule in library.faults.rules(for: call) {
            switch rule.effect {
            case .armTimeout:
                throw TapeFault(
                    .moveFailed, operation: "move medium", detail: "the arm did not answer in time",
                    sense: SenseData(key: 4, code: 0x15, qualifier: 1))
            case .hardware:
                throw TapeFault(
                    .hardware, operation: call.operation.rawValue, detail: "the robot failed",
                    sense: SenseData(key: 4, code: 0x40, qualifier: 0x80))
            case .gone:
                throw TapeFault(.gone, operation: call.operation.rawValue, detail: "the robot is gone")
            case .notReady:
                throw TapeFault(
                    .notReady, operation: call.operation.rawValue, detail: "the door of the library is open",
                    sense: SenseData(key: 2, code: 4, qualifier: 0x83))
            case .delay: pause(Double(rule.amount))
            default: continue
            }
        }
    }

    private func pause(_ seconds: Double) {
        if let now = library.clock.now() { library.clock.wait(now + seconds) }
    }
}
