package import BackupModel
import Foundation
import GRDB

/// What is where and what happened, in one SQLite file under the same rules as the blob indexes.
///
/// Calls block: give it a thread of its own. All throw `Failure` with side `.catalog`.
package final class Catalog: Sendable {
    let file: SQLiteFile
    private let keptEvents: Int

    /// Opens `path`, making it for `.writing` if there is none; the newest `keptEvents` events are kept.
    package init(
        path: String, access: CatalogAccess = .writing, keptEvents: Int = 200_000, busySeconds: Double = 5,
        now: @Sendable () -> WallTime = currentWallTime
    ) throws(Failure) {
        file = try SQLiteFile(path, kind: .catalog, access: access, busySeconds: busySeconds, now: now)
        self.keptEvents = keptEvents
    }

    package func close() { file.close() }

    /// Why nothing more is written (damage, a replaced file, a failed disk), or nil.
    package var stoppedBy: Failure? { file.stoppedBy }

    // MARK: Events

    /// Keeps events in one transaction and returns them with their numbers, which grow by one and are never used twice
    /// (I12). Old events beyond the bound go in small steps.
    package func append(_ events: [Event]) throws(Failure) -> [Event] {
        guard !events.isEmpty else { return [] }
        return try file.write { db in
            let insert = try Prepared(
                db,
                """
                INSERT INTO events(at, severity, component, code, job, message, failure) VALUES(?, ?, ?, ?, ?, ?, ?)
                """)
            var kept: [Event] = []
            for var event in events {
                insert.bind(event.at.milliseconds, at: 1)
                insert.bind(event.severity.rawValue, at: 2)
                insert.bind(event.component, at: 3)
                insert.bind(event.code, at: 4)
                insert.bind(event.job, at: 5)
                insert.bind(event.message, at: 6)
                insert.bind(try event.failure.map { try json($0) }, at: 7)
                try insert.run()
                event.number = db.lastInsertedRowID
                kept.append(event)
            }
            try prune(db, newest: db.lastInsertedRowID, added: events.count)
            return kept
        }
    }

    /// Events before a number (nil: the newest), newest first.
    package func events(before: Int64?, limit: Int, atLeast: Severity = .debug) throws(Failure) -> [Event] {
        try file.read { db in
            // Two texts: only the first can use the index of grave events.
            let condition = atLeast >= .warn ? "severity >= 2 AND severity >= ?" : "severity >= ?"
            let select = try Prepared(
                db,
                """
                SELECT number, at, severity, component, code, job, message, failure FROM events
                WHERE \(condition) AND number < ? ORDER BY number DESC LIMIT ?
                """)
            select.bind(atLeast.rawValue, at: 1)
            select.bind(before ?? .max, at: 2)
            select.bind(limit, at: 3)
            return try select.all(Catalog.event)
        }
    }

    /// Events after a number, oldest first: what somebody missed.
    package func events(after number: Int64, limit: Int) throws(Failure) -> [Event] {
        try file.read { db in
            let select = try Prepared(
                db,
                """
                SELECT number, at, severity, component, code, job, message, failure FROM events
                WHERE number > ? ORDER BY number LIMIT ?
                """)
            select.bind(number, at: 1)
            select.bind(limit, at: 2)
            return try select.all(Catalog.event)
        }
    }

    /// Numbers are without gaps, so the newest one tells how many are too many.
    private func prune(_ db: Database, newest: Int64, added: Int) throws {
        let delete = try Prepared(
            db,
            "DELETE FROM events WHERE number IN (SELECT number FROM events WHERE number <= ? ORDER BY number LIMIT ?)")
        delete.bind(newest - Int64(keptEvents), at: 1)
        delete.bind(added + 500, at: 2)
        try delete.run()
    }

    private static func event(_ row: Prepared) throws -> Event {
        let failure = row.isNull(7) ? nil : try JSONDecoder().decode(Failure.self, from: Data(row.bytes(7)))
        return Event(
            number: row.int64(0), at: WallTime(milliseconds: row.int64(1)),
            severity: Severity(rawValue: row.int(2)) ?? .error, component: row.text(3), code: row.text(4),
            job: row.text(5), message: row.text(6), failure: failure)
    }

    // MARK: Evidence

    /// Keeps what was proved together, in one transaction, and returns it with its numbers.
    @discardableResult
    package func keep(_ rows: [Evidence]) throws(Failure) -> [Evidence] {
        guard !rows.isEmpty else { return [] }
        return try file.write { db in
            let insert = try Prepared(
                db,
                """
                INSERT INTO evidence(at, job, volume, run, method, result, proved_count, proved_bytes, failed_count,
                    failed_bytes, by) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
            var kept = rows
            for index in kept.indices {
                try Catalog.bind(kept[index], to: insert)
                try insert.run()
                kept[index].number = db.lastInsertedRowID
            }
            return kept
        }
    }

    private static func bind(_ evidence: Evidence, to insert: Prepared) throws {
        insert.bind(evidence.at.milliseconds, at: 1)
        insert.bind(evidence.job, at: 2)
        insert.bind(evidence.volume, at: 3)
        insert.bind(evidence.run?.text, at: 4)
        insert.bind(evidence.method.rawValue, at: 5)
        insert.bind(evidence.result.rawValue, at: 6)
        insert.bind(evidence.proved.count, at: 7)
        insert.bind(evidence.proved.bytes, at: 8)
        insert.bind(evidence.failed.count, at: 9)
        insert.bind(evidence.failed.bytes, at: 10)
        insert.bind(evidence.by, at: 11)
    }

    /// What was proved for a job, newest first, before a number (nil: the newest).
    package func evidence(of job: String, before: Int64? = nil, limit: Int) throws(Failure) -> [Evidence] {
        try file.read { db in
            let select = try Prepared(
                db,
                """
                SELECT number, at, volume, run, method, result, proved_count, proved_bytes, failed_count,
                    failed_bytes, by FROM evidence WHERE job = ? AND number < ? ORDER BY number DESC LIMIT ?
                """)
            select.bind(job, at: 1)
            select.bind(before ?? .max, at: 2)
            select.bind(limit, at: 3)
            return try select.all { try Catalog.evidence($0, job: job) }
        }
    }

    private static func evidence(_ row: Prepared, job: String) throws -> Evidence {
        guard let method = Evidence.Method(rawValue: row.text(4)), let result = RunResult(rawValue: row.text(5)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "unknown method or result of evidence")
        }
        return Evidence(
            number: row.int64(0), at: WallTime(milliseconds: row.int64(1)), job: job, volume: row.text(2),
            run: row.isNull(3) ? nil : RunID(row.text(3)), method: method, result: result,
            proved: Amount(count: row.int(6), bytes: row.int64(7)),
            failed: Amount(count: row.int(8), bytes: row.int64(9)), by: row.text(10))
    }
}
