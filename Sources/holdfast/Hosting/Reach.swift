import BackupEngine
import BackupModel
import EngineLink
import Foundation
import Settings

/// How a command reaches the engine of its state folder.
struct Reach {
    /// How long it wants to stay, which decides whose places at the engine it takes.
    enum Stay {
        /// Asks and leaves.
        case brief
        /// Follows what happens, as a console does.
        case console
    }

    let place: CommandPlace
    let settings: HoldfastSettings
    let client: LinkClient

    /// To an engine that runs; `ENGINE_NOT_RUNNING` when none does.
    static func attach(
        _ options: PlaceOptions, via: String = Caller.terminal, stay: Stay = .brief
    ) async throws -> Reach {
        let place = try CommandPlace(options)
        let settings = try place.load().settings
        for folder in place.runtimeFolders(settings) {
            let reach = Reach(place, settings, folder, via, stay)
            let standing = await reach.client.firstStanding()
            if case .attached = standing { return try await reach.checked() }
            await reach.close()
            switch standing {
            // An engine of another state folder serves now where ours once did.
            case .refused(let failure) where failure.code == "OTHER_ENGINE" && folder == place.record.folder: continue
            case .refused(let failure): throw failure
            case .away(_, let reason) where !reason.isAbsence: throw reason
            case .away, .attached: continue
            }
        }
        throw Failure.engineNotRunning
    }

    /// To the engine that runs, or one that is started now.
    static func attachOrStart(_ options: PlaceOptions, via: String, stay: Stay) async throws -> Reach {
        do { return try await attach(options, via: via, stay: stay) } catch let failure as Failure {
            guard failure.code == Failure.engineNotRunning.code else { throw failure }
        }
        let place = try CommandPlace(options)
        let settings = try place.load().settings
        let reach = Reach(place, settings, place.runtimeFolder(settings), via, stay)
        try await reach.start()
        return try await reach.checked()
    }

    /// One look at the engine that runs.
    struct Look {
        var state: EngineState
        var settings: HoldfastSettings
    }

    static func look(_ options: PlaceOptions) async throws -> Look {
        let reach = try await attach(options)
        let state = try await reach.state()
        await reach.close()
        return Look(state: state, settings: reach.settings)
    }

    private init(
        _ place: CommandPlace, _ settings: HoldfastSettings, _ runtimeFolder: String, _ via: String, _ stay: Stay
    ) {
        self.place = place
        self.settings = settings
        var link = LinkClientSettings(
            runtimeFolder: runtimeFolder, stateFolder: Array(place.location.stateFolder.utf8),
            program: Holdfast.version, via: via, wall: { WallTime.now })
        link.isBrief = stay == .brief
        client = LinkClient(link)
    }

    /// Waits until the new engine answers; its own words when it ends instead.
    private func start() async throws {
        let spawn = EngineSpawn(place: place)
        let pid = try spawn.start()
        let isUp = await first(within: .seconds(30)) { standing in
            if case .attached = standing { true } else { false }
        } unless: {
            while !Task.isCancelled, endOfChild(pid) == nil { try? await Task.sleep(for: .milliseconds(20)) }
        }
        guard !isUp else { return }
        let said = (try? String(contentsOfFile: spawn.log, encoding: .utf8))?.suffix(2000) ?? ""
        throw Ended(.failed, words: "holdfast: the engine did not start; it said:\n" + printableLines(String(said)))
    }

    /// Waits until the engine has left; false when it has not in time. It closes its sockets after it has let its state
    /// folder go.
    func isLeft(within limit: Duration) async -> Bool {
        await first(within: limit) { standing in
            switch standing {
            case .attached: false
            case .away(_, let reason): reason.isAbsence
            case .refused: true
            }
        }
    }

    /// Whether the link comes to stand so in time, and before `unless` returns.
    private func first(
        within limit: Duration, _ holds: @escaping @Sendable (EngineLink.LinkStanding) -> Bool,
        unless: (@Sendable () async -> Void)? = nil
    ) async -> Bool {
        let standings = await client.standing()
        return await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                for await standing in standings where holds(standing) { return true }
                return false
            }
            group.addTask {
                try? await Task.sleep(for: limit)
                return false
            }
            if let unless {
                group.addTask {
                    await unless()
                    return false
                }
            }
            let first = await group.next() ?? false
            group.cancelAll()
            return first
        }
    }

    /// A command with other settings than the engine's would mean something else than what is done.
    private func checked() async throws -> Reach {
        for await state in await client.states() {
            guard state.settingsFile.isEmpty || state.settingsFile == place.file else {
                throw Failure(
                    code: "SETTINGS_DIFFER", side: .settings,
                    message: "the engine runs with \(printable(state.settingsFile.utf8))",
                    subject: Array(place.file.utf8),
                    hint: "Leave out --config, or stop the engine and start it with these settings.")
            }
            return self
        }
        throw Failure.engineNotRunning
    }

    /// Leaves the engine; what was ordered goes on.
    func close() async { await client.close() }
    func states() async -> AsyncStream<EngineState> { await client.states() }
    func standing() async -> AsyncStream<EngineLink.LinkStanding> { await client.standing() }

    /// The newest state.
    func state() async throws -> EngineState {
        for await state in await client.states() { return state }
        throw Failure.engineNotRunning
    }

    /// Gives an order; the words of its acceptance.
    @discardableResult
    func order(_ intent: Intent) async throws -> String {
        switch await client.send(intent) {
        case .accepted(let words): return words
        case .refused(let failure): throw failure
        }
    }

    func ask(_ query: Query) async throws -> Answer {
        let answer = await client.ask(query)
        if case .refused(let failure) = answer { throw failure }
        return answer
    }
}

extension Failure {
    static let engineNotRunning = Failure(
        code: "ENGINE_NOT_RUNNING", side: .engine, message: "no engine runs",
        hint: "Start it: holdfast engine start. If one runs, its sockets are elsewhere: set runtime_folder in [engine]."
    )

    /// No engine is there, as against one that is there and cannot or will not.
    fileprivate var isAbsence: Bool {
        code == "ENGINE_STOPS" || (code == "ENGINE_AWAY" && [0, ENOENT, ECONNREFUSED].contains(errno))
    }
}

extension WallTime {
    static var now: WallTime { WallTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

/// Lines of a foreign text, each made harmless.
func printableLines(_ text: String) -> String {
    text.split(separator: "\n").map { "  " + printable($0.utf8) }.joined(separator: "\n")
}

/// Who runs this command, as the audit log has it.
enum Caller {
    static var person: Person {
        let uid = geteuid()
        return Person(user: NSUserName(), uid: uid, via: terminal)
    }

    /// `pts/3`, `ssh from 10.0.0.2`, both, or `command line`.
    static var terminal: String {
        let address = ProcessInfo.processInfo.environment["SSH_CONNECTION"]?.split(separator: " ").first
        let remote = address.map { "ssh from " + String(printable($0.utf8).prefix(45)) }
        var name = [CChar](repeating: 0, count: 64)
        guard ttyname_r(0, &name, name.count) == 0 else { return remote ?? "command line" }
        let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        let place = printable(bytes.starts(with: "/dev/".utf8) ? Array(bytes.dropFirst(5)) : bytes)
        return remote.map { "\(place), \($0)" } ?? place
    }
}
