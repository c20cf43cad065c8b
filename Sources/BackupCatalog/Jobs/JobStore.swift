package import BackupModel
import Foundation
import GRDB

/// The memory of jobs and every run they had. Calls block: give it a thread of its own.
package struct JobStore: Sendable {
    private let catalog: Catalog

    package init(_ catalog: Catalog) { self.catalog = catalog }

    /// All that the jobs begin with.
    package struct Remembered: Sendable {
        package var memories: [JobMemory]
        /// Runs that were in progress when an engine ended without closing them.
        package var open: [JobRun]
        package var facts: [String: String]
    }

    package func restore() throws(Failure) -> Remembered {
        try catalog.file.read { db in
            let memories = try Prepared(
                db,
                """
                SELECT name, is_enabled, skips_next, handled_at, pending, owed_start, overlaps, interruptions FROM jobs
                """
            ).all(JobStore.memory)
            let open = try Prepared(
                db, "SELECT \(JobStore.columns) FROM runs WHERE result IS NULL ORDER BY number"
            ).all(JobStore.run)
            let facts = try Prepared(db, "SELECT name, value FROM engine_facts").all { ($0.text(0), $0.text(1)) }
            return Remembered(memories: memories, open: open, facts: Dictionary(facts) { $1 })
        }
    }

    /// Keeps a step in one transaction.
    package func keep(_ change: JobChange) throws(Failure) {
        guard !change.isEmpty else { return }
        try catalog.file.write { db in
            for memory in change.memories { try JobStore.write(memory, db) }
            for run in change.opened { try JobStore.write(run, db) }
            for run in change.closed { try JobStore.write(run, db) }
            for (name, value) in change.facts { try JobStore.write(name, value, db) }
        }
    }

    /// Ended runs of a job, or of all, newest first, begun before a time.
    ///
    /// A page ends with its last millisecond, so it may be longer than `limit`: the page before the time of its last row
    /// then misses none, although a step may leave out many jobs at once.
    package func runs(of job: String?, before: WallTime?, limit: Int) throws(Failure) -> [JobRun] {
        guard limit > 0 else { return [] }
        return try catalog.file.read { db in
            let condition = (job == nil ? "" : "job = ?3 AND ") + "started_at < ?1 AND result IS NOT NULL"
            let select = try Prepared(
                db,
                """
                SELECT \(JobStore.columns) FROM runs WHERE \(condition) AND started_at >= ifnull(
                    (SELECT started_at FROM runs WHERE \(condition) ORDER BY started_at DESC LIMIT 1 OFFSET ?2), ?4)
                ORDER BY started_at DESC, number DESC
                """)
            select.bind(before?.milliseconds ?? .max, at: 1)
            select.bind(limit - 1, at: 2)
            if let job { select.bind(job, at: 3) }
            select.bind(Int64.min, at: 4)
            return try select.all(JobStore.run)
        }
    }

    /// The newest run of a job that ended well without a warning; nil before the first.
    package func newestGood(of job: String) throws(Failure) -> JobRun? {
        try catalog.file.read { db in
            let select = try Prepared(
                db,
                """
                SELECT \(JobStore.columns) FROM runs WHERE job = ? AND result = 'ok'
                ORDER BY started_at DESC, number DESC LIMIT 1
                """)
            select.bind(job, at: 1)
            return try select.first(JobStore.run)
        }
    }

    /// One run by its id, ended or not; nil when there is none.
    package func run(_ id: RunID) throws(Failure) -> JobRun? {
        try catalog.file.read { db in
            let select = try Prepared(db, "SELECT \(JobStore.columns) FROM runs WHERE run = ?")
            select.bind(id.text, at: 1)
            return try select.first(JobStore.run)
        }
    }

    // MARK: Rows

    private static let columns = """
        run, job, kind, cause, planned_at, started_at, ended_at, attempt, result, failure, done_count, done_bytes,
        warnings
        """

    private static func write(_ memory: JobMemory, _ db: Database) throws {
        let insert = try Prepared(
            db,
            """
            INSERT OR REPLACE INTO jobs(name, is_enabled, skips_next, handled_at, pending, owed_start, overlaps,
                interruptions) VALUES(?, ?, ?, ?, ?, ?, ?, ?)
            """)
        insert.bind(memory.name, at: 1)
        insert.bind(memory.isEnabled.map { $0 ? 1 : 0 }, at: 2)
        insert.bind(memory.skipsNext ? 1 : 0, at: 3)
        insert.bind(memory.handledAt?.milliseconds, at: 4)
        insert.bind(try memory.pending.map { try json($0) }, at: 5)
        insert.bind(try memory.owedStart.map { try json($0) }, at: 6)
        insert.bind(memory.overlaps, at: 7)
        insert.bind(memory.interruptions, at: 8)
        try insert.run()
    }

    private static func write(_ run: JobRun, _ db: Database) throws {
        let insert = try Prepared(
            db,
            """
            INSERT INTO runs(\(columns)) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(run) DO UPDATE SET ended_at = excluded.ended_at, result = excluded.result,
                failure = excluded.failure, done_count = excluded.done_count, done_bytes = excluded.done_bytes,
                warnings = excluded.warnings
            """)
        insert.bind(run.run.text, at: 1)
        insert.bind(run.job, at: 2)
        insert.bind(run.kind.rawValue, at: 3)
        insert.bind(run.trigger.rawValue, at: 4)
        insert.bind(run.plannedAt?.milliseconds, at: 5)
        insert.bind(run.startedAt.milliseconds, at: 6)
        insert.bind(run.endedAt?.milliseconds, at: 7)
        insert.bind(run.attempt, at: 8)
        insert.bind(run.result?.rawValue, at: 9)
        insert.bind(try run.failure.map { try json($0) }, at: 10)
        insert.bind(run.done.count, at: 11)
        insert.bind(run.done.bytes, at: 12)
        insert.bind(run.warnings, at: 13)
        try insert.run()
    }

    private static func write(_ fact: String, _ value: String?, _ db: Database) throws {
        guard let value else {
            let delete = try Prepared(db, "DELETE FROM engine_facts WHERE name = ?")
            delete.bind(fact, at: 1)
            return try delete.run()
        }
        let insert = try Prepared(db, "INSERT OR REPLACE INTO engine_facts(name, value) VALUES(?, ?)")
        insert.bind(fact, at: 1)
        insert.bind(value, at: 2)
        try insert.run()
    }

    private static func memory(_ row: Prepared) throws -> JobMemory {
        var memory = JobMemory(name: row.text(0))
        memory.isEnabled = row.isNull(1) ? nil : row.int(1) != 0
        memory.skipsNext = row.int(2) != 0
        memory.handledAt = time(row, 3)
        memory.pending = try row.isNull(4) ? nil : JSONDecoder().decode(PendingRun.self, from: Data(row.bytes(4)))
        memory.owedStart = try row.isNull(5) ? nil : JSONDecoder().decode(OwedStart.self, from: Data(row.bytes(5)))
        memory.overlaps = row.int(6)
        memory.interruptions = row.int(7)
        return memory
    }

    private static func run(_ row: Prepared) throws -> JobRun {
        guard let id = RunID(row.text(0)), let kind = JobKind(rawValue: row.text(2)),
            let trigger = JobTrigger(rawValue: row.text(3))
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a run's row cannot be read") }
        var run = JobRun(
            run: id, job: row.text(1), kind: kind, trigger: trigger, plannedAt: time(row, 4),
            startedAt: WallTime(milliseconds: row.int64(5)), attempt: row.int(7))
        run.endedAt = time(row, 6)
        run.result = row.isNull(8) ? nil : JobResult(rawValue: row.text(8)) ?? .failed
        run.failure = try row.isNull(9) ? nil : JSONDecoder().decode(Failure.self, from: Data(row.bytes(9)))
        run.done = Amount(count: row.int(10), bytes: row.int64(11))
        run.warnings = row.int(12)
        return run
    }

    private static func time(_ row: Prepared, _ column: Int32) -> WallTime? {
        row.isNull(column) ? nil : WallTime(milliseconds: row.int64(column))
    }
}
