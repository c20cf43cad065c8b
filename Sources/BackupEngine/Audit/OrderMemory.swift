package import BackupCatalog
package import BackupModel
import Synchronization
package import WorkerKit

/// The place of one order in the audit log; a desk that keeps a change in the catalog writes the result with it.
package final class OrderTicket: Sendable {
    package let number: Int64
    private let recorded = Atomic(false)

    package init(number: Int64) { self.number = number }

    package func finished(_ result: IntentResult) -> FinishedOrder { FinishedOrder(number: number, result: result) }

    /// The result stands in the catalog already.
    package func markRecorded() { recorded.store(true, ordering: .releasing) }
    package var isRecorded: Bool { recorded.load(ordering: .acquiring) }
}

/// Each order once: written down, carried out, its result kept; sent again, whenever, it gets the same result.
///
/// An order whose engine died in the middle is never done again by itself: it is refused as interrupted.
package actor OrderMemory {
    private nonisolated let executor: ThreadExecutor
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let log: AuditLog
    private let time: SystemTime
    private var underWay: [String: UnderWay] = [:]

    private struct UnderWay {
        let order: Order
        let task: Task<IntentResult, Never>
    }

    private init(_ log: AuditLog, time: SystemTime, executor: ThreadExecutor) {
        self.log = log
        self.time = time
        self.executor = executor
    }

    /// Gives orders that a dead engine left in the middle their result.
    package static func open(_ log: AuditLog, time: SystemTime) async throws(Failure) -> OrderMemory {
        _ = try await onThread("audit") { () throws(Failure) in try log.closeInterrupted() }
        let executor: ThreadExecutor
        do throws(ThreadError) { executor = try ThreadExecutor(name: "audit") } catch { throw .noThread(error) }
        return OrderMemory(log, time: time, executor: executor)
    }

    /// Carries an order out by `act` unless it was done before. `words` are the intent for people, escaped.
    ///
    /// Refused without being done when it cannot be written down.
    package func once(
        _ order: Order, words: String, act: @escaping @Sendable (OrderTicket) async -> IntentResult
    ) async -> IntentResult {
        guard OrderMemory.isSound(order.id) else { return .refused(.idRefused) }
        if let other = underWay[order.id] {
            return OrderMemory.isSame(other.order, order) ? await other.task.value : .refused(.idTaken)
        }
        let known: OrderKnown
        do throws(Failure) { known = try log.begin(order, words: words.tidied(1000), at: time.wall()) } catch {
            return .refused(error)
        }
        switch known {
        case .done(let result): return result
        case .taken: return .refused(.idTaken)
        // Its result could not be written.
        case .underWay: return .refused(.unknownEnd)
        case .fresh(let number):
            let ticket = OrderTicket(number: number)
            let task = Task { await self.carryOut(ticket, act) }
            underWay[order.id] = UnderWay(order: order, task: task)
            let result = await task.value
            underWay[order.id] = nil
            return result
        }
    }

    /// Audit entries before a number, newest first.
    package func page(before: Int64?, limit: Int) throws(Failure) -> [AuditEntry] {
        try log.page(before: before, limit: limit)
    }

    private func carryOut(
        _ ticket: OrderTicket, _ act: @Sendable (OrderTicket) async -> IntentResult
    ) async -> IntentResult {
        let result = await act(ticket)
        // What cannot be written here is done all the same; the next engine will call it interrupted.
        if !ticket.isRecorded { try? log.finish(ticket.finished(result)) }
        return result
    }

    private static func isSame(_ a: Order, _ b: Order) -> Bool { a.intent == b.intent && a.by.uid == b.by.uid }

    private static func isSound(_ id: String) -> Bool {
        !id.isEmpty && id.utf8.count <= 64 && id.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}

extension Failure {
    fileprivate static let idRefused = Failure(
        code: "ORDER_ID", side: .engine, message: "an order's id is 1 to 64 visible ASCII characters")
    fileprivate static let idTaken = Failure(
        code: "ORDER_ID_TAKEN", side: .engine, message: "another order had this id",
        hint: "Send each new order with a new random id.")
    fileprivate static let unknownEnd = Failure(
        code: "ORDER_INTERRUPTED", side: .engine, message: "this order was begun and its result is not known",
        hint: "Look at what is there now and give the order again if it is still wanted.")
}
