import BackupModel
import Glibc
import WorkerKit

/// The state of an open virtual drive, and how it answers.
struct DriveSession: Sendable {
    let library: VirtualLibrary
    let number: Int
    let folder: Descriptor

    var cartridge: Cartridge?
    /// Where the tape stands: the logical block that the next call meets.
    var block: Int64 = 0
    /// Blocks said to be written that are not there (planted).
    var claimed: Int64 = 0
    /// False after a locate: the driver does not know the tape file any more.
    var knowsFile = true
    /// The last call wrote a block: the driver writes a filemark before it moves the tape or closes.
    var isWriting = false
    var warning = Warning.none
    /// After a reset: only a rewind, a locate or a load make the position known again.
    var isLost = false
    /// Another cartridge is in the drive, or none, than the caller believes.
    var isChanged = false
    var isGone = false
    /// A block that failed in the drive's buffer, told at the next synchronous filemark.
    var lateError: Int64?
    var streaming: Streaming
    var readyForRead = 0.0
    var health = DriveHealth()
    var wantsCleaning = false
    var place: LibraryState.Place
    private var placesStamp: (inode: UInt64, changed: FileTime)?

    enum Warning: Sendable { case none, due, told }

    var model: DriveModel { library.plan.drives[number].model }
    var name: String { library.plan.drives[number].name }

    init(library: VirtualLibrary, number: Int, folder: Descriptor) throws(TapeFault) {
        self.library = library
        self.number = number
        self.folder = folder
        streaming = Streaming(library.plan.drives[number].model)
        place = try library.state().places[number]
        let memory = try? SmallFile(name: DriveMemory.name, folder: folder, files: library.files).read(DriveMemory.self)
        wantsCleaning = memory?.wantsCleaning ?? false
        let isSameLoad = memory?.changes == place.changes
        try takeIn(counting: !isSameLoad)
        if let memory, isSameLoad, let cartridge {
            block = min(memory.block, cartridge.layout.end)
            knowsFile = memory.knowsFile
            health = memory.health
        }
    }

    mutating func close() {
        if isWriting && !isGone { try? writeFilemarks(1, immediate: false) }
        if place.isLocked { try? lockDoor(false) }
        remember()
        release()
    }

    mutating func cutPower() {
        if let end = cartridge?.layout.end, var tape = cartridge {
            var kept = end
            while kept > tape.durableEnd,
                tape.layout.usedBytes - tape.layout.usedBytes(before: kept - 1) <= model.buffer
            { kept -= 1 }
            try? tape.cut(at: kept)
            cartridge = tape
        }
        release()
        isGone = true
    }

    private mutating func release() {
        cartridge?.close()
        cartridge = nil
    }

    /// What the drive keeps when it is closed. A kill leaves the older one: the tape stands somewhere.
    private func remember() {
        var memory = DriveMemory(changes: place.changes, block: block, knowsFile: knowsFile, health: health)
        memory.wantsCleaning = wantsCleaning
        try? SmallFile(name: DriveMemory.name, folder: folder, files: library.files).write(json: memory)
        try? cartridge?.saveMedium()
    }
}

/// `drive.json`: what a drive knows while nobody has it open.
struct DriveMemory: Hashable, Codable, Sendable {
    static let name: PathBytes = "drive.json"

    var changes: Int64
    var block: Int64
    var knowsFile: Bool
    var health: DriveHealth
    var wantsCleaning = false
}

// MARK: The cartridge comes and goes

extension DriveSession {
    /// Looks whether somebody moved the cartridge since the last call.
    mutating func look() throws(TapeFault) {
        let status = try asFault("status") { () throws(FileError) in
            try library.files.status(at: VirtualLibrary.placesName, beneath: library.root)
        }
        if let stamp = placesStamp, stamp.inode == status.inode, stamp.changed == status.changed { return }
        let seen = try library.state().places[number]
        placesStamp = (status.inode, status.changed)
        if seen.changes == place.changes {
            place = seen
            return
        }
        place = seen
        isChanged = true
        try takeIn(counting: true)
    }

    /// The cartridge in the drive's mouth goes into the mechanism.
    mutating func takeIn(counting: Bool) throws(TapeFault) {
        release()
        (block, claimed, knowsFile, isWriting, warning) = (0, 0, true, false, .none)
        (isLost, lateError) = (false, nil)
        streaming.wound(at: library.clock.now() ?? 0)
        guard let barcode = place.barcode, !place.isEjected else { return }
        if counting {
            let alerts = health.alerts
            health = DriveHealth()
            health.alerts = alerts.filter { Self.cleaningAlerts.contains($0) }
        }
        var tape = try asFault("load") { () throws(FileError) in
            try Cartridge(barcode, in: library.cartridges, files: library.files)
        }
        if counting {
            tape.medium.loads += 1
            if tape.medium.cleaningsLeft != nil { try clean(&tape) }
            try asFault("load") { () throws(FileError) in try tape.saveMedium() }
        }
        if tape.medium.cleaningsLeft == nil { cartridge = tape } else { tape.close() }
    }

    /// A cleaning cartridge cleans and comes out again by itself.
    private mutating func clean(_ tape: inout Cartridge) throws(TapeFault) {
        if let left = tape.medium.cleaningsLeft, left > 0 {
            tape.medium.cleaningsLeft = left - 1
            wantsCleaning = false
            health.alerts.removeAll { Self.cleaningAlerts.contains($0) }
            wait(120)
        } else {
            raise(22)
        }
        try changePlace {
            $0.isEjected = true
            $0.changes += 1
        }
    }

    /// Clean now, clean periodic, expired cleaning medium (TapeAlert, SSC-3 annex A).
    static let cleaningAlerts: Set<Int> = [20, 21, 22]

    mutating func changePlace(_ body: (inout LibraryState.Place) -> Void) throws(TapeFault) {
        let number = number
        place = try library.change { state throws(TapeFault) in
            body(&state.places[number])
            return state.places[number]
        }
    }

    mutating func raise(_ alert: Int) {
        if (1...64).contains(alert), !health.alerts.contains(alert) {
            health.alerts = (health.alerts + [alert]).sorted()
        }
    }

    func wait(_ seconds: Double) {
        if let now = library.clock.now() { library.clock.wait(now + seconds) }
    }
}

// MARK: Before each call

extension DriveSession {
    /// Lets the planted faults strike that are not special to one kind of call, and gives the others back.
    mutating func prepare(_ operation: TapeFaultRule.Operation) throws(TapeFault) -> [TapeFaultRule] {
        let words = operation.rawValue
        if isGone { throw TapeFault(.gone, operation: words, detail: "the drive is gone", errno: ENODEV) }
        library.faults.refresh(in: library.root, files: library.files)
        try look()
        let call = TapeCall(
            operation: operation, drive: name, barcode: place.barcode ?? "", block: block + claimed)
        var rest: [TapeFaultRule] = []
        for rule in library.faults.rules(for: call) {
            if try !strike(rule, words) { rest.append(rule) }
        }
        return rest
    }

    /// Whether the rule is done with.
    private mutating func strike(_ rule: TapeFaultRule, _ words: String) throws(TapeFault) -> Bool {
        switch rule.effect {
        case .alert: raise(rule.amount)
        case .wantsCleaning:
            wantsCleaning = true
            raise(20)
        case .delay: wait(Double(rule.amount))
        case .movedTo:
            block = min(max(0, Int64(rule.amount)), cartridge?.layout.end ?? 0)
            (claimed, isWriting) = (0, false)
        case .gone:
            release()
            isGone = true
            throw TapeFault(.gone, operation: words, detail: "the drive is gone", errno: ENODEV)
        case .powerCut:
            cutPower()
            throw TapeFault(.gone, operation: words, detail: "the power was cut", errno: ENODEV)
        case .busReset:
            (isLost, isWriting, claimed) = (true, false, 0)
            throw TapeFault(
                .gone, operation: words, detail: "the bus was reset", errno: EIO,
                sense: SenseData(key: 6, code: 0x29, qualifier: 0))
        case .buttonEject:
            if place.isLocked { return true }
            try letGo()
            isChanged = true
            throw TapeFault(
                .mediumChanged, operation: words, detail: "the cartridge was ejected at the drive", errno: EIO,
                sense: SenseData(key: 6, code: 0x28, qualifier: 0))
        case .notReady:
            throw TapeFault(
                .notReady, operation: words, detail: "the drive is becoming ready", errno: EBUSY,
                sense: SenseData(key: 2, code: 4, qualifier: 1))
        case .hardware:
            raise(30)
            throw TapeFault(
                .hardware, operation: words, detail: "the drive failed", errno: EIO,
                sense: SenseData(key: 4, code: 0x44, qualifier: 0))
        case .writeProtected: throw Self.protected(words)
        default: return false
        }
        return true
    }

    static func protected(_ words: String) -> TapeFault {
        TapeFault(
            .writeProtected, operation: words, detail: "the cartridge is write-protected", errno: EACCES,
            sense: SenseData(key: 7, code: 0x27, qualifier: 0))
    }

    /// The cartridge is there, ready, of a kind the drive knows, and the one the caller believes it to be.
    mutating func requireTape(_ words: String, positioned: Bool = true) throws(TapeFault) {
        if isChanged {
            throw TapeFault(
                .mediumChanged, operation: words, detail: "the cartridge was changed", errno: EIO,
                sense: SenseData(key: 6, code: 0x28, qualifier: 0))
        }
        guard let medium = cartridge?.medium else {
            throw TapeFault(
                .noMedium, operation: words, detail: "no cartridge in the drive", errno: ENOMEDIUM,
                sense: SenseData(key: 2, code: 0x3a, qualifier: 0))
        }
        if secondsToReady > 0 {
            throw TapeFault(
                medium.isInitialised ? .notReady : .initialising, operation: words,
                detail: medium.isInitialised ? "the drive is becoming ready" : "the cartridge is being initialised",
                errno: EBUSY, sense: SenseData(key: 2, code: 4, qualifier: medium.isInitialised ? 1 : 4))
        }
        guard model.generation.fit(medium.generation) != .unfit else {
            throw TapeFault(
                .incompatibleMedium, operation: words,
                detail: "\(medium.generation.rawValue) in a drive for \(model.generation.rawValue)", errno: EIO,
                sense: SenseData(key: 3, code: 0x30, qualifier: 1))
        }
        try becomeInitialised()
        if positioned && isLost {
            throw TapeFault(.positionLost, operation: words, detail: "the position is not known", errno: EIO)
        }
    }

    /// Seconds on the drive's clock until the cartridge that was put in is ready.
    var secondsToReady: Double {
        guard let now = library.clock.now(), let since = place.loadedAt, since <= now else { return 0 }
        let isFirst = cartridge.map { !$0.medium.isInitialised } ?? false
        let left = since + model.load + (isFirst ? model.firstLoad : 0) - now
        // Less than the clock's own grain is nothing.
        return left > 1e-6 ? left : 0
    }

    private mutating func becomeInitialised() throws(TapeFault) {
        guard var tape = cartridge, !tape.medium.isInitialised else { return }
        tape.medium.isInitialised = true
        try asFault("load") { () throws(FileError) in try tape.saveMedium() }
        cartridge = tape
    }

    /// The cartridge comes out of the mechanism; everything the drive holds is written first.
    mutating func letGo() throws(TapeFault) {
        if var tape = cartridge {
            try asFault("eject") { () throws(FileError) in
                try tape.sync()
                try tape.saveMedium()
            }
            cartridge = tape
        }
        release()
        try changePlace {
            $0.isEjected = true
            $0.changes += 1
            $0.loadedAt = nil
        }
        (block, claimed, isWriting, warning) = (0, 0, false, .none)
    }
}
