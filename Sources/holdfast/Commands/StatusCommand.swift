import ArgumentParser
import BackupModel
import OperatorConsole
import Settings

/// The whole state once, for people or as JSON.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "What the engine does, what waits for you, what is late.")

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Answer in JSON: everything a console sees.")
    var json = false

    func run() async throws {
        let look = try await Reach.look(place)
        if json { return Standard.json(look.state) }
        let text = PlainText(utcOffset: look.settings.console.utcOffset)
        for line in text.status(look.state, now: look.state.at) { Standard.out(line) }
    }
}

/// State after state as JSON Lines, until it is stopped or the engine ends.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follow the engine: one line for each event, or each state with --json.")

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Each state as one line of JSON.")
    var json = false

    func run() async throws {
        let reach = try await Reach.attach(place, stay: .console)
        var shown: Int64 = 0
        for await state in await reach.states() {
            if json {
                Standard.json(state)
                continue
            }
            for event in state.recentEvents where event.number > shown {
                Standard.out(event.line)
                shown = event.number
            }
        }
    }
}

extension Event {
    /// `2026-11-21T02:00:01Z WARN  copy nightly BLOB_FAILED: ...`
    var line: String {
        "\(at.iso8601()) \(severity.word.padded(to: 5)) \(component)\(job.isEmpty ? "" : " " + job) \(code): \(message)"
    }
}
