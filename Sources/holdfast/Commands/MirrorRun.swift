import ArgumentParser
import BackupModel

/// Brings the index up to date and copies what is missing, until everything is safe or something needs a person.
struct MirrorRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Copy and prove what the volume does not have yet; goes on where the last run ended.")

    @OptionGroup var mirror: MirrorOptions

    @Flag(help: "Print counts, bytes, time and space, and write nothing.")
    var dryRun = false

    @Option(help: "Blobs made durable together.")
    var batch: Int?

    @Option(help: "Workers that copy at the same time.")
    var workers: Int?

    @Option(help: "Stop after this many blobs.")
    var limit: Int?

    @Option(help: "How a placed blob is proved: none, direct or later.")
    var readBack: ReadBack?

    func validate() throws {
        for (name, value, range) in [("batch", batch, 1...100_000), ("workers", workers, 1...256)] {
            if let value, !range.contains(value) {
                throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound)")
            }
        }
        if let limit, limit < 1 { throw ValidationError("--limit must be at least 1") }
    }

    func run() async throws {
        let overrides = RunOverrides(
            batch: batch, workers: workers, limit: limit, readBack: readBack, dryRun: dryRun)
        guard !dryRun else {
            let intent = Intent.runMirror(name: mirror.name, overrides: overrides)
            guard case .forecast(let report) = try await MirrorInquiry(mirror: mirror).findings(intent) else {
                throw Failure.noFindings
            }
            return mirror.json ? Standard.json(report) : Standard.out(report.text)
        }
        try await MirrorFollower(mirror: mirror).follow(.runMirror(name: mirror.name, overrides: overrides))
    }
}

extension ReadBack: ExpressibleByArgument {}
