package import BackupModel
import Synchronization

/// A robot by its sg device.
package final class LinuxChanger: TapeChanger {
    package let identity: DriveIdentity
    /// The sg device: `/dev/sg2`.
    package let path: String
    private let wire: Mutex<ScsiWire?>
    private let arm: Int

    /// Seconds that a robot may take for one move, and to look at every slot.
    private static let moveTimeout: UInt32 = 600
    private static let scanTimeout: UInt32 = 3600

    /// By any of its names: `/dev/sgN`, `/dev/schN`, or a link to one. Throws `.incompatibleMedium` for no robot.
    package init(_ name: String) throws(TapeFault) {
        path = try ScsiNode(name).generic
        let wire = try ScsiWire(path)
        let inquiry = try wire.ask("inquiry", Inquiry.command, count: 96) { _ in }
        guard Inquiry.deviceType(inquiry) == 8 else {
            throw TapeFault(.system, operation: "open", detail: "\(path) is not a tape robot")
        }
        let serial = try? wire.ask("inquiry", Inquiry.pageCommand(0x80), count: 252) { _ in }
        guard let identity = Inquiry.identity(inquiry, serial: serial) else {
            throw TapeFault(.system, operation: "open", detail: "\(path) does not say who it is")
        }
        self.identity = identity
        let page = try? wire.ask("mode sense", ElementAddresses.command, count: 136) { _ in }
        // 0 means the default arm (SMC-3, 6.6).
        arm = page.flatMap { ElementAddresses($0) }?.arm.lowerBound ?? 0
        self.wire = Mutex(wire)
    }

    package func inventory(rescan: Bool) throws(TapeFault) -> [LibraryElement] {
        let wire = try held()
        if rescan {
            try settled { () throws(TapeFault) in
                try wire.order("initialize element status", [7, 0, 0, 0, 0, 0], timeout: Self.scanTimeout)
            }
        }
        let head = try wire.ask("read element status", ElementStatus.command(count: 8), count: 8) { _ in }
        // 16 MiB less one is the most that fits the field.
        guard let needed = ElementStatus.neededBytes(head), needed < 1 << 24 else {
            throw TapeFault(.system, operation: "read element status", detail: "the robot's answer makes no sense")
        }
        let bytes = try wire.ask("read element status", ElementStatus.command(count: needed), count: needed) { _ in }
        return ElementStatus.elements(bytes)
    }

    package func move(from: Int, to: Int) throws(TapeFault) {
        guard (0...0xffff).contains(from), (0...0xffff).contains(to) else {
            throw TapeFault(.moveFailed, operation: "move medium", detail: "there is no such element")
        }
        let wire = try held()
        let command: [UInt8] =
            [0xa5, 0] + bigEndian(arm, 2) + bigEndian(from, 2) + bigEndian(to, 2) + [0, 0, 0, 0]
        try settled { () throws(TapeFault) in try wire.order("move medium", command, timeout: Self.moveTimeout) }
    }

    package func close() { wire.withLock { $0 = nil } }

    /// Again after a unit attention: a command that met one was not done.
    private func settled(_ body: () throws(TapeFault) -> Void) throws(TapeFault) {
        for _ in 0..<8 {
            do throws(TapeFault) { return try body() } catch  where error.sense.map(SenseMeaning.isAttention) ?? false {
            }
        }
        try body()
    }

    private func held() throws(TapeFault) -> ScsiWire {
        guard let wire = wire.withLock({ $0 }) else {
            throw TapeFault(.gone, operation: "changer", detail: "\(path) is closed")
        }
        return wire
    }
}
