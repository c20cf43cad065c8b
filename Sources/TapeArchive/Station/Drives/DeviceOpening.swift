import BackupModel
import Glibc
import Synchronization
import WorkerKit

/// A virtual library's folder, opened when it is first needed, made where there is none, shared by its drives and its
/// robot.
final class LibraryFolder: Sendable {
    private let settings: LibrarySettings
    private let drives: [DriveSettings]
    private let files: any FileCalls
    private let time: SystemTime
    private let opened = Mutex<VirtualLibrary?>(nil)

    init(_ settings: LibrarySettings, drives: [DriveSettings], files: any FileCalls, time: SystemTime) {
        self.settings = settings
        self.drives = settings.drives.compactMap { name in drives.first { $0.name == name } }
        self.files = files
        self.time = time
    }

    func library() throws(TapeFault) -> VirtualLibrary {
        try opened.withLock { opened throws(TapeFault) in
            if let opened { return opened }
            let path = PathBytes(settings.path)
            let clock = DriveClock.scaled(settings.pace.scale, time)
            let library: VirtualLibrary
            do throws(TapeFault) {
                library = try VirtualLibrary(opening: path, clock: clock, time: time, files: files)
            } catch  where error.errno == ENOENT {
                try VirtualLibrary.create(
                    at: path, slots: max(LibraryMap.virtualSlots, settings.slots?.last ?? 0),
                    drives: drives.map {
                        .init($0.name, $0.generation.flatMap(DriveModel.of) ?? .lto9)
                    }, cartridges: [], time: time, files: files)
                library = try VirtualLibrary(opening: path, clock: clock, time: time, files: files)
            }
            opened = library
            return library
        }
    }
}

extension LibrarySettings.Pace {
    var scale: TimeScale {
        switch self {
        case .real: .real
        case .x10: .x10
        case .off: .off
        }
    }

    /// How much faster than a real drive's a virtual one's tape runs; nil: it takes no time.
    var factor: Double? {
        switch self {
        case .real: 1
        case .x10: 10
        case .off: nil
        }
    }
}

/// The device of one drive: open from the first need until trouble. One caller at a time uses what it gives; calls block.
final class DriveHandle: Sendable {
    private let opening: @Sendable () throws(TapeFault) -> any TapeDrive
    private let held = Mutex<(any TapeDrive)?>(nil)

    init(_ opening: @escaping @Sendable () throws(TapeFault) -> any TapeDrive) { self.opening = opening }

    func drive() throws(TapeFault) -> any TapeDrive {
        if let drive = held.withLock({ $0 }) { return drive }
        let drive = try opening()
        held.withLock { $0 = drive }
        return drive
    }

    /// Again, behind a drive that was gone (F14).
    func reopen() throws(TapeFault) -> any TapeDrive {
        close()
        return try drive()
    }

    func close() {
        let drive = held.withLock { held in
            defer { held = nil }
            return held
        }
        drive?.close()
    }
}

extension DriveSettings {
    /// What opens the drive: its device, or its place in a virtual library.
    func opening(_ folder: LibraryFolder?) -> @Sendable () throws(TapeFault) -> any TapeDrive {
        let (name, device) = (name, device)
        return { () throws(TapeFault) in
            if let folder { return try VirtualDrive(name, of: try folder.library()) }
            return try LinuxTapeDrive(device)
        }
    }

    /// For the texts on the tape.
    var textDevice: String { device.isEmpty ? "/dev/nst0" : device }
}

extension LibrarySettings {
    /// What opens the robot: of the folder, by its device, or by `mtx` where the device is not ours to open.
    func opening(_ folder: LibraryFolder?) -> @Sendable () throws(TapeFault) -> any TapeChanger {
        let device = changer
        return { () throws(TapeFault) in
            if let folder { return VirtualChanger(try folder.library()) }
            do throws(TapeFault) { return try LinuxChanger(device) } catch  where error.kind != .busy {
                let first = error
                do throws(TapeFault) { return try MtxChanger(device) } catch { throw first }
            }
        }
    }
}

extension TapeGeneration {
    /// Of a drive by its model: `ULTRIUM-TD9`, `Ultrium 6-SCSI`, `VIRTUAL LTO-9`.
    init?(drive identity: DriveIdentity) {
        let model = identity.model.uppercased()
        guard ["ULT", "LTO"].contains(where: model.contains), let digit = model.last(where: \.isASCIIDigit),
            let found = TapeGeneration(rawValue: "LTO-\(digit)"), TapeGeneration.drives.contains(found)
        else { return nil }
        self = found
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
