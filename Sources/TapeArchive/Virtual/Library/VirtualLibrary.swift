import BackupModel
import Glibc
import Synchronization
package import WorkerKit

/// A tape library in a plain folder: slots, drives and cartridges that behave in calls and in time like real ones.
///
///     library.json          slots and drives, written once
///     places.json           which cartridge lies where
///     cartridges/BARCODE/   medium.json, index, 0000, 0001, ... (the bytes of each tape file in their order)
///     drives/NAME/          lock (who holds it), drive.json (where the tape stands, counters, alerts)
///     faults.json           what shall go wrong, if anything
///
/// Several processes may use one library; a drive belongs to one of them at a time. Calls block.
package final class VirtualLibrary: Sendable {
    package let faults: TapeFaultPlan
    package let clock: DriveClock
    let plan: LibraryPlan
    let files: any FileCalls
    let root: Descriptor
    let cartridges: Descriptor
    private let time: SystemTime

    /// A drive to build a library with.
    package struct DriveSpec: Hashable, Sendable {
        package var name: String
        package var model: DriveModel
        package init(_ name: String, _ model: DriveModel) {
            self.name = name
            self.model = model
        }
    }

    /// Makes the folder and everything in it; the cartridges lie in the slots in their order.
    package static func create(
        at path: PathBytes, slots: Int, drives: [DriveSpec], cartridges: [MediumRecord], importExport: Int = 1,
        time: SystemTime = .live, files: any FileCalls = LinuxFiles(side: .drive)
    ) throws(TapeFault) {
        let plan = LibraryPlan(
            slots: slots, importExport: importExport,
            drives: drives.enumerated().map {
                LibraryPlan.Drive(name: $1.name, model: $1.model, serial: "VD" + time.randomHex(digits: 8).uppercased())
            }, serial: "VL" + time.randomHex(digits: 8).uppercased())
        try asFault("create library") { () throws(FileError) in try build(plan, path, files) }
        let library = try VirtualLibrary(opening: path, clock: .off, time: time, files: files)
        for cartridge in cartridges { try library.add(cartridge) }
    }

    /// Opens a library that was made before.
    package init(
        opening path: PathBytes, clock: DriveClock, faults: TapeFaultPlan = TapeFaultPlan(),
        time: SystemTime = .live, files: any FileCalls = LinuxFiles(side: .drive)
    ) throws(TapeFault) {
        self.clock = clock
        self.faults = faults
        self.time = time
        self.files = files
        (root, cartridges, plan) = try asFault("open library") { () throws(FileError) in
            let root = try files.openRoot(path)
            do throws(FileError) {
                let plan = try SmallFile(name: Self.planName, folder: root, files: files).read(LibraryPlan.self)
                return (root, try files.open("cartridges", beneath: root, .directory), plan)
            } catch {
                try? files.close(root)
                throw error
            }
        }
    }

    deinit {
        try? files.close(cartridges)
        try? files.close(root)
    }

    static let planName: PathBytes = "library.json"
    static let placesName: PathBytes = "places.json"

    private static func build(
        _ plan: LibraryPlan, _ path: PathBytes, _ files: any FileCalls
    ) throws(FileError) {
        guard let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0 else {
            throw FileError(side: files.side, operation: "create library", errno: EINVAL, path: path)
        }
        let parent = try files.openRoot(PathBytes(path.bytes[..<slash]))
        defer { try? files.close(parent) }
        let name = PathBytes(path.bytes[(slash + 1)...])
        do throws(FileError) { try files.makeDirectory(name, beneath: parent, mode: 0o755) } catch
            where error.errno == EEXIST
        {}
        let root = try files.open(name, beneath: parent, .directory)
        defer { try? files.close(root) }
        try files.makeDirectory("cartridges", beneath: root, mode: 0o755)
        try files.makeDirectory("drives", beneath: root, mode: 0o755)
        for drive in plan.drives {
            try files.makeDirectory(PathBytes("drives/" + drive.name), beneath: root, mode: 0o755)
        }
        try SmallFile(name: placesName, folder: root, files: files).write(json: LibraryState(plan))
        try SmallFile(name: planName, folder: root, files: files).write(json: plan)
        try files.sync(parent)
    }
}

// MARK: Cartridges

extension VirtualLibrary {
    package var driveNames: [String] { plan.drives.map(\.name) }

    /// Every cartridge that lies in an element, with what its memory says.
    package func media() throws(TapeFault) -> [MediumRecord] {
        var found: [MediumRecord] = []
        for barcode in try state().places.compactMap(\.barcode) { found.append(try medium(barcode)) }
        return found
    }

    package func medium(_ barcode: String) throws(TapeFault) -> MediumRecord {
        try asFault("read medium") { () throws(FileError) in
            try Cartridge.readMedium(barcode, in: cartridges, files: files)
        }
    }

    /// Makes a blank cartridge and puts it into the first empty slot, or through the import slot when `importing`.
    package func add(_ medium: MediumRecord, importing: Bool = false) throws(TapeFault) {
        guard !medium.barcode.isEmpty, medium.barcode.utf8.allSatisfy(Self.isBarcodeByte) else {
            throw TapeFault(.system, operation: "add cartridge", detail: "a barcode has letters and digits only")
        }
        var medium = medium
        if medium.nonce.isEmpty { medium.nonce = time.randomHex(digits: 16) }
        try change { state throws(TapeFault) in
            let kind: LibraryElement.Kind = importing ? .importExport : .slot
            guard let place = state.places.firstIndex(where: { $0.kind == kind && $0.barcode == nil }) else {
                throw TapeFault(.elementFull, operation: "add cartridge", detail: "no empty \(kind.rawValue)")
            }
            try asFault("add cartridge") { () throws(FileError) in
                try Cartridge.create(medium, in: cartridges, files: files)
            }
            state.put(medium.barcode, place)
        }
    }

    /// Puts a cartridge that lies outside back into the import slot.
    package func insert(_ barcode: String) throws(TapeFault) {
        _ = try medium(barcode)
        try change { state throws(TapeFault) in
            guard state.index(holding: barcode) == nil,
                let place = state.places.firstIndex(where: { $0.kind == .importExport && $0.barcode == nil })
            else { throw TapeFault(.elementFull, operation: "insert", detail: "no empty import slot for \(barcode)") }
            state.put(barcode, place)
        }
    }

    /// Takes a cartridge out of a slot by hand; its folder stays where it is.
    package func takeOut(_ barcode: String) throws(TapeFault) {
        try change { state throws(TapeFault) in
            guard let place = state.index(holding: barcode), state.places[place].isEjected else {
                throw TapeFault(.elementEmpty, operation: "take out", detail: "\(barcode) is in no slot")
            }
            state.take(place)
        }
    }

    /// Changes what stands on or in a cartridge: its tab, WORM, early warning. Not while a drive has it loaded.
    package func alter(_ barcode: String, _ body: (inout MediumRecord) -> Void) throws(TapeFault) {
        try change { state throws(TapeFault) in
            if let place = state.index(holding: barcode), !state.places[place].isEjected {
                throw TapeFault(.busy, operation: "alter cartridge", detail: "\(barcode) is loaded")
            }
            try asFault("alter cartridge") { () throws(FileError) in
                var medium = try Cartridge.readMedium(barcode, in: cartridges, files: files)
                body(&medium)
                let folder = try files.open(PathBytes(barcode), beneath: cartridges, .directory)
                defer { try? files.close(folder) }
                try SmallFile(name: Cartridge.mediumName, folder: folder, files: files).write(json: medium)
            }
        }
    }

    private static func isBarcodeByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}

// MARK: Places

extension VirtualLibrary {
    func state() throws(TapeFault) -> LibraryState {
        try asFault("inventory") { () throws(FileError) in try readState() }
    }

    private func readState() throws(FileError) -> LibraryState {
        try SmallFile(name: Self.placesName, folder: root, files: files).read(LibraryState.self)
    }

    /// Reads, changes and replaces `places.json`, alone among all processes.
    func change<T: Sendable>(_ body: (inout LibraryState) throws(TapeFault) -> T) throws(TapeFault) -> T {
        let lock = try asFault("lock places") { () throws(FileError) in
            try files.open("places.lock", beneath: root, .readWrite(mode: 0o644))
        }
        defer {
            _ = flock(lock.raw, LOCK_UN)
            try? files.close(lock)
        }
        while flock(lock.raw, LOCK_EX) != 0 && errno == EINTR {}
        var state = try state()
        let before = state
        let value = try body(&state)
        if state != before {
            try asFault("write places") { () throws(FileError) in
                try SmallFile(name: Self.placesName, folder: root, files: files).write(json: state)
            }
        }
        return value
    }
}

/// Calls, and tells a failing file call as what the drive or robot would answer.
func asFault<T>(_ operation: String, _ body: () throws(FileError) -> T) throws(TapeFault) -> T {
    do throws(FileError) { return try body() } catch {
        throw TapeFault(
            .system, operation: operation, detail: "the virtual library's folder: " + error.failure.message,
            errno: error.errno)
    }
}
