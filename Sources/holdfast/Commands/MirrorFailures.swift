import ArgumentParser
import BackupCatalog
import BackupModel

/// Lists every blob that failed, with the reason, the tries and the side.
struct MirrorFailures: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failures", abstract: "List what failed: reason, tries, side.")

    @OptionGroup var mirror: MirrorOptions

    func run() async throws {
        let looked = try Workplace.look(mirror.place).mirror(mirror.name)
        var after: BlobID?
        var count = 0
        while true {
            let page = try looked.store.failures(volume: looked.volume.identity.uuid, after: after, limit: pageSize)
            for row in page { show(row) }
            count += page.count
            after = page.last?.id
            guard page.count == pageSize else { break }
        }
        if count == 0, !mirror.json { Standard.out("no failures") }
    }

    private let pageSize = 1000

    private enum CodingKeys: String, CodingKey { case mirror }

    private func show(_ row: BlobFailure) {
        guard !mirror.json else { return Standard.json(row) }
        Standard.out(
            "\(row.id)  \(row.state.word)  \(row.failure.side.rawValue)  tries \(row.attempts)"
                + "  \(row.at.iso8601())  \(FailureText(failure: row.failure).line)")
    }
}
