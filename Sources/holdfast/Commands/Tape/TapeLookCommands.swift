import ArgumentParser
import BackupModel

struct TapeList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ls", abstract: "What lies on a volume, by the catalog; without one, what the tape itself says.",
        discussion: """
            With a volume's label the catalog answers. Without one the tape in the drive is read from where it stands, \
            or at --file, and the names in that tape file are listed.
            """)

    @Argument(help: "The volume: its label or barcode.")
    var volume: String?

    @Option(help: "The drive. None: the only one there is.")
    var drive: String?

    @Option(help: "The tape file; 0 is the label.")
    var file: Int?

    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let (volume, drive, file) = (volume, drive, file)
        try await tape.ask { hand in
            if let volume { return .volumeContents(volume: volume) }
            return .tapeLook(drive: try hand.drive(drive), .names(file: file))
        }
    }
}

struct TapeDumpLabel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dump-label",
        abstract: "The label as it lies on the tape, with how to restore without this program.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.ask { .tapeLook(drive: try $0.drive(name), .label) }
    }
}

struct TapeRead: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "read", abstract: "Copy one tape file into a new file, byte for byte.",
        discussion: "From where the tape stands to the next filemark, or the tape file given with --file.")

    @Argument(help: "The file to make; one that is there is not overwritten.")
    var path: String

    @Option(help: "The drive. None: the only one there is.")
    var drive: String?

    @Option(help: "The tape file; 0 is the label.")
    var file: Int?

    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let (path, name, file) = (CommandPlace.absolute(path), drive, file)
        let words = try await TapeHand.with(tape.place) { hand in
            let drive = try hand.drive(name)
            if let file { try await hand.work.begin(.tape(.motion(drive: drive, .file(file)))) }
            return try await hand.work.begin(.tape(.motion(drive: drive, .read(into: path))))
        }
        if tape.json { Standard.json(["result": words]) } else { Standard.out(words) }
    }
}

struct TapeNext: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "next", abstract: "Which tape of a pool is written next; --explain says why no other is.")

    @Argument(help: "The pool. None: the only one there is.")
    var pool: String?

    @Option(help: "In that drive. None: in any.")
    var drive: String?

    @Flag(help: "Why, and why no other.")
    var explain = false

    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let (pool, drive) = (pool, drive)
        let lines = try await TapeHand.with(tape.place) { hand in
            try await hand.lines(
                .nextTape(pool: try hand.pool(pool), drive: drive == nil ? nil : try hand.drive(drive)))
        }
        let shown = explain ? lines : Array(lines.prefix(1))
        if tape.json { return Standard.json(["lines": shown]) }
        Standard.out(shown.joined(separator: "\n"))
    }
}
