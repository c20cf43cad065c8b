import CNcurses
import Glibc
package import OperatorConsole
import Synchronization

/// A full screen on the process's terminal. One thread of its own owns curses; every call here returns at once.
package final class NcursesTerminal: Sendable {
    /// Keys and everything else that comes from outside; ends when the screen is closed or lost.
    package let events: AsyncStream<TerminalEvent>
    package let abilities: TerminalAbilities
    private let mailbox: Mailbox
    private let thread: ScreenThread.Shared

    private static let isOpen = Atomic(false)

    private init(opened: ScreenThread.Opened, mailbox: Mailbox, thread: ScreenThread.Shared) {
        abilities = opened.abilities
        events = thread.stream
        self.mailbox = mailbox
        self.thread = thread
    }

    /// Takes the terminal over: alternate screen, raw keys, our signal and crash handlers; descriptors 1 and 2 lead to
    /// the log until `close`.
    package static func open(_ options: TerminalOptions) async throws(TerminalFailure) -> NcursesTerminal {
        guard !options.candidates.isEmpty else { throw .cannotPlaceCursor(term: options.term ?? "") }
        guard isOpen.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else { throw .inUse }
        guard let mailbox = Mailbox() else {
            isOpen.store(false, ordering: .releasing)
            throw .system(operation: "eventfd", errno: errno)
        }
        let shared = ScreenThread.Shared()
        let result = await withCheckedContinuation { continuation in
            ScreenThread.start(options: options, mailbox: mailbox, shared: shared) {
                continuation.resume(returning: $0)
            }
        }
        switch result {
        case .success(let opened): return NcursesTerminal(opened: opened, mailbox: mailbox, thread: shared)
        case .failure(let failure):
            isOpen.store(false, ordering: .releasing)
            throw failure
        }
    }

    /// Columns and rows as last heard of.
    package var size: Size { thread.size }

    /// Frames that reached the terminal; an unchanged picture is none.
    package var framesDrawn: Int { thread.framesDrawn }

    /// Shows the picture soon. A newer one replaces one that is still waiting.
    package func draw(_ grid: Grid, theme: ResolvedTheme) {
        mailbox.leave { $0.frame = Frame(grid: grid, theme: theme) }
    }

    /// Paints everything anew, for when something else has written on the terminal.
    package func redraw() { mailbox.leave { $0.redraws = true } }

    package func bell() { mailbox.leave { $0.rings = true } }

    /// Gives the terminal back and stops the process group, as ^Z does elsewhere; `resumed` tells of the way back.
    package func suspend() { mailbox.leave { $0.suspends = true } }

    /// Puts bytes on the clipboard of whoever looks, by OSC 52. At most 64 KiB: more is not sent.
    ///
    /// - Returns: false when it was too long.
    @discardableResult
    package func copyToClipboard(_ bytes: [UInt8]) -> Bool {
        guard bytes.count <= 65_536 else { return false }
        let sequence = Array("\u{1b}]52;c;".utf8) + Base64.encode(bytes) + [7]
        mailbox.leave { $0.bytes.append(sequence) }
        return true
    }

    /// Leaves the screen and puts everything back. Waits at most a second for a terminal that takes no output.
    package func close() async {
        mailbox.leave { $0.closes = true }
        await thread.ended()
        NcursesTerminal.isOpen.store(false, ordering: .releasing)
    }
}
