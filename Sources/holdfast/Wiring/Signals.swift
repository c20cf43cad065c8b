import Dispatch
import Glibc
import Synchronization

/// Turns the signals that ask for an end into values, so that every run ends by the same path (B29, N6, N7).
final class EndSignals: Sendable {
    private let first = Atomic<Int32>(0)
    private let queue = DispatchQueue(label: "holdfast.signals")
    /// Kept alive for as long as the program listens.
    // nonisolated(unsafe): set once by `onEnd`, which is called once, and never read.
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

    /// The first signal that came, or nil.
    var received: Int32? {
        let number = first.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// Listens for these and ignores SIGPIPE; calls `body` on the first of them.
    func onEnd(_ numbers: [Int32] = [SIGINT, SIGTERM, SIGHUP], _ body: @escaping @Sendable (Int32) -> Void) {
        signal(SIGPIPE, SIG_IGN)
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [self] in
                let (isFirst, _) = first.compareExchange(expected: 0, desired: number, ordering: .acquiringAndReleasing)
                if isFirst { body(number) }
            }
            source.resume()
            return source
        }
    }
}

/// Calls its body on each SIGUSR1: a wish for a picture of the screen.
final class PictureSignal {
    private let source: any DispatchSourceSignal

    init(_ body: @escaping @Sendable () -> Void) {
        signal(SIGUSR1, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGUSR1, queue: DispatchQueue(label: "holdfast.picture"))
        source.setEventHandler(handler: body)
        source.resume()
    }

    func cancel() { source.cancel() }
}

/// Calls its body on each SIGHUP: the settings are to be read anew.
final class ReloadSignal {
    private let source: any DispatchSourceSignal

    init(_ body: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "holdfast.reload"))
        source.setEventHandler(handler: body)
        source.resume()
    }

    func cancel() { source.cancel() }
}
