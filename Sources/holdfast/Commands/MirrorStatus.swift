import ArgumentParser
import BackupCatalog
import BackupModel

/// Where a mirror stands, from its index; works beside a running engine.
struct MirrorStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Where the mirror stands: by state, the last runs, the volume.")

    @OptionGroup var mirror: MirrorOptions

    func run() async throws {
        let looked = try Workplace.look(mirror.place).mirror(mirror.name)
        let uuid = looked.volume.identity.uuid
        let status = MirrorStanding(
            name: mirror.name, source: looked.settings.source, target: looked.settings.target,
            volume: looked.volume, tally: try looked.store.tally(volume: uuid),
            runs: try looked.store.runs(volume: uuid, limit: 5))
        if mirror.json { Standard.json(status) } else { Standard.out(status.text) }
    }
}

/// What `status` answers.
struct MirrorStanding: Codable {
    var name: String
    var source: String
    var target: String
    var volume: IndexedVolume
    var tally: Tally
    var runs: [RunSummary]

    var text: String {
        var lines = [
            "mirror \(name)",
            "  source     \(source)",
            "  target     \(target)",
            "  volume     \(volume.identity.uuid) (\(volume.identity.fileSystem), enrolled"
                + " \(volume.identity.enrolledAt.iso8601()))",
            "  total      \(amount(tally.total))",
            "  safe       \(amount(tally.safe)), of them verified \(amount(tally[.verified]))",
            "  remaining  \(amount(tally.remaining))",
            "  failed     \(amount(tally.failed))",
        ]
        lines += BlobState.allCases.filter { $0.isFailure && tally[$0].count > 0 }
            .map { "             \($0.word): \(amount(tally[$0]))" }
        if runs.isEmpty { lines.append("  no run yet: holdfast mirror run \(name)") }
        lines += runs.map { run in
            "  \(run.kind.rawValue.padded(to: 9))  \(run.startedAt.iso8601())  "
                + (run.result?.words ?? (run.endedAt == nil ? "not ended" : "unknown"))
                + "  \(amount(run.done))"
        }
        return lines.joined(separator: "\n")
    }

    private func amount(_ amount: Amount) -> String {
        Quantity.count(amount.count) + " files, " + Quantity.bytes(amount.bytes)
    }
}
