package import BackupModel
import Foundation
import GRDB

/// An open alert with the code of the event it came from, empty when a condition raised it.
package struct KeptAlert: Hashable, Sendable {
    package var alert: Alert
    package var origin: String

    package init(_ alert: Alert, origin: String) {
        self.alert = alert
        self.origin = origin
    }
}

/// The open alerts, so that acknowledgements and snoozes outlive the engine. Calls block.
package struct AlertStore: Sendable {
    private let catalog: Catalog

    package init(_ catalog: Catalog) { self.catalog = catalog }

    /// Open alerts in order of id, and the highest id ever given.
    package func restore() throws(Failure) -> (kept: [KeptAlert], lastID: Int) {
        try catalog.file.read { db in
            let select = try Prepared(db, "SELECT alert, origin FROM alerts ORDER BY id")
            let kept = try select.all { row in
                KeptAlert(try JSONDecoder().decode(Alert.self, from: Data(row.bytes(0))), origin: row.text(1))
            }
            return (kept, try lastUsed(db, "alerts"))
        }
    }

    /// Writes changed alerts and drops cleared ones, with the result of the order that did it, in one transaction.
    package func save(
        _ changed: [KeptAlert], cleared: [Int] = [], finishing order: FinishedOrder? = nil
    ) throws(Failure) {
        guard !changed.isEmpty || !cleared.isEmpty || order != nil else { return }
        try catalog.file.write { db in
            let save = try Prepared(db, "INSERT OR REPLACE INTO alerts(id, alert, origin) VALUES(?, ?, ?)")
            for kept in changed {
                save.bind(kept.alert.id, at: 1)
                save.bind(try json(kept.alert), at: 2)
                save.bind(kept.origin, at: 3)
                try save.run()
            }
            let drop = try Prepared(db, "DELETE FROM alerts WHERE id = ?")
            for id in cleared {
                drop.bind(id, at: 1)
                try drop.run()
            }
            if let order { try order.write(db) }
        }
    }
}

/// When engines began and ended on this state folder; one that did not end by itself crashed. Calls block.
package struct EngineLives: Sendable {
    private let catalog: Catalog

    package init(_ catalog: Catalog) { self.catalog = catalog }

    /// Notes a start; returns when the engine before began if it never noted its end.
    package func begin(at: WallTime) throws(Failure) -> WallTime? {
        try catalog.file.write { db in
            let last = try Prepared(
                db, "SELECT started_at FROM engine_lives WHERE ended_at IS NULL ORDER BY number DESC LIMIT 1")
            let crashed = try last.first { WallTime(milliseconds: $0.int64(0)) }
            try db.execute(sql: "DELETE FROM engine_lives")
            let insert = try Prepared(db, "INSERT INTO engine_lives(started_at) VALUES(?)")
            insert.bind(at.milliseconds, at: 1)
            try insert.run()
            return crashed
        }
    }

    /// Notes an end in order, so that the next start is no alarm.
    package func end(at: WallTime) throws(Failure) {
        try catalog.file.write { db in
            let update = try Prepared(db, "UPDATE engine_lives SET ended_at = ? WHERE ended_at IS NULL")
            update.bind(at.milliseconds, at: 1)
            try update.run()
        }
    }
}
