import ArgumentParser
import BackupModel

/// Lists every blob that failed, with the reason, the tries and the side.
struct MirrorFailures: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "failures", abstract: "List what failed: reason, tries, side.")

    @OptionGroup var mirror: MirrorOptions

    func run() async throws {
        let workplace = try await Workplace.look(mirror.place)
        let index = try workplace.index(of: mirror.name)
        var after: BlobID?
        var count = 0
        repeat {
            let page = try await index.failures(after: after, limit: 1000)
            for row in page { Standard.show(row, json: mirror.json) }
            count += page.count
            after = page.last?.id
            if page.count < 1000 { break }
        } while true
        if count == 0, !mirror.json { Standard.out("no failures") }
    }
}

extension Standard {
    fileprivate static func show(_ row: BlobFailure, json: Bool) {
        guard !json else { return Standard.json(row) }
        out(
            "\(row.id)  \(row.state.word)  \(row.failure.side.rawValue)  tries \(row.attempts)"
                + "  \(row.at.iso8601())  \(FailureText(failure: row.failure).line)")
    }
}
