import BackupEngine
import BackupModel
import Settings

/// A command's hand on the drives: the engine that works, its own or the one that runs, and the state it began with.
struct TapeHand: Sendable {
    let work: WorkingEngine
    let state: EngineState

    /// Opens, works and closes; what was begun is waited for where the engine is our own.
    static func with<T: Sendable>(
        _ place: PlaceOptions, _ body: @Sendable (TapeHand) async throws -> T
    ) async throws -> T {
        let work = try await WorkingEngine.open(place)
        do {
            let value = try await body(try await TapeHand(work))
            await work.close()
            return value
        } catch {
            await work.close()
            throw error
        }
    }

    init(_ work: WorkingEngine) async throws {
        guard !work.settings.drives.isEmpty else { throw Failure.noDrive }
        self.work = work
        for await state in await work.port.states() {
            self.state = state
            return
        }
        throw Failure.engineNotRunning
    }

    /// The drive that is named, or the only one; otherwise a failure that names those there are (J12).
    func drive(_ name: String?) throws(Failure) -> String {
        let names = work.settings.drives.map(\.name)
        if let name {
            if names.contains(name) { return name }
            throw .unknownName("DRIVE_UNKNOWN", "drive", name, names)
        }
        if names.count == 1 { return names[0] }
        throw Failure(
            code: "DRIVE_UNNAMED", side: .settings, message: "there is more than one drive",
            hint: "Name one: \(names.joined(separator: ", ")).")
    }

    /// The library that is named, or the only one.
    func library(_ name: String?) throws(Failure) -> String {
        let names = work.settings.libraries.map(\.name)
        if let name {
            if names.contains(name) { return name }
            throw .unknownName("LIBRARY_UNKNOWN", "library", name, names)
        }
        if names.count == 1 { return names[0] }
        throw Failure(
            code: "LIBRARY_UNNAMED", side: .settings,
            message: names.isEmpty ? "no library is configured" : "there is more than one library",
            hint: names.isEmpty
                ? "Add a [library.NAME] table to the settings." : "Name one: \(names.joined(separator: ", ")).")
    }

    /// The pool that is named, or the only one.
    func pool(_ name: String?) throws(Failure) -> String {
        let names = work.settings.pools.map(\.name)
        if let name {
            if names.contains(name) { return name }
            throw .unknownName("POOL_UNKNOWN", "pool", name, names)
        }
        if names.count == 1 { return names[0] }
        throw Failure(
            code: "POOL_UNNAMED", side: .settings,
            message: names.isEmpty ? "no pool is configured" : "there is more than one pool",
            hint: names.isEmpty
                ? "Add a [pool.NAME] table to the settings." : "Name one with --pool: \(names.joined(separator: ", "))."
        )
    }

    /// The drive as it stands.
    func standing(of drive: String) -> DriveState? { state.tape?.drives.first { $0.name == drive } }

    func ask(_ query: Query) async throws -> Answer {
        let answer = await work.port.ask(query)
        if case .refused(let failure) = answer { throw failure }
        return answer
    }

    func lines(_ query: Query) async throws -> [String] {
        guard case .lines(let lines) = try await ask(query) else { throw Failure.wrongAnswer }
        return lines
    }

    /// Every volume of a pool, or of all.
    func volumes(pool: String?) async throws -> [VolumeRow] {
        var rows: [VolumeRow] = []
        while true {
            guard case .volumes(let page) = try await ask(.volumes(pool: pool, after: rows.last?.id, limit: 200)) else {
                throw Failure.wrongAnswer
            }
            rows += page
            if page.isEmpty { return rows }
        }
    }
}

extension Failure {
    static let noDrive = Failure(
        code: "TAPE_NONE", side: .settings, message: "no tape drive is configured",
        hint: "Add a [drive.NAME] table, and for a virtual one a [library.NAME], to the settings.")

    static let wrongAnswer = Failure(
        code: "ANSWER_UNEXPECTED", side: .engine, message: "the engine answered something else",
        hint: "Engine and command may be of different versions: holdfast engine status")

    static func unknownName(_ code: String, _ kind: String, _ name: String, _ names: [String]) -> Failure {
        Failure(
            code: code, side: .settings, message: "no \(kind) is named \"\(printable(name.utf8))\"",
            subject: Array(name.utf8),
            hint: names.isEmpty ? "There is none in the settings." : "There are: \(names.joined(separator: ", ")).")
    }
}
