import BackupModel
import WorkerKit

/// One drive with its thread: what the station, a supply or an order does with it. A writer that leased it calls the
/// device on its own thread meanwhile, so whoever uses the bay has the drive, by the station's word.
actor DriveBay {
    private let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    nonisolated let settings: DriveSettings
    nonisolated let library: LibrarySettings?
    nonisolated let board: DriveBoard
    nonisolated let handle: DriveHandle
    private let time: SystemTime

    nonisolated var name: String { settings.name }

    init(
        _ settings: DriveSettings, in library: LibrarySettings?, handle: DriveHandle, time: SystemTime
    ) throws(ThreadError) {
        executor = try ThreadExecutor(name: "tape \(settings.name)")
        self.settings = settings
        self.library = library
        self.handle = handle
        self.time = time
        var state = DriveState(name: settings.name, at: time.wall())
        state.device = settings.device
        state.library = library?.name ?? ""
        state.generation = settings.generation?.rawValue ?? ""
        board = DriveBoard(state)
    }

    /// Of the drive; nil where nobody knows.
    nonisolated var generation: TapeGeneration? {
        settings.generation ?? TapeGeneration(drive: board.now.state.identity)
    }

    /// What a stream needs to know of the drive.
    nonisolated var feed: DriveFeed {
        guard let model = generation.flatMap(DriveModel.of), let lowest = model.speeds.first,
            let highest = model.speeds.last
        else { return DriveFeed() }
        guard let factor = library.map({ $0.kind == .virtual ? $0.pace.factor : 1 }) ?? 1 else { return DriveFeed() }
        return DriveFeed(
            range: DriveRange(lowest: lowest * factor, highest: highest * factor), buffer: model.buffer)
    }

    /// Calls the drive; opens it first where it is closed. What the call finds out of the drive stands on the board
    /// afterwards. Throws what `body` throws.
    func use<T: Sendable>(
        as standing: DriveStanding? = nil, _ body: @Sendable (any TapeDrive) throws -> T
    ) throws -> T {
        do {
            let drive = try handle.drive()
            if let standing { board.stand(standing) }
            let value = try body(drive)
            try glance(drive)
            return value
        } catch let fault as TapeFault {
            note(fault)
            throw fault
        } catch {
            if let drive = try? handle.drive() { try? glance(drive) }
            throw error
        }
    }

    /// A look at a drive that nobody uses; nothing where somebody does by now.
    func look() {
        guard board.now.user.isEmpty else { return }
        try? use { _ in }
    }

    func close() { handle.close() }

    /// Status, counters, medium onto the board.
    private func glance(_ drive: any TapeDrive) throws(TapeFault) {
        let status = try drive.status()
        let health = try? drive.health()
        let medium = status.hasMedium && status.isReady ? try? drive.medium() : nil
        let (now, instant) = (time.wall(), time.monotonic() / 1_000_000)
        board.change { face in
            (face.state.identity, face.state.checkedAt, face.lookedAt) = (drive.identity, now, instant)
            face.isDirty = status.wantsCleaning
            if let health { face.state.health = health }
            face.state.standing =
                status.isInitialising ? .initialising : status.isReady ? .ready : status.hasMedium ? .loading : .empty
            if !status.hasMedium { face.forget() }
            if let medium { face.take(medium, status) }
            if face.state.generation.isEmpty {
                face.state.generation = TapeGeneration(drive: drive.identity)?.rawValue ?? ""
            }
        }
    }

    private func note(_ fault: TapeFault) {
        let (now, instant) = (time.wall(), time.monotonic() / 1_000_000)
        let words = Words.of(fault)
        board.change { face in
            (face.state.checkedAt, face.lookedAt) = (now, instant)
            switch fault.kind {
            case .busy: face.state.standing = .held(by: fault.detail)
            case .gone, .hardware, .optionRefused:
                face.state.standing = .trouble(words)
                face.state.lastTrouble = DriveTrouble(at: now, words: words, wasRecovered: false)
            case .noMedium, .mediumChanged:
                face.state.standing = .empty
                face.forget()
            case .initialising: face.state.standing = .initialising
            case .notReady: face.state.standing = .loading
            default:
                face.state.standing = .ready
                face.state.lastTrouble = DriveTrouble(at: now, words: words, wasRecovered: false)
            }
        }
        if [.gone, .busy, .optionRefused].contains(fault.kind) { handle.close() }
    }
}

extension DriveBoard.Face {
    /// The cartridge is not there any more.
    mutating func forget() {
        (label, medium, remaining) = (nil, nil, nil)
        state.medium = nil
    }

    mutating func take(_ facts: MediumFacts, _ status: DriveStatus) {
        // Another cartridge than the one whose label was read.
        if let medium, medium.serial != facts.serial || medium.loads != facts.loads { label = nil }
        medium = facts
        var seen = state.medium ?? LoadedMedium()
        if label == nil { (seen.label, seen.pool, seen.words) = ("", "", "") }
        if !facts.barcode.isEmpty { seen.barcode = facts.barcode }
        seen.generation = facts.generation
        seen.capacity = facts.capacity
        seen.isWriteProtected = facts.isWriteProtected || status.isWriteProtected
        seen.isWORM = facts.isWORM
        seen.loads = facts.loads
        state.medium = seen
    }
}
