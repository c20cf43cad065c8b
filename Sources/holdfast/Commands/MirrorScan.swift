import ArgumentParser
import BackupModel

/// Brings the index up to date with the source and copies nothing.
struct MirrorScan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "List the source into the index; refuses an empty or suddenly smaller one.")

    @OptionGroup var mirror: MirrorOptions

    func run() async throws {
        try await MirrorFollower(mirror: mirror).follow(.scanMirror(name: mirror.name))
    }
}
