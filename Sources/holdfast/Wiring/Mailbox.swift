import NcursesTerminal
import OperatorConsole
import Synchronization

/// What waits for the console: anyone may put a letter in, one loop takes all at once.
///
/// States coalesce, the newest wins; everything else keeps its order and is never lost.
final class Mailbox: Sendable {
    enum Letter: Sendable {
        case message(OperatorConsole.Message)
        case end(ConsoleSession.End)
        /// Somebody wants a picture of the screen.
        case picture
    }

    private let waiting = Mutex<[Letter]>([])
    private let bell: AsyncStream<Void>.Continuation
    /// Rings when something is waiting.
    let rings: AsyncStream<Void>

    init() {
        (rings, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    func put(_ message: OperatorConsole.Message) { put(.message(message)) }

    func put(terminal event: TerminalEvent) {
        switch event {
        case .key(let key): put(.key(key))
        case .paste(let text): put(.paste(Array(text.utf8)))
        case .resized(let size): put(.resize(size))
        case .focus(let isIn): put(.focus(isIn))
        case .resumed: bell.yield()
        case .hangUp: put(.end(.signal(1)))
        case .signal(let number): put(.end(.signal(number)))
        }
    }

    func putPicture() { put(.picture) }

    func takeLetters() -> [Letter] {
        waiting.withLock { waiting in
            defer { waiting = [] }
            return waiting
        }
    }

    /// Throws away keys and pastes that were typed before a dangerous question was seen.
    func dropKeys() {
        waiting.withLock { waiting in
            waiting.removeAll { letter in
                guard case .message(let message) = letter else { return false }
                switch message {
                case .key, .paste: return true
                default: return false
                }
            }
        }
    }

    func close() { bell.finish() }

    private func put(_ letter: Letter) {
        waiting.withLock { waiting in
            if case .message(.state) = letter {
                waiting.removeAll { if case .message(.state) = $0 { true } else { false } }
            }
            waiting.append(letter)
        }
        bell.yield()
    }
}
