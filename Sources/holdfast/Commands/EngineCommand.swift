import BackupEngine
import Settings
import ArgumentParser
import BackupModel
import EngineLink
import Foundation

/// `holdfast engine ...`: the process that works while nobody looks.
struct EngineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "engine", abstract: "Start, stop and look at the engine that does the work.",
        subcommands: [
            EngineStart.self, EngineStop.self, EngineStatus.self, EngineRun.self, EngineDrain.self, EngineInstall.self,
        ])
}

/// In the foreground, for systemd and containers.
struct EngineRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run the engine in the foreground, as systemd and containers want it.")

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        try await EngineHost(place: CommandPlace(place), notify: ServiceNotify(environment: environment)).run()
    }
}

/// In the background, in a session of its own.
struct EngineStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Start the engine in the background, unless it runs already.")

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let reach = try await Reach.attachOrStart(place, via: Caller.terminal, stay: .brief)
        let state = try await reach.state()
        Standard.out("engine \(state.version) runs since \(state.startedAt.iso8601())")
        await reach.close()
    }
}

/// Ends it cleanly: runs stop where nothing is lost.
struct EngineStop: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop the engine; runs end cleanly and can be resumed.")

    @OptionGroup var place: PlaceOptions

    @Option(help: "Seconds to wait for its end.")
    var timeout = 120

    func run() async throws {
        let reach = try await Reach.attach(place)
        try await reach.order(.stopEngine)
        let isLeft = await reach.isLeft(within: .seconds(timeout))
        await reach.close()
        if isLeft { return Standard.out("engine stopped") }
        throw Ended(.failed, words: "holdfast: the engine still ends its runs; it stops by itself when they are over")
    }
}

/// Whether one runs, and what it does.
struct EngineStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Whether an engine runs, since when, and who watches it.")

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Answer in JSON.")
    var json = false

    func run() async throws {
        let picture = EnginePicture(try await Reach.look(place).state)
        if json { Standard.json(picture) } else { Standard.out(picture.text) }
    }
}

/// Lets what runs end and begins nothing.
struct EngineDrain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Let what runs end and begin nothing; --off ends it.")

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Let jobs begin again.")
    var off = false

    func run() async throws {
        let reach = try await Reach.attach(place)
        Standard.out(try await reach.order(.drain(isOn: !off)))
        await reach.close()
    }
}

/// What `engine status` answers.
struct EnginePicture: Codable {
    var version: String
    var host: String
    var startedAt: WallTime
    var running: [String]
    var requests: Int
    var alerts: Int
    var consoles: [AttachedConsole]
    var hold: HoldState

    init(_ state: EngineState) {
        version = state.version
        host = state.host
        startedAt = state.startedAt
        running =
            state.jobs.filter(\.phase.isActive).map(\.name)
            + state.copies.filter(\.phase.isBusy).map { "mirror " + $0.name }
        requests = state.requests.count
        alerts = state.alerts.count
        consoles = state.consoles
        hold = state.hold
    }

    var text: String {
        [
            "engine \(version) on \(host)",
            "  since      \(startedAt.iso8601())",
            "  running    \(running.isEmpty ? "nothing" : running.joined(separator: ", "))",
            "  requests   \(requests) open",
            "  alerts     \(alerts) open",
            "  consoles   "
                + (consoles.isEmpty
                    ? "none" : consoles.map { "\($0.person.user)@\($0.person.via)" }.joined(separator: ", ")),
            "  jobs       \(hold.words)",
        ].joined(separator: "\n")
    }
}

extension HoldState {
    /// What keeps jobs from starting, or that nothing does.
    var words: String {
        var reasons: [String] = []
        if let stopFile { reasons.append("stopped by the stop file: " + stopFile) }
        if let maintenanceUntil { reasons.append("held for maintenance until \(maintenanceUntil.iso8601())") }
        if isDraining { reasons.append("draining, nothing begins") }
        if let clockFrozen { reasons.append("nothing is deleted: " + clockFrozen) }
        return reasons.isEmpty ? "begin as planned" : reasons.joined(separator: "; ")
    }
}
