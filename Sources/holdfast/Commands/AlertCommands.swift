import ArgumentParser
import BackupModel

/// What a person should know or do.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Open alerts; acknowledge or snooze one.",
        subcommands: [AlertList.self, AlertAcknowledge.self, AlertSnooze.self], defaultSubcommand: AlertList.self)
}

struct AlertList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "The open alerts.")

    @OptionGroup var place: PlaceOptions

    @Flag(help: "Answer in JSON.")
    var json = false

    func run() async throws {
        let state = try await Reach.look(place).state
        if json { return Standard.json(state.alerts) }
        let lines = state.alerts.map { $0.line(at: state.at) }
        Standard.out(lines.isEmpty ? "no alert is open" : lines.joined(separator: "\n"))
    }
}

extension Alert {
    /// `3 ERROR nightly JOB_FAILED x2 since ...: message`
    fileprivate func line(at now: WallTime) -> String {
        var line =
            "\(id) \(severity.word) \(subject) \(failure.code)\(count > 1 ? " x\(count)" : "")"
            + " since \(raisedAt.iso8601()): \(failure.message)"
        if let acknowledgement {
            line += "\n    acknowledged by \(acknowledgement.by.user): \(acknowledgement.note)"
        }
        if let snoozedUntil, snoozedUntil > now { line += "\n    silent until \(snoozedUntil.iso8601())" }
        for step in escalation where step.at > now { line += "\n    \(step.channel) is told \(step.at.iso8601())" }
        return line + (failure.hint.isEmpty ? "" : "\n    do now " + failure.hint)
    }
}

struct AlertAcknowledge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Say that you know; it stays until its cause is gone.")

    @Argument(help: "The alert's number.")
    var number: Int

    @Argument(help: "A note for the others.")
    var note: [String] = []

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let reach = try await Reach.attach(place)
        Standard.out(try await reach.order(.acknowledge(alert: number, note: note.joined(separator: " "))))
        await reach.close()
    }
}

struct AlertSnooze: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "snooze", abstract: "Silence an alert for a time.")

    @Argument(help: "The alert's number.")
    var number: Int

    @Argument(help: "How long: 15m, 2h, 1d.")
    var time: String

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        guard let seconds = SpokenTime.seconds(time) else {
            throw Ended(.usage, words: "holdfast: \(printable(time.utf8)) is no time: 15m, 2h, 1d")
        }
        let reach = try await Reach.attach(place)
        Standard.out(try await reach.order(.snooze(alert: number, seconds: seconds)))
        await reach.close()
    }
}

/// Who changed what, and what the engine said.
struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Every order: when, who, from where, what came of it.")

    @OptionGroup var place: PlaceOptions

    @Option(help: "How many, newest first.")
    var limit = 50

    @Flag(help: "Answer in JSON.")
    var json = false

    func run() async throws {
        let reach = try await Reach.attach(place)
        var entries: [AuditEntry] = []
        while entries.count < limit {
            let query = Query.audit(before: entries.last?.number, limit: min(100, limit - entries.count))
            guard case .audit(let page) = try await reach.ask(query), !page.isEmpty else { break }
            entries += page
        }
        await reach.close()
        if json { return Standard.json(entries) }
        Standard.out(entries.map(\.line).joined(separator: "\n"))
    }
}

extension AuditEntry {
    fileprivate var line: String {
        let outcome =
            switch result {
            case .accepted(let words): words
            case .refused(let failure): "refused, " + failure.message
            }
        let person = printable(order.by.user.utf8) + "@" + printable(order.by.via.utf8)
        return "\(number) \(at.iso8601()) \(person) \(words): \(outcome)"
    }
}

/// Holds jobs and mutes alerts for a time with an end.
struct MaintenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance", abstract: "Hold jobs and mute alerts for a time: for 2h, or off.")

    @Argument(help: "How long from now (2h, 1d), or off.")
    var time: String

    @OptionGroup var place: PlaceOptions

    func run() async throws {
        let until: WallTime?
        if time == "off" {
            until = nil
        } else if let seconds = SpokenTime.seconds(time) {
            until = WallTime.now.adding(seconds: seconds)
        } else {
            throw Ended(.usage, words: "holdfast: \(printable(time.utf8)) is no time: 30m, 2h, 1d, or off")
        }
        let reach = try await Reach.attach(place)
        Standard.out(try await reach.order(.maintenance(until: until)))
        await reach.close()
    }
}
