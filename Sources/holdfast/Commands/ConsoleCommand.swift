import ArgumentParser
import BackupEngine
import BackupModel
import Settings

/// `holdfast` alone: the full-screen console.
struct ConsoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console", abstract: "Open the full-screen console (what holdfast does by default).")

    @OptionGroup var place: PlaceOptions

    @Option(help: "A built-in theme, one of your themes folder, or a file.")
    var theme: String?

    func run() async throws {
        guard ConsoleSession.canDraw else {
            throw Ended(
                .usage,
                words: "holdfast: no full screen: there is no terminal that can place the cursor\n"
                    + "  do now Use the mirror commands: holdfast mirror --help")
        }
        let workplace = try await Workplace.open(place)
        var settings = workplace.settings.console
        if let theme { settings.theme = theme }
        let session = ConsoleSession(
            engine: workplace.engine, settings: settings, location: workplace.location,
            log: workplace.location.logFolder + "/console.log")
        do {
            let end = try await session.run()
            await workplace.engine.close()
            if case .signal(let number) = end { throw Ended(number == 15 ? .terminated : .interrupted) }
        } catch {
            await workplace.engine.close()
            throw error
        }
    }
}
