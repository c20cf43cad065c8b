import ArgumentParser
import BackupModel

// Moving the tape by hand: each wants the drive free, and says who has it where it is not.

struct TapePositionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "position", abstract: "Where the tape stands.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.ask { .tapeLook(drive: try $0.drive(name), .position) }
    }
}

struct TapeSeek: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "seek", abstract: "Wind to a block, to a tape file, or to the end of what is recorded.")
    @OptionGroup var options: DriveOptions
    @Option(help: "The logical block.") var block: Int64?
    @Option(help: "The tape file; 0 is the label.") var file: Int?
    @Flag(help: "Behind the last of all.") var end = false

    func validate() throws {
        guard [block != nil, file != nil, end].count(where: { $0 }) == 1 else {
            throw ValidationError("give one of --block, --file and --end")
        }
        guard block ?? 0 >= 0, file ?? 0 >= 0 else { throw ValidationError("blocks and files count from 0") }
    }

    func run() async throws {
        let name = options.drive
        let motion: TapeMotion = block.map { .block($0) } ?? file.map { .file($0) } ?? .endOfData
        try await options.tape.order { .motion(drive: try $0.drive(name), motion) }
    }
}

/// How far, in filemarks.
struct FilemarkOptions: ParsableArguments {
    @Option(help: "How many.") var count = 1

    func validate() throws {
        guard (1...1_000_000).contains(count) else { throw ValidationError("--count is 1 to 1000000") }
    }
}

struct TapeForward: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fsf", abstract: "Forward over filemarks, to behind the last of them.")
    @OptionGroup var options: DriveOptions
    @OptionGroup var filemarks: FilemarkOptions

    func run() async throws {
        let (name, count) = (options.drive, filemarks.count)
        try await options.tape.order { .motion(drive: try $0.drive(name), .filemarks(count)) }
    }
}

struct TapeBack: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bsf", abstract: "Back over filemarks, to before the last of them.")
    @OptionGroup var options: DriveOptions
    @OptionGroup var filemarks: FilemarkOptions

    func run() async throws {
        let (name, count) = (options.drive, filemarks.count)
        try await options.tape.order { .motion(drive: try $0.drive(name), .filemarks(-count)) }
    }
}

struct TapeRewind: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rewind", abstract: "To the beginning.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.order { .rewind(drive: try $0.drive(name)) }
    }
}

struct TapeEject: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "eject", abstract: "Out, into somebody's hand.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.order { .eject(drive: try $0.drive(name)) }
    }
}

struct TapeRetension: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retension", abstract: "Wind to the end and back: for tapes that lay long.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.order { .retension(drive: try $0.drive(name)) }
    }
}

struct TapeTune: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tune", abstract: "Measure which block size a drive is quickest with, on a blank tape.",
        discussion: "Writes up to 4 GiB with each size; the tape is blank again afterwards. Set block_size by it.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.order { .tune(drive: try $0.drive(name)) }
    }
}
