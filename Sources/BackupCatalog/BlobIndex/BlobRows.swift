import BackupModel
import GRDB

/// The rows of one volume's blobs within a transaction, with the tallies that follow them.
struct BlobRows {
    let volume: Int64
    var change = TallyChange()
    private let select: Prepared
    private let insert: Prepared
    private let update: Prepared
    private let forget: Prepared
    private let reason: Prepared

    init(_ db: Database, volume: Int64) throws {
        self.volume = volume
        select = try Prepared(db, "SELECT size, state, attempts FROM blobs WHERE volume = ? AND blob = ?")
        insert = try Prepared(
            db, "INSERT INTO blobs(volume, blob, size, state, attempts, run, proved_at) VALUES(?, ?, ?, ?, ?, ?, ?)")
        update = try Prepared(
            db,
            "UPDATE blobs SET size = ?, state = ?, attempts = ?, run = ?, proved_at = ? WHERE volume = ? AND blob = ?")
        forget = try Prepared(db, "DELETE FROM failures WHERE volume = ? AND blob = ?")
        reason = try Prepared(
            db,
            """
            INSERT OR REPLACE INTO failures(
                volume, blob, code, side, message, subject, errno, operation, hint, transient, at)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
    }

    func find(_ blob: BlobID) throws -> BlobRecord? {
        select.bind(volume, at: 1)
        select.bind(blob, at: 2)
        return try select.first {
            BlobRecord(id: blob, size: $0.int64(0), state: try $0.state(1), attempts: $0.int(2))
        }
    }

    mutating func add(_ record: BlobRecord, run: RunID? = nil, provedAt: WallTime? = nil) throws {
        insert.bind(volume, at: 1)
        insert.bind(record.id, at: 2)
        insert.bind(record.size, at: 3)
        insert.bind(record.state.rawValue, at: 4)
        insert.bind(record.attempts, at: 5)
        insert.bind(run?.text, at: 6)
        insert.bind(provedAt?.milliseconds, at: 7)
        try insert.run()
        change.add(record.id, record.state, size: record.size)
    }

    /// Writes the row anew; `run` stays only with rows that a run has begun.
    mutating func replace(
        _ old: BlobRecord, by new: BlobRecord, run: RunID? = nil, provedAt: WallTime? = nil
    ) throws {
        update.bind(new.size, at: 1)
        update.bind(new.state.rawValue, at: 2)
        update.bind(new.attempts, at: 3)
        update.bind(run?.text, at: 4)
        update.bind(provedAt?.milliseconds, at: 5)
        update.bind(volume, at: 6)
        update.bind(new.id, at: 7)
        try update.run()
        change.remove(old.id, old.state, size: old.size)
        change.add(new.id, new.state, size: new.size)
    }

    func forgetReason(of blob: BlobID) throws {
        forget.bind(volume, at: 1)
        forget.bind(blob, at: 2)
        try forget.run()
    }

    func note(_ failure: Failure, of blob: BlobID, at: WallTime) throws {
        reason.bind(volume, at: 1)
        reason.bind(blob, at: 2)
        reason.bind(failure.code, at: 3)
        reason.bind(failure.side.rawValue, at: 4)
        reason.bind(failure.message, at: 5)
        reason.bind(bytes: failure.subject, at: 6)
        reason.bind(Int64(failure.errno), at: 7)
        reason.bind(failure.operation, at: 8)
        reason.bind(failure.hint, at: 9)
        reason.bind(failure.isTransient ? 1 : 0, at: 10)
        reason.bind(at.milliseconds, at: 11)
        try reason.run()
    }
}

extension BlobRecord {
    /// From the columns `blob, size, state, attempts`.
    init(_ row: Prepared) throws {
        self.init(id: try row.blob(0), size: row.int64(1), state: try row.state(2), attempts: row.int(3))
    }
}

extension BlobFailure {
    /// From the columns of `failuresSQL`.
    init(_ row: Prepared) throws {
        let failure = Failure(
            code: row.text(4), side: Side(rawValue: row.text(5)) ?? .engine, message: row.text(6),
            subject: row.bytes(7), errno: Int32(truncatingIfNeeded: row.int64(8)), operation: row.text(9),
            hint: row.text(10), isTransient: row.int(11) != 0)
        self.init(
            id: try row.blob(0), size: row.int64(1), state: try row.state(2), attempts: row.int(3),
            failure: failure, at: WallTime(milliseconds: row.int64(12)))
    }

    /// Failures of a volume after a name, in order of name.
    static let failuresSQL = """
        SELECT f.blob, b.size, b.state, b.attempts, f.code, f.side, f.message, f.subject, f.errno, f.operation,
            f.hint, f.transient, f.at
        FROM failures f CROSS JOIN blobs b ON b.volume = f.volume AND b.blob = f.blob
        WHERE f.volume = ? AND f.blob > ? ORDER BY f.blob LIMIT ?
        """
}
