import ArgumentParser
import BackupModel

/// Makes a blank tape ours, or one that may be written anew.
struct TapeLabelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "label", abstract: "Label the tape in a drive, or every blank one of a library by its barcode.",
        discussion: """
            A tape that holds something is labelled only when what it holds is named, with --overwrite or on the \
            terminal, and only where the pool allows it: everything on it has expired, or was retired.
            """)

    @Argument(help: "The label. None with --all.")
    var label: String?

    @Option(help: "The pool it belongs to. None: the only one there is.")
    var pool: String?

    @Option(help: "The drive. None: the only one there is.")
    var drive: String?

    @Flag(help: "Every blank of ours in the library's slots gets its barcode as label.")
    var all = false

    @Option(help: "The library for --all. None: the only one there is.")
    var library: String?

    @Option(help: ArgumentHelp("What lies on the tape and is lost: its label, or its barcode.", valueName: "label"))
    var overwrite: String?

    @OptionGroup var tape: TapeOptions

    func validate() throws {
        guard all != (label != nil) else { throw ValidationError("give a label, or --all") }
        guard !all || overwrite == nil else { throw ValidationError("--all labels blank tapes only") }
    }

    func run() async throws {
        let (pool, drive, library, label, overwrite) = (pool, drive, library, label, overwrite)
        try await tape.order { hand in
            guard let label else {
                return .labelAll(library: try hand.library(library), pool: try hand.pool(pool))
            }
            let drive = try hand.drive(drive)
            var typed = overwrite
            // What the station knows of it already; a tape nobody has looked at is judged there.
            if typed == nil, let standing = hand.standing(of: drive), let medium = standing.medium,
                !medium.label.isEmpty
            {
                typed = try TypedName.ask(
                    given: nil, what: "the tape in \(drive) bears the label \(standing.mediumName)",
                    name: standing.mediumName)
            }
            return .label(drive: drive, label: label, pool: try hand.pool(pool), overwriting: typed)
        }
    }
}

struct TapeErase: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Make what lies on the tape in a drive unreadable, label and all.")

    @Option(help: "The drive. None: the only one there is.")
    var drive: String?

    @Flag(name: .customLong("long"), help: "The whole length: hours. Otherwise only its beginning.")
    var isLong = false

    @Option(help: ArgumentHelp("What is lost: its label, or its barcode.", valueName: "label"))
    var overwrite: String?

    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let (name, isLong, overwrite) = (drive, isLong, overwrite)
        try await tape.order { hand in
            let drive = try hand.drive(name)
            let known = hand.standing(of: drive)?.mediumName ?? ""
            let typed = try TypedName.ask(
                given: overwrite, what: "everything on the tape in \(drive) is lost", name: known)
            return .erase(drive: drive, typed: typed, isLong: isLong)
        }
    }
}
