import ArgumentParser
import BackupModel
import EngineLink
import Settings

/// `holdfast` alone: the full-screen console, attached to the engine; one is started when none runs.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Open the full-screen console (what holdfast does by default).")

    @OptionGroup var place: PlaceOptions

    @Option(help: "A built-in theme, one of your themes folder, or a file.")
    var theme: String?

    func run() async throws {
        guard ConsoleSession.canDraw else { return try await PlainLoop(place: place).run() }
        let reach = try await Reach.attachOrStart(place, via: Caller.terminal, stay: .console)
        var settings = reach.settings.console
        if let theme { settings.theme = theme }
        let session = ConsoleSession(
            engine: reach.client, standings: await reach.standing(), settings: settings,
            location: reach.place.location, log: reach.place.location.logFolder + "/console.log")
        let end = try await session.run()
        // Detached: the engine goes on.
        await reach.close()
        if case .signal(let number) = end { throw Ended(number == 15 ? .terminated : .interrupted) }
    }
}

/// `holdfast plain`: lines instead of a screen, for screen readers, serial lines and cron.
struct PlainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plain", abstract: "Follow the engine in lines and answer by typed words; no cursor movement.")

    @OptionGroup var place: PlaceOptions

    func run() async throws { try await PlainLoop(place: place).run() }
}
