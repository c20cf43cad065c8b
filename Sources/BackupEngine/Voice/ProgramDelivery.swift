package import BackupModel
import Foundation
import WorkerKit

/// Delivers over the channels that run a program: a command of the settings, or the desktop's notifier.
package struct ProgramDelivery: Sendable {
    private let redaction: Redaction
    private let host: String

    package init(host: String, redaction: Redaction) {
        self.host = host
        self.redaction = redaction
    }

    package func deliver(_ message: Message, by settings: CommandChannelSettings) async -> DeliveryResult {
        let arguments = Self.arguments(settings.arguments, message, host: host)
        return await run(ChildCommand(arguments, timeout: settings.timeout))
    }

    package func deliverToDesktop(_ message: Message) async -> DeliveryResult {
        let urgency = message.severity == .error ? "critical" : message.severity == .warn ? "normal" : "low"
        var command = ChildCommand(
            ["notify-send", "--app-name=holdfast", "--urgency=\(urgency)", "--", message.subject, message.body],
            timeout: 10)
        // Where the session's bus is.
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY"] {
            command.environment[name] = ProcessInfo.processInfo.environment[name]
        }
        return await run(command)
    }

    /// Placeholders become their values in one pass: what a value holds is never looked at again.
    package static func arguments(_ template: [String], _ message: Message, host: String) -> [String] {
        let values = [
            "{subject}": message.subject, "{body}": message.body, "{severity}": message.severity.word.lowercased(),
            "{id}": message.id, "{host}": host, "{channel}": message.channel, "{topic}": message.topic,
            "{occasion}": message.occasion.rawValue,
        ]
        return template.map { argument in
            var out = ""
            var rest = Substring(argument)
            while let open = rest.firstIndex(of: "{") {
                out += rest[..<open]
                rest = rest[open...]
                let found = values.first { rest.hasPrefix($0.key) }
                out += found?.value ?? "{"
                rest = rest.dropFirst(found?.key.count ?? 1)
            }
            // No argument can hold a zero byte, and one argument has 128 KiB at most.
            return String((out + rest).replacing("\0", with: "").prefix(30_000))
        }
    }

    private func run(_ command: ChildCommand) async -> DeliveryResult {
        do throws(Failure) {
            let result = try await command.run()
            if result.isSuccess { return .delivered }
            let said = redaction.clean(printable(result.errors.bytes.suffix(200)))
            let end =
                switch result.end {
                case _ where result.timedOut: "did not end in time"
                case .exited(let status): "ended with status \(status)"
                case .signalled(let signal): "was ended by signal \(signal)"
                }
            let name = printable((command.arguments.first ?? "").utf8)
            return .again(reason: "\(name) \(end)" + (said.isEmpty ? "" : ": \(said)"), after: nil)
        } catch {
            return .again(reason: redaction.clean(error.message), after: nil)
        }
    }
}

/// Writes the time into a file of the settings, whole or not at all: its age tells whether the engine lives.
package func writeSignOfLife(to path: String, at time: WallTime) async -> DeliveryResult {
    let parts = path.split(separator: "/")
    guard path.hasPrefix("/"), let name = parts.last else {
        return .refused(reason: "no absolute path: \(printable(path.utf8))")
    }
    let folder = "/" + parts.dropLast().joined(separator: "/")
    do {
        try await runBlocking(name: "sign-of-life") {
            let files = LinuxFiles(side: .engine)
            let root = try files.openRoot(PathBytes(folder))
            defer { try? files.close(root) }
            let temporary = PathBytes(".\(name).holdfast-tmp")
            try? files.unlink(temporary, in: root)
            try files.withFile(temporary, beneath: root, .create(mode: 0o644)) { file throws(FileError) in
                try files.writeAll(Array((time.iso8601() + "\n").utf8), to: file)
            }
            try files.replace(temporary, to: PathBytes(String(name)), in: root)
        }
        return .delivered
    } catch {
        let words = (error as? FileError)?.failure.message ?? printable(String(describing: error).utf8)
        return .again(reason: "the sign of life cannot be written: \(words)", after: nil)
    }
}
