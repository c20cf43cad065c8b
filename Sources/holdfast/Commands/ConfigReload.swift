import ArgumentParser
import BackupModel

/// Makes the engine read its settings anew; a file with a mistake changes nothing.
struct ConfigReload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Make the engine read the settings anew; running jobs keep theirs.")

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let reach = try await Reach.attach(place, via: Caller.terminal)
        Standard.out(try await reach.order(.reloadSettings))
        await reach.close()
    }
}
