import ArgumentParser
import BackupModel

/// Reads copies back from the volume, longest unproved first, and compares their hashes.
struct MirrorVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read copies back from the volume and compare them with their names.")

    @OptionGroup var mirror: MirrorOptions

    func run() async throws {
        try await MirrorFollower(mirror: mirror).follow(.verifyMirror(name: mirror.name))
    }
}
