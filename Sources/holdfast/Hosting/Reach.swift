import BackupEngine
import BackupModel
import EngineLink
import Foundation
import Settings

/// How a command reaches the engine of its state folder.
struct Reach {
    let place: CommandPlace
    let settings: HoldfastSettings
    let client: LinkClient

    /// To an engine that runs; `ENGINE_NOT_RUNNING` when none does.
    static func attach(_ options: PlaceOptions, via: String = Caller.terminal) async throws -> Reach {
        let reach = try Reach(options, via: via)
        switch await reach.client.firstStanding() {
        case .attached: return try await reach.checked()
        case .refused(let failure): throw failure
        case .away(_, let reason):
            guard reason.errno == ENOENT || reason.errno == ECONNREFUSED || reason.errno == 0 else { throw reason }
            throw Failure.engineNotRunning
        }
    }

    /// To the engine that runs, or one that is started now.
    static func attachOrStart(_ options: PlaceOptions, via: String) async throws -> Reach {
        do { return try await attach(options, via: via) } catch let failure as Failure {
            guard failure.code == Failure.engineNotRunning.code else { throw failure }
        }
        let reach = try Reach(options, via: via)
        try await reach.start()
        return try await reach.checked()
    }

    private init(_ options: PlaceOptions, via: String) throws {
        place = try CommandPlace(options)
        settings = try place.load().settings
        client = LinkClient(
            LinkClientSettings(
                runtimeFolder: place.runtimeFolder(settings), stateFolder: Array(place.location.stateFolder.utf8),
                program: Holdfast.version, via: via, wall: { WallTime.now }))
    }

    /// Waits until the new engine answers; its own words when it ends instead.
    private func start() async throws {
        let spawn = EngineSpawn(place: place)
        let pid = try spawn.start()
        let deadline = ContinuousClock.now + .seconds(30)
        let standings = await client.standing()
        let watch = Task {
            while !Task.isCancelled, ContinuousClock.now < deadline {
                if endOfChild(pid) != nil { return true }
                try? await Task.sleep(for: .milliseconds(20))
            }
            return false
        }
        let attached = Task {
            for await standing in standings {
                switch standing {
                case .attached: return true
                case .refused, .away: continue
                }
            }
            return false
        }
        let isUp = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await attached.value }
            group.addTask {
                _ = await watch.value
                return false
            }
            let first = await group.next() ?? false
            watch.cancel()
            attached.cancel()
            return first
        }
        guard !isUp else { return }
        let said = (try? String(contentsOfFile: spawn.log, encoding: .utf8))?.suffix(2000) ?? ""
        throw Ended(.failed, words: "holdfast: the engine did not start; it said:\n" + printableLines(String(said)))
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
