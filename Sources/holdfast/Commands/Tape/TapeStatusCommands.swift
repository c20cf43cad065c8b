import ArgumentParser
import BackupModel

struct TapeStatus: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Drives, what lies in them, what they do.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        let tape = try await TapeHand.with(options.tape.place) { hand in
            var tape = hand.state.tape ?? TapeState()
            if let name {
                let drive = try hand.drive(name)
                tape.drives.removeAll { $0.name != drive }
            }
            return tape
        }
        if options.tape.json { return Standard.json(tape) }
        Standard.out(tape.drives.map { DriveText(drive: $0).paragraph }.joined(separator: "\n"))
        for run in tape.byHand where run.result == nil {
            Standard.out("\(run.job): \(run.kind.rawValue) \(run.run) since \(run.startedAt.iso8601())")
        }
        for need in tape.needs { Standard.out("missing for tonight: \(need)") }
    }
}

struct TapeErrors: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "errors", abstract: "What a drive has corrected, could not correct, and says of itself.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        let drives = try await TapeHand.with(options.tape.place) { hand in
            let drives = hand.state.tape?.drives ?? []
            guard let name else { return drives }
            let drive = try hand.drive(name)
            return drives.filter { $0.name == drive }
        }
        if options.tape.json {
            return Standard.json(drives.map { DriveErrors($0) })
        }
        Standard.out(drives.map { DriveText(drive: $0).errors }.joined(separator: "\n"))
    }
}

/// What `errors --json` answers for one drive.
struct DriveErrors: Codable {
    var drive: String
    var health: DriveHealth
    var alerts: [String]
    var lastTrouble: DriveTrouble?

    init(_ state: DriveState) {
        (drive, health, alerts, lastTrouble) = (state.name, state.health, state.alerts, state.lastTrouble)
    }
}

struct TapeHold: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Stop writing after the tape in hand; --off goes on.")
    @OptionGroup var options: DriveOptions
    @Flag(help: "Go on.") var off = false

    func run() async throws {
        let (name, off) = (options.drive, off)
        try await options.tape.order { .holdAfterTape(drive: try $0.drive(name), isOn: !off) }
    }
}

struct TapePolicy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Change when the buffer is written, while it runs.")
    @Argument(help: "paced, adaptive, or watermark(80, 20).") var policy: FlowRule
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let (name, policy) = (options.drive, policy)
        try await options.tape.order { .setFlow(drive: try $0.drive(name), policy: policy) }
    }
}

struct TapeCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "End what a drive does for somebody; what is on tape stays on tape.")
    @OptionGroup var options: DriveOptions

    func run() async throws {
        let name = options.drive
        try await options.tape.order { .cancel(drive: try $0.drive(name)) }
    }
}

extension FlowRule: ExpressibleByArgument {
    /// For the command line: nil for what is no policy.
    package init?(argument: String) {
        guard let rule = try? FlowRule(argument) else { return nil }
        self = rule
    }
}
