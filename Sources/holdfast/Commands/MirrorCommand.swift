import ArgumentParser
import BackupModel

/// `holdfast mirror ...`: what is done with a blob store and its mirror.
struct MirrorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mirror",
        abstract: "Mirror a blob store onto a volume, and prove it.",
        subcommands: [
            MirrorEnrol.self, MirrorScan.self, MirrorRun.self, MirrorStatus.self, MirrorVerify.self,
            MirrorFailures.self, MirrorRequeue.self,
        ])
}

/// What every mirror command takes.
struct MirrorOptions: ParsableArguments {
    @Argument(help: "The mirror's name: [mirror.NAME] in the settings.")
    var name: String

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Answer in JSON.")
    var json = false
}

/// Where the settings are.
struct PlaceOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The settings file.", valueName: "file"))
    var config: String?
}
