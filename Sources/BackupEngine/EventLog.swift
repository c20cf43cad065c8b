package import BackupCatalog
package import BackupModel
import WorkerKit

/// The memory of what happened: numbers events, keeps them in the catalog, writes the log file, holds the newest.
///
/// Events come from any thread by `post`, which never blocks; one consumer gives them their order.
package actor EventLog {
    private nonisolated let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let catalog: Catalog
    private let file: JSONLinesFile?
    private let onEvent: @Sendable (Event) async -> Void
    private nonisolated let posts: AsyncStream<Event>.Continuation
    private let stream: AsyncStream<Event>
    private var consumer: Task<Void, Never>?
    private(set) package var recent: [Event] = []
    /// Events the catalog would not take; they are in the log file and on the screen only.
    private(set) package var unkept = 0

    /// `onEvent` is told of each event after it was numbered and kept.
    package init(
        catalog: Catalog, logPath: String?, onEvent: @escaping @Sendable (Event) async -> Void
    ) throws(Failure) {
        do throws(ThreadError) { executor = try ThreadExecutor(name: "events") } catch { throw .noThread(error) }
        self.catalog = catalog
        file = logPath.map { JSONLinesFile(path: $0) }
        self.onEvent = onEvent
        (stream, posts) = AsyncStream.makeStream(of: Event.self)
    }

    package func start() {
        guard consumer == nil else { return }
        recent = ((try? catalog.events(before: nil, limit: EventLog.recentLimit, atLeast: .info)) ?? []).reversed()
        consumer = Task { for await event in stream { await take(event) } }
    }

    /// Hands an event over; returns at once.
    package nonisolated func post(_ event: Event) { posts.yield(event) }

    /// Ends intake and waits until everything posted is kept.
    package func close() async {
        posts.finish()
        await consumer?.value
    }

    package func page(before: Int64?, limit: Int, atLeast: Severity) throws(Failure) -> [Event] {
        try catalog.events(before: before, limit: limit, atLeast: atLeast)
    }

    private func take(_ event: Event) async {
        let kept = keep(event)
        recent.append(kept)
        if recent.count > EventLog.recentLimit { recent.removeFirst(recent.count - EventLog.recentLimit) }
        file?.append(kept)
        await onEvent(kept)
    }

    private func keep(_ event: Event) -> Event {
        do throws(Failure) {
            return try catalog.append([event]).first ?? event
        } catch {
            unkept += 1
            return event
        }
    }

    /// `EngineState` carries this many; the rest is asked for.
    private static let recentLimit = 200
}
