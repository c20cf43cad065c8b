import ArgumentParser

/// The program: each subcommand is one file in this folder.
@main
struct Holdfast: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "holdfast", abstract: "Operator console for backups.")
}
