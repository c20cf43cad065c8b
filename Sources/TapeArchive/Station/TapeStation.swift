package import BackupCatalog
package import BackupModel
import Synchronization
package import WorkerKit

/// All drives and robots of one engine: who has which, what lies where, and what is done with them.
///
/// It has a thread of its own, for the catalog's calls; each drive and each robot has another, so that one that hangs
/// keeps nobody waiting but those who wait for it.
package actor TapeStation: DriveLending {
    private let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    let catalog: Catalog
    let tapes: TapeCatalog
    let files: any FileCalls
    let time: SystemTime
    let pace: StationPace
    let person: any TapeOperator
    private let events: @Sendable (Event) -> Void

    private(set) var plan: StationPlan
    private(set) var bays: [DriveBay] = []
    private(set) var robots: [String: Robot] = [:]
    private var folders: [String: LibraryFolder] = [:]
    /// Names of the cartridges' places that are not what their labels say (F18), by barcode.
    var misfiled: [String: String] = [:]
    /// Volumes that a supply is about to load, by their keys: the drive. Nobody else's choice.
    var promised: [String: String] = [:]
    /// Nonces of volumes whose end was found not to be where the catalog has it; read before they are offered again.
    var unproved: Set<String> = []
    /// Those that this was done for since the station began: not again.
    var settledOnce: Set<String> = []
    private var rounds: Task<Void, Never>?
    private(set) var isClosed = false
    /// Devices of the plan that are taken out of use once they are free.
    private var leaving: Set<String> = []

    /// What `state` reads beside the boards.
    nonisolated let roster = Mutex(Roster())

    struct Roster: Sendable {
        var boards: [DriveBoard] = []
        struct Named: Sendable {
            var name: String
            var robot: Robot
        }
        var robots: [Named] = []
        var shelf = ShelfSight()
        var memoryLeft: Int64 = 0
        /// Grows with each change of what lies where.
        var changes = 0
    }

    /// Opens nothing yet: a device that is missing is a drive in trouble, not an engine that does not start.
    package init(
        _ plan: StationPlan, catalog: Catalog, files: any FileCalls, time: SystemTime, by person: any TapeOperator,
        pace: StationPace = .standard, events: @escaping @Sendable (Event) -> Void
    ) async throws(Failure) {
        do throws(ThreadError) { executor = try ThreadExecutor(name: "tape station") } catch {
            throw Failure(
                code: "NO_THREAD", side: .engine, message: "no thread for the tape station", errno: error.errno)
        }
        self.catalog = catalog
        tapes = TapeCatalog(catalog)
        (self.files, self.time, self.pace, self.person, self.events) = (files, time, pace, person, events)
        self.plan = StationPlan(stateFolder: plan.stateFolder)
        try take(plan)
        // What a dead engine had begun and nothing of which is on tape.
        for words in (try? VolumeSettling.voidUnbegun(tapes)) ?? [] { tell(.warn, "TAPE_VOID", words) }
        if let seconds = pace.round { begin(rounds: seconds) }
    }

    private func begin(rounds seconds: Double) {
        rounds = Task { [weak self] in
            while !Task.isCancelled {
                await self?.round()
                try? await Task.sleep(for: .seconds(seconds))
            }
        }
    }

    /// Makes what the plan has and the station has not; what is at work stays as it is until it is done.
    private func take(_ new: StationPlan) throws(Failure) {
        var kept: [DriveBay] = []
        for settings in new.drives {
            let library = new.libraries.first { $0.drives.contains(settings.name) }
            if let bay = bays.first(where: { $0.name == settings.name }),
                !bay.board.now.user.isEmpty || (bay.settings == settings && bay.library == library)
            {
                kept.append(bay)
                if bay.settings != settings || bay.library != library { leaving.insert(bay.name) }
                continue
            }
            kept.append(try bay(settings, library, new))
        }
        let gone = bays.filter { bay in !kept.contains { $0 === bay } }
        for bay in gone where bay.board.now.user.isEmpty { Task { await bay.close() } }
        bays = kept + gone.filter { !$0.board.now.user.isEmpty }
        try takeLibraries(new)
        plan = new
        try tapes.keep(new.pools)
        let boards = bays.map(\.board)
        var named: [Roster.Named] = []
        for row in new.libraries {
            if let robot = robots[row.name] { named.append(.init(name: row.name, robot: robot)) }
        }
        let all = named
        roster.withLock { roster in
            roster.boards = boards
            roster.robots = all
        }
        refresh()
    }

    private func bay(
        _ settings: DriveSettings, _ library: LibrarySettings?, _ plan: StationPlan
    ) throws(Failure) -> DriveBay {
        let shared = library.flatMap { self.folder($0, plan) }
        do throws(ThreadError) {
            return try DriveBay(settings, in: library, handle: DriveHandle(settings.opening(shared)), time: time)
        } catch { throw Self.noThread(settings.name, error) }
    }

    private func takeLibraries(_ new: StationPlan) throws(Failure) {
        for row in new.libraries {
            if let robot = robots[row.name], plan.libraries.first(where: { $0.name == row.name })?.device == row.device
            {
                Task { await robot.take(row) }
                continue
            }
            do throws(ThreadError) {
                robots[row.name] = try Robot(row, open: row.opening(folder(row, new)))
            } catch { throw Self.noThread(row.name, error) }
        }
        for name in robots.keys where !new.libraries.contains(where: { $0.name == name }) {
            if let robot = robots.removeValue(forKey: name) { Task { await robot.close() } }
        }
    }

    private func folder(_ library: LibrarySettings, _ plan: StationPlan) -> LibraryFolder? {
        guard library.kind == .virtual else { return nil }
        if let folder = folders[library.path] { return folder }
        let folder = LibraryFolder(library, drives: plan.drives, files: files, time: time)
        folders[library.path] = folder
        return folder
    }

    /// The virtual library of that name, opened. Blocks, on the station's thread.
    func virtualLibrary(_ name: String) throws(Failure) -> VirtualLibrary {
        guard let row = plan.libraries.first(where: { $0.name == name }) else {
            throw StationFailure.unknownLibrary(name)
        }
        guard let folder = folder(row, plan) else {
            throw StationFailure.refused(
                "LIBRARY_KIND", name, "library \(name) is a real one: put cartridges in by hand")
        }
        do throws(TapeFault) { return try folder.library() } catch { throw error.failure(name) }
    }

    private static func noThread(_ name: String, _ error: ThreadError) -> Failure {
        Failure(code: "NO_THREAD", side: .engine, message: "no thread for \(name)", errno: error.errno)
    }

    /// New settings: drives that are at work keep theirs until they are done.
    package func reload(_ plan: StationPlan) async throws(Failure) {
        leaving = []
        try take(plan)
    }

    /// Ends what goes on at a sound place and lets go of the devices.
    package func close() async {
        isClosed = true
        rounds?.cancel()
        await rounds?.value
        for bay in bays { bay.board.now.lease?.control?.cancel() }
        // A drive that hangs is not waited for: the system takes its device when the process ends.
        for bay in bays where bay.board.now.user.isEmpty { await bay.close() }
        for robot in robots.values { await robot.close() }
    }

    // MARK: Who has a drive

    func bay(_ name: String) throws(Failure) -> DriveBay {
        guard let bay = bays.first(where: { $0.name == name }) else { throw StationFailure.unknownDrive(name) }
        return bay
    }

    /// Gives the drive to that job or order alone. Throws `DRIVE_BUSY`.
    func reserve(_ name: String, for user: String) throws(Failure) -> DriveBay {
        let bay = try bay(name)
        if isClosed { throw StationFailure.cancelled }
        let now = bay.board.change { face in
            if face.user.isEmpty {
                face.user = user
                return ""
            }
            return face.user
        }
        guard now.isEmpty else { throw StationFailure.busy(name, now) }
        return bay
    }

    func release(_ bay: DriveBay) {
        bay.board.change { ($0.user, $0.lease) = ("", nil) }
        promised = promised.filter { $0.value != bay.name }
        if leaving.remove(bay.name) != nil || !plan.drives.contains(where: { $0.name == bay.name }) {
            bays.removeAll { $0 === bay }
            Task { await bay.close() }
            let plan = plan
            try? take(plan)
        }
        refresh()
    }

    /// Runs an order with a drive to itself.
    func with<T: Sendable>(
        _ name: String, for user: String, _ body: (DriveBay) async throws -> T
    ) async throws(Failure) -> T {
        let bay = try reserve(name, for: user)
        defer { release(bay) }
        do { return try await body(bay) } catch { throw StationFailure.of(error, "drive \(name)") }
    }

    func robot(_ library: String) throws(Failure) -> Robot {
        guard let robot = robots[library] else { throw StationFailure.unknownLibrary(library) }
        return robot
    }

    func pool(_ name: String) throws(Failure) -> Pool {
        guard let pool = plan.pools.first(where: { $0.name == name }) else { throw StationFailure.unknownPool(name) }
        return pool
    }

    // MARK: Events

    func tell(_ severity: Severity, _ code: String, _ message: String, job: String = "", _ failure: Failure? = nil) {
        events(
            Event(
                at: time.wall(), severity: severity, component: "tape", code: code, job: job, message: message,
                failure: failure))
    }
}

extension LibrarySettings {
    /// What makes it another device.
    fileprivate var device: [String] { [kind.rawValue, path, changer] }
}
