import CNcurses
import Glibc
import OperatorConsole
import Synchronization

/// A picture to draw.
struct Frame: Sendable {
    var grid: Grid
    var theme: ResolvedTheme
}

/// What others want of the screen's thread. Of pictures the newest wins; nobody ever waits to leave one.
final class Mailbox: Sendable {
    struct Content: Sendable {
        var frame: Frame?
        var redraws = false
        var rings = false
        var suspends = false
        var closes = false
        var bytes: [[UInt8]] = []
    }

    private struct State: Sendable {
        var content = Content()
        /// Readable when something came; -1 once nobody reads it.
        var waker: Int32
    }

    private let state: Mutex<State>

    /// - Returns: nil without a descriptor to spare.
    init?() {
        let waker = cn_make_waker()
        guard waker >= 0 else { return nil }
        state = Mutex(State(waker: waker))
    }

    var descriptor: Int32 { state.withLock { $0.waker } }

    func leave(_ change: (inout Content) -> Void) {
        state.withLock { state in
            guard state.waker >= 0 else { return }
            change(&state.content)
            cn_wake(state.waker)
        }
    }

    func takeAll() -> Content {
        state.withLock { state in
            cn_hush(state.waker)
            defer { state.content = Content() }
            return state.content
        }
    }

    func close() {
        state.withLock { state in
            Glibc.close(state.waker)
            state.waker = -1
        }
    }
}
