package import BackupModel
import Foundation
import GRDB

/// What the memory of orders says to one that comes in.
package enum OrderKnown: Hashable, Sendable {
    /// Never seen: it was written down under this number and may be done now.
    case fresh(number: Int64)
    /// Done before, with this result.
    case done(IntentResult)
    /// Begun and not finished.
    case underWay
    /// Another order had this id.
    case taken
}

/// The result of an order, to be written in the same transaction as what it changed.
package struct FinishedOrder: Hashable, Sendable {
    package var number: Int64
    package var result: IntentResult

    package init(number: Int64, result: IntentResult) {
        self.number = number
        self.result = result
    }

    /// Writes the first result and leaves it alone for ever.
    func write(_ db: Database) throws {
        let update = try Prepared(db, "UPDATE audit SET result = ? WHERE number = ? AND result IS NULL")
        update.bind(try json(result), at: 1)
        update.bind(number, at: 2)
        try update.run()
    }
}

/// Who ordered what, when, from where and with what result; also the memory that makes "sent twice" "done once".
///
/// An order is written down before it is carried out, so one whose result was lost with the engine is never carried
/// out again by itself. Calls block: give it a thread of its own.
package struct AuditLog: Sendable {
    private let catalog: Catalog
    private let kept: Int

    /// The newest `kept` entries stay; with 200,000 that is far more than a day of orders.
    package init(_ catalog: Catalog, kept: Int = 200_000) {
        self.catalog = catalog
        self.kept = kept
    }

    /// Writes an order down unless its id is known. `words` say the intent with foreign bytes escaped.
    package func begin(_ order: Order, words: String, at: WallTime) throws(Failure) -> OrderKnown {
        let text = try AuditLog.text(order)
        return try catalog.file.write { db in
            if let known = try known(db, order) { return known }
            let insert = try Prepared(db, "INSERT INTO audit(order_id, at, order_text, words) VALUES(?, ?, ?, ?)")
            insert.bind(order.id, at: 1)
            insert.bind(at.milliseconds, at: 2)
            insert.bind(text, at: 3)
            insert.bind(words, at: 4)
            try insert.run()
            let number = db.lastInsertedRowID
            try prune(db, newest: number)
            return .fresh(number: number)
        }
    }

    /// Writes the result of an order that changed nothing else in the catalog.
    package func finish(_ order: FinishedOrder) throws(Failure) {
        try catalog.file.write { try order.write($0) }
    }

    /// Gives a result to orders that a dead engine left without one; returns how many. For the start of an engine.
    package func closeInterrupted() throws(Failure) -> Int {
        try catalog.file.write { db in
            let update = try Prepared(db, "UPDATE audit SET result = ? WHERE result IS NULL")
            update.bind(try json(IntentResult.refused(AuditLog.interrupted)), at: 1)
            try update.run()
            return db.changesCount
        }
    }

    /// Finished entries before a number (nil: the newest), newest first; at most 200 KiB of them.
    package func page(before: Int64?, limit: Int) throws(Failure) -> [AuditEntry] {
        try catalog.file.read { db in
            let select = try Prepared(
                db,
                """
                SELECT number, at, order_text, words, result FROM audit
                WHERE number < ? AND result IS NOT NULL ORDER BY number DESC LIMIT ?
                """)
            select.bind(before ?? .max, at: 1)
            select.bind(max(0, limit), at: 2)
            var size = PageSize()
            return try select.all { row in
                let order = row.bytes(2), words = row.text(3), result = row.bytes(4)
                guard size.takes(order.count + words.utf8.count + result.count) else { return nil }
                return AuditEntry(
                    number: row.int64(0), at: WallTime(milliseconds: row.int64(1)),
                    order: try JSONDecoder().decode(Order.self, from: Data(order)), words: words,
                    result: try JSONDecoder().decode(IntentResult.self, from: Data(result)))
            }.compactMap { $0 }
        }
    }

    private func known(_ db: Database, _ order: Order) throws -> OrderKnown? {
        let select = try Prepared(db, "SELECT order_text, result FROM audit WHERE order_id = ?")
        select.bind(order.id, at: 1)
        return try select.first { row -> OrderKnown in
            let earlier = try JSONDecoder().decode(Order.self, from: Data(row.bytes(0)))
            guard earlier.intent == order.intent, earlier.by.uid == order.by.uid else { return .taken }
            guard !row.isNull(1) else { return .underWay }
            return .done(try JSONDecoder().decode(IntentResult.self, from: Data(row.bytes(1))))
        }
    }

    private func prune(_ db: Database, newest: Int64) throws {
        let delete = try Prepared(
            db,
            """
            DELETE FROM audit WHERE number IN
                (SELECT number FROM audit WHERE number <= ? AND result IS NOT NULL ORDER BY number LIMIT 100)
            """)
        delete.bind(newest - Int64(kept), at: 1)
        try delete.run()
    }

    /// Bounded, so that one order cannot fill the catalog.
    private static func text(_ order: Order) throws(Failure) -> String {
        guard let text = try? json(order), text.utf8.count <= 64 << 10 else {
            throw Failure(
                code: "ORDER_TOO_LARGE", side: .engine, message: "the order is larger than 64 KiB",
                hint: "Send less text with it.")
        }
        return text
    }

    private static let interrupted = Failure(
        code: "ORDER_INTERRUPTED", side: .engine, message: "the engine ended while it carried this out",
        hint: "Look at what is there now and give the order again if it is still wanted.")
}
