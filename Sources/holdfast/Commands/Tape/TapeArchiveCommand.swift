import ArgumentParser
import BackupModel
import Settings

/// Writes folders, or one file or device, to tape now.
struct TapeArchiveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive", abstract: "Write folders, or one image, to the tapes of a pool.",
        discussion: """
            A job of the settings does the same on a schedule: kind = "tape.archive". Asks for tapes when one is full \
            or the wrong one lies there; the questions are printed, and holdfast answer, a console or a file answers.
            """)

    @Argument(help: "What to write.")
    var paths: [String]

    @Option(help: "The pool. None: the only one there is.")
    var pool: String?

    @Option(help: "The drive. None: the first free one that can.")
    var drive: String?

    @Option(help: "direct, staged over a spool, or image: one file or device.")
    var strategy = TapeStrategy.direct

    @Option(help: ArgumentHelp("Memory between source and drive: 4 GiB, or 25 %.", valueName: "size"))
    var buffer: String?

    @Option(help: "paced, adaptive, or watermark(80, 20).")
    var policy: FlowRule?

    @Option(help: "Only what matches; may be given more than once.")
    var include: [String] = []

    @Option(help: "Not what matches; may be given more than once.")
    var exclude: [String] = []

    @Flag(help: "Do not follow mounts below the sources.")
    var oneFileSystem = false

    @Option(help: "The folder for the parts of a staged archive.")
    var spool: String?

    @Flag(help: "Print what it would take, bytes, time and tapes, and write nothing.")
    var dryRun = false

    @OptionGroup var tape: TapeOptions

    func validate() throws {
        _ = try size()
        if strategy == .image, paths.count > 1 { throw ValidationError("an image is one file or device") }
        if spool != nil, strategy != .staged { throw ValidationError("--spool is for --strategy staged") }
    }

    func run() async throws {
        var settings = TapeJobSettings()
        settings.sources = paths.map { CommandPlace.absolute($0) }
        settings.strategy = strategy
        (settings.include, settings.exclude, settings.oneFileSystem) = (include, exclude, oneFileSystem)
        settings.spool = spool.map { CommandPlace.absolute($0) }
        let (made, pool, drive, policy, size) = (settings, pool, drive, policy, try size())
        if dryRun {
            return try await tape.ask { hand in
                var settings = made
                settings.pool = try hand.pool(pool)
                return .tapeEstimate(settings, drive: drive == nil ? nil : try hand.drive(drive))
            }
        }
        try await HandRunFollower(tape: tape).follow { hand in
            var settings = made
            settings.pool = try hand.pool(pool)
            return .archive(
                settings, drive: drive == nil ? nil : try hand.drive(drive), policy: policy, buffer: size)
        }
    }

    private func size() throws -> BufferSize? {
        guard let buffer else { return nil }
        if let share = BufferSize(share: buffer) { return share }
        guard let bytes = try? ByteSize.parse(buffer), bytes >= 16 << 20 else {
            throw ValidationError("--buffer takes a size of at least 16 MiB, or a share: 4 GiB, 25 %")
        }
        return .bytes(bytes)
    }
}

/// Reads a volume back: every block, every hash.
struct TapeVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Read a volume back, every block, against its index files and the catalog.")

    @Argument(help: "The volume: its label or barcode.")
    var volume: String

    @Option(help: "The drive. None: the first free one that can.")
    var drive: String?

    @OptionGroup var tape: TapeOptions

    func run() async throws {
        let (volume, drive) = (volume, drive)
        try await HandRunFollower(tape: tape).follow { hand in
            .verify(volume: volume, drive: drive == nil ? nil : try hand.drive(drive))
        }
    }
}

extension TapeStrategy: ExpressibleByArgument {}
