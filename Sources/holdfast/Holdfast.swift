import ArgumentParser
import BackupModel
import Foundation

/// The program: each subcommand is one file in `Commands`.
@main
struct Holdfast: AsyncParsableCommand {
    static let version = "0.1.0"

    static let configuration = CommandConfiguration(
        commandName: "holdfast",
        abstract: "Operator console for backups: watches them live, and never says done before it is.",
        discussion: """
            Without a subcommand it opens the console on the engine, which it starts when none runs.

            Exit status: 0 ok, 1 failed, 2 usage or settings, 3 done with warnings, 75 busy, \
            130 and 143 ended by a signal.
            """,
        version: version,
        subcommands: [
            ConsoleCommand.self, StatusCommand.self, WatchCommand.self, PlainCommand.self, MirrorCommand.self,
            JobCommand.self, ScheduleCommand.self, RequestsCommand.self, AnswerCommand.self, AlertsCommand.self,
            TapeCommand.self, LibraryCommand.self, KeyCommand.self, AuditCommand.self, MaintenanceCommand.self,
            EngineCommand.self, ConfigCommand.self, DoctorCommand.self,
            DemoCommand.self,
        ],
        defaultSubcommand: ConsoleCommand.self)

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let ended as Ended {
            ended.leave()
        } catch let failure as Failure {
            Ended(failure).leave()
        } catch {
            // Wrong usage is 2 everywhere, not the 64 of sysexits.
            let code = exitCode(for: error)
            let text = fullMessage(for: error)
            if code.isSuccess {
                print(text)
                exit(withError: CleanExit.message(""))
            }
            Standard.error(text)
            Ended.leave(.usage)
        }
    }
}
