package import BackupCatalog
package import BackupModel
import Synchronization
import WorkerKit

/// The memory of what happened: numbers events, keeps them in the catalog, writes the log file, holds the newest.
///
/// Events come from any thread by `post`, which never blocks; one consumer gives them their order. What waits when the
/// catalog is free goes into one transaction.
package actor EventLog {
    private nonisolated let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let catalog: Catalog
    private nonisolated let censor: Censor
    private let file: JSONLinesFile?
    private let onEvent: @Sendable (Event) async -> Void
    private nonisolated let posted = Mutex<[Event]>([])
    private nonisolated let bell: AsyncStream<Void>.Continuation
    private let bells: AsyncStream<Void>
    private let onKept: @Sendable (Event) -> Void
    private var consumer: Task<Void, Never>?
    private(set) package var recent: [Event] = []
    /// Events the catalog would not take; they are in the log file and on the screen only.
    private(set) package var unkept = 0

    /// `onEvent` is told of each event after it was numbered and kept; `onKept` before it, on the log's own thread, which
    /// may block.
    package init(
        catalog: Catalog, logPath: String?, keeping: LogKeeping = LogKeeping(), censor: Censor = Censor(),
        onKept: @escaping @Sendable (Event) -> Void = { _ in },
        onEvent: @escaping @Sendable (Event) async -> Void
    ) throws(Failure) {
        self.onKept = onKept
        do throws(ThreadError) { executor = try ThreadExecutor(name: "events") } catch { throw .noThread(error) }
        self.catalog = catalog
        self.censor = censor
        file = logPath.map { JSONLinesFile(path: $0, keeping: keeping) }
        self.onEvent = onEvent
        (bells, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    }

    package func start() {
        guard consumer == nil else { return }
        recent = ((try? catalog.events(before: nil, limit: EventLog.recentLimit, atLeast: .info)) ?? []).reversed()
        consumer = Task {
            for await _ in bells { await takeAll() }
            await takeAll()
        }
    }

    /// Hands an event over; returns at once.
    package nonisolated func post(_ event: Event) {
        posted.withLock { $0.append(event) }
        bell.yield()
    }

    /// Ends intake and waits until everything posted is kept.
    package func close() async {
        bell.finish()
        await consumer?.value
    }

    /// From the next event on.
    package func obey(_ keeping: LogKeeping) { file?.keeping = keeping }

    package func page(before: Int64?, limit: Int, atLeast: Severity) throws(Failure) -> [Event] {
        try catalog.events(before: before, limit: limit, atLeast: atLeast)
    }

    private func takeAll() async {
        while true {
            let batch = posted.withLock { posted in
                let batch = Array(posted.prefix(EventLog.batchLimit))
                posted.removeFirst(batch.count)
                return batch
            }
            if batch.isEmpty { return }
            for event in keep(batch.map(censor.clean)) {
                recent.append(event)
                file?.append(event)
                onKept(event)
                await onEvent(event)
            }
            if recent.count > EventLog.recentLimit { recent.removeFirst(recent.count - EventLog.recentLimit) }
        }
    }

    private func keep(_ events: [Event]) -> [Event] {
        do throws(Failure) { return try catalog.append(events) } catch {
            unkept += events.count
            return events
        }
    }

    package func since(_ number: Int64, limit: Int) throws(Failure) -> [Event] {
        try catalog.events(after: number, limit: limit)
    }

    private static let batchLimit = 256
    /// `EngineState` carries this many; the rest is asked for.
    private static let recentLimit = 200
}
