package import BackupModel
import Glibc
import Synchronization
import WorkerKit

/// A drive of a virtual library, as Linux `st` with variable blocks would show it.
///
/// Held by one process at a time (`.busy` names the other). What is not synchronised survives a kill, as it does in a
/// real drive; `cutPower` takes it away, as a real power cut does.
package final class VirtualDrive: TapeDrive {
    package let identity: DriveIdentity
    private let session: Mutex<DriveSession?>
    private let lock: InstanceLock
    private let library: VirtualLibrary
    private let folder: Descriptor

    /// Opens the drive of that name, without moving the tape.
    package init(_ name: String, of library: VirtualLibrary) throws(TapeFault) {
        guard let number = library.plan.drives.firstIndex(where: { $0.name == name }) else {
            throw TapeFault(.gone, operation: "open", detail: "the library has no drive \(name)", errno: ENODEV)
        }
        let drive = library.plan.drives[number]
        identity = DriveIdentity(
            vendor: "HOLDFAST", model: "VIRTUAL \(drive.model.generation.rawValue)", serial: drive.serial,
            firmware: "0001")
        let folder = try asFault("open") { () throws(FileError) in
            try library.files.open(PathBytes("drives/" + name), beneath: library.root, .directory)
        }
        do throws(Failure) {
            lock = try InstanceLock("lock", in: folder, files: library.files, holder: .current)
        } catch {
            try? library.files.close(folder)
            throw TapeFault(.busy, operation: "open", detail: error.message, errno: EBUSY)
        }
        self.folder = folder
        self.library = library
        session = Mutex(nil)
        do throws(TapeFault) {
            let opened = try DriveSession(library: library, number: number, folder: folder)
            session.withLock { $0 = opened }
        } catch {
            lock.release()
            throw error
        }
    }

    deinit {
        close()
        try? library.files.close(folder)
    }

    package func close() {
        session.withLock { session in
            session?.close()
            session = nil
        }
        lock.release()
    }

    /// Simulates a power cut: of what was not synchronised, the last bytes, as many as the drive's buffer holds, are
    /// gone. The drive must be opened anew.
    package func cutPower() {
        session.withLock { session in
            session?.cutPower()
            session = nil
        }
        lock.release()
    }

    /// Stops, back-hitches and under-runs since the drive was opened.
    package var motion: Streaming.Counters { session.withLock { $0?.streaming.counters ?? Streaming.Counters() } }

    private func with<T: Sendable>(
        _ operation: String, _ body: (inout DriveSession) throws(TapeFault) -> T
    ) throws(TapeFault) -> T {
        try session.withLock { session throws(TapeFault) in
            guard session != nil else { throw TapeFault(.gone, operation: operation, detail: "closed", errno: ENODEV) }
            // The copy is put back even when the call fails: what it changed has happened.
            guard var open = session.take() else { throw TapeFault(.gone, operation: operation, errno: ENODEV) }
            defer { session = open }
            return try body(&open)
        }
    }
}

extension VirtualDrive {
    package func status() throws(TapeFault) -> DriveStatus {
        try with("status") { s throws(TapeFault) in try s.status() }
    }
    package func position() throws(TapeFault) -> TapePosition {
        try with("position") { s throws(TapeFault) in try s.position() }
    }
    package func load() throws(TapeFault) { try with("load") { s throws(TapeFault) in try s.load() } }
    package func rewind() throws(TapeFault) { try with("rewind") { s throws(TapeFault) in try s.rewind() } }
    package func eject() throws(TapeFault) { try with("eject") { s throws(TapeFault) in try s.eject() } }
    package func locate(_ block: Int64) throws(TapeFault) {
        try with("locate") { s throws(TapeFault) in try s.locate(block) }
    }
    package func spaceFilemarks(_ count: Int) throws(TapeFault) {
        try with("space") { s throws(TapeFault) in try s.spaceFilemarks(count) }
    }
    package func spaceBlocks(_ count: Int) throws(TapeFault) {
        try with("space") { s throws(TapeFault) in try s.spaceBlocks(count) }
    }
    package func toEndOfData() throws(TapeFault) {
        try with("space") { s throws(TapeFault) in try s.toEndOfData() }
    }
    package func write(_ block: UnsafeRawBufferPointer) throws(TapeFault) -> BlockWritten {
        try with("write") { s throws(TapeFault) in try s.write(block) }
    }
    package func writeFilemarks(_ count: Int, immediate: Bool) throws(TapeFault) {
        try with("write filemarks") { s throws(TapeFault) in try s.writeFilemarks(count, immediate: immediate) }
    }
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(TapeFault) -> BlockRead {
        try with("read") { s throws(TapeFault) in try s.read(into: buffer) }
    }
    package func erase(long: Bool) throws(TapeFault) {
        try with("erase") { s throws(TapeFault) in try s.erase(long: long) }
    }
    package func retension() throws(TapeFault) { try with("retension") { s throws(TapeFault) in try s.retension() } }
    package func lockDoor(_ isLocked: Bool) throws(TapeFault) {
        try with("lock door") { s throws(TapeFault) in try s.lockDoor(isLocked) }
    }
    package func configure(_ options: DriveOptions) throws(TapeFault) {
        try with("set options") { s throws(TapeFault) in try s.configure(options) }
    }
    package func health() throws(TapeFault) -> DriveHealth {
        try with("health") { s throws(TapeFault) in try s.currentHealth() }
    }
    package func medium() throws(TapeFault) -> MediumFacts {
        try with("medium") { s throws(TapeFault) in try s.mediumFacts() }
    }
}

extension InstanceLock.Holder {
    /// This process, for people who wonder who holds a drive.
    static var current: InstanceLock.Holder {
        InstanceLock.Holder(
            pid: getpid(), since: SystemTime.live.wall(),
            command: printable(CommandLine.arguments.joined(separator: " ").utf8))
    }
}
