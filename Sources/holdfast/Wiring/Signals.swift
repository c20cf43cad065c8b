import Dispatch
import Glibc
import Synchronization

/// Turns the signals that ask for an end into values, so that every run ends by the same path (B29, N6, N7).
final class EndSignals: Sendable {
    private let first = Atomic<Int32>(0)
    private let queue = DispatchQueue(label: "holdfast.signals")
    /// Kept alive for as long as the program listens.
    private let sources = Mutex<[any DispatchSourceSignal]>([])

    /// The first signal that came, or nil.
    var received: Int32? {
        let number = first.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// Listens for SIGINT and SIGTERM and ignores SIGPIPE; calls `body` on the first of them.
    func onEnd(_ body: @escaping @Sendable (Int32) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        let made = [SIGINT, SIGTERM, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in
                let (isFirst, _) = first.compareExchange(expected: 0, desired: number, ordering: .acquiringAndReleasing)
                if isFirst { body(number) }
            }
            source.resume()
            return source
        }
        sources.withLock { $0 = made }
    }
}
