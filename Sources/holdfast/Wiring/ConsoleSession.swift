import BackupEngine
import BackupModel
import EngineLink
import Foundation
import NcursesTerminal
import OperatorConsole
import Settings
import WorkerKit

/// Joins a console to a terminal and to an engine: takes what comes, steps the model, carries effects out, draws.
///
/// The console and the terminal know nothing of the engine, which may as well be behind a socket.
struct ConsoleSession {
    var engine: any EnginePort
    /// How the link to the engine stands; nil when the engine lives in this process.
    var standings: AsyncStream<EngineLink.LinkStanding>?
    var settings = ConsoleSettings()
    var location: SettingsLocation?
    /// Where descriptors 1 and 2 lead while the screen is up.
    var log: String?

    /// Whether there is a terminal that a full screen makes sense on.
    static var canDraw: Bool {
        let term = ProcessInfo.processInfo.environment["TERM"] ?? ""
        return isatty(0) == 1 && isatty(1) == 1 && !term.isEmpty && term != "dumb"
    }

    /// How a session ended.
    enum End {
        case quit
        /// The terminal went away or a signal asked for the end.
        case signal(Int32)
    }

    @discardableResult
    func run() async throws -> End {
        let terminal = try await open()
        var loop = ConsoleLoop(session: self, terminal: terminal)
        let end = await loop.run()
        await terminal.close()
        return end
    }

    private func open() async throws -> NcursesTerminal {
        do throws(TerminalFailure) {
            return try await NcursesTerminal.open(
                TerminalOptions(environment: ProcessInfo.processInfo.environment, log: log))
        } catch {
            throw Ended(error)
        }
    }
}

extension Ended {
    /// Full screen was demanded and cannot be had.
    init(_ failure: TerminalFailure) {
        let reason =
            switch failure {
            case .noTerminal: "there is no terminal"
            case .cannotPlaceCursor(let term): "TERM \"\(printable(term.utf8))\" cannot place the cursor"
            case .unknownTerminal(let term): "TERM \"\(printable(term.utf8))\" is unknown"
            case .inUse: "the screen is in use"
            case .system(let operation, let number): "\(operation): \(String(cString: strerror(number)))"
            }
        self.init(
            .usage,
            words: "holdfast: no full screen: \(reason)\n  do now Use the mirror commands, or demo --headless.")
    }
}
