package import BackupModel
import Foundation
import GRDB
import Synchronization

/// How a file is opened.
package enum CatalogAccess: Sendable {
    /// The one writing connection of this process; makes the file if there is none.
    case writing
    /// Looks only; there must be a file.
    case reading
}

/// One SQLite file of ours: one writing connection, one reading connection that never waits for it, and the rules that
/// both follow.
///
/// WAL with `synchronous=FULL` (B4), `BEGIN IMMEDIATE` with a bounded wait (B6), the files' inodes checked around each
/// transaction (B8), and after damage no more writing (B7). Calls block: keep them off the cooperative pool.
final class SQLiteFile: Sendable {
    let path: String
    private let writer: DatabaseQueue?
    private let reader: DatabaseQueue
    private let pinned: PinnedFiles
    private let tenancy: WriterTenancy?
    private let stopped = Mutex<Failure?>(nil)
    /// Held through each call on its connection: one that is closed must not be asked anything any more.
    private let writing = NSLock(), reading = NSLock()
    private let isClosed = Atomic(false)

    init(
        _ path: String, kind: FileKind, access: CatalogAccess, busySeconds: Double = 5,
        now: @Sendable () -> WallTime = currentWallTime
    ) throws(Failure) {
        self.path = path
        try StateFolder.check(folder(of: path))
        var tenancy: WriterTenancy?
        if access == .writing {
            try SQLiteFile.create(path, kind: kind, at: now())
            tenancy = try WriterTenancy(path)
        }
        try SQLiteFile.checkPresent(path)
        self.tenancy = tenancy
        do {
            writer = try access == .writing ? SQLiteFile.openWriter(path, kind, busySeconds, now()) : nil
            reader = try SQLiteFile.openReader(path, kind, busySeconds)
        } catch {
            throw SQLiteFile.failure(error, path: path, systemErrno: 0)
        }
        pinned = try PinnedFiles(path)
    }

    /// Why nothing more is written, or nil.
    var stoppedBy: Failure? { stopped.withLock { $0 } }

    /// One durable transaction; when it returns, a power cut does not undo it.
    func write<T>(_ body: (Database) throws -> T) throws(Failure) -> T {
        if let failure = stoppedBy { throw failure }
        guard let writer else { throw .catalogIsReadOnly(path) }
        writing.lock()
        defer { writing.unlock() }
        if isClosed.load(ordering: .acquiring) { throw .catalogIsClosed(path) }
        var systemErrno: Int32 = 0
        do {
            return try writer.inDatabase { db in
                try pinned.check()
                do {
                    let value = try SQLiteFile.transact(db, body)
                    try pinned.check()
                    return value
                } catch {
                    systemErrno = db.systemErrorNumber
                    throw error
                }
            }
        } catch {
            throw stop(SQLiteFile.failure(error, path: path, systemErrno: systemErrno))
        }
    }

    /// One consistent look, on the reading connection.
    func read<T>(_ body: (Database) throws -> T) throws(Failure) -> T {
        reading.lock()
        defer { reading.unlock() }
        if isClosed.load(ordering: .acquiring) { throw .catalogIsClosed(path) }
        var systemErrno: Int32 = 0
        do {
            return try reader.read { db in
                do { return try body(db) } catch {
                    systemErrno = db.systemErrorNumber
                    throw error
                }
            }
        } catch {
            throw stop(SQLiteFile.failure(error, path: path, systemErrno: systemErrno))
        }
    }

    /// Closes both connections; later calls throw.
    func close() {
        if isClosed.exchange(true, ordering: .acquiringAndReleasing) { return }
        reading.withLock { try? reader.close() }
        writing.withLock { try? writer?.close() }
        tenancy?.end()
    }

    private static func transact<T>(_ db: Database, _ body: (Database) throws -> T) throws -> T {
        try db.execute(sql: "BEGIN IMMEDIATE")
        do {
            let value = try body(db)
            try db.execute(sql: "COMMIT")
            return value
        } catch {
            // Some errors have rolled back already.
            if db.isInsideTransaction { try? db.execute(sql: "ROLLBACK") }
            throw error
        }
    }

    private func stop(_ failure: Failure) -> Failure {
        if failure.stopsWriting { stopped.withLock { $0 = $0 ?? failure } }
        return failure
    }

    private static func failure(_ error: any Error, path: String, systemErrno: Int32) -> Failure {
        switch error {
        case let failure as Failure: failure
        case let error as DatabaseError: .catalog(error, path: path, systemErrno: systemErrno)
        default:
            Failure(
                code: "CATALOG_CORRUPT", side: .catalog,
                message: "a catalog row cannot be read: \(printable(String(describing: error).utf8))",
                subject: Array(path.utf8))
        }
    }
}

extension Failure {
    static func catalogIsReadOnly(_ path: String) -> Failure {
        Failure(
            code: "CATALOG_READ_ONLY", side: .catalog, message: "the catalog was opened for looking only",
            subject: Array(path.utf8))
    }
}

extension Failure {
    static func catalogIsClosed(_ path: String) -> Failure {
        Failure(code: "CATALOG_CLOSED", side: .catalog, message: "the catalog is closed", subject: Array(path.utf8))
    }
}

/// The wall clock, milliseconds since 1970.
package func currentWallTime() -> WallTime {
    WallTime(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
}
