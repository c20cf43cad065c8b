import BackupModel
import Foundation
import GRDB
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

extension SQLiteFile {
    /// Makes the file complete under another name first, so that its own name never stands for half a schema.
    static func create(_ path: String, kind: FileKind, at: WallTime) throws(Failure) {
        guard try FileIdentity.of(path) == nil else { return }
        guard try FileIdentity.of(path + "-wal") == nil else {
            throw Failure(
                code: "CATALOG_MISSING", side: .catalog, message: "the catalog is gone but its journal is there",
                subject: Array(path.utf8), hint: "put the file back, or move the -wal file away to begin anew")
        }
        let draft = path + ".new"
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(draft + suffix) }
        do {
            let queue = try DatabaseQueue(path: draft, configuration: configuration(5))
            try queue.inDatabase { db in
                try makeDurable(db)
                try kind.migrate(db, from: 0, at: at)
            }
            try queue.close()
        } catch {
            throw openingFailure(error, draft)
        }
        try flushToDisk(draft)
        guard link(draft, path) == 0 else { throw .catalogCall("link", path: path, errno: errno) }
        unlink(draft)
        try flushToDisk(folder(of: path))
    }

    /// A name that stands for nothing, or for an empty file, is damage: SQLite would make a new, empty catalog of it.
    static func checkPresent(_ path: String) throws(Failure) {
        guard let file = try FileIdentity.of(path) else {
            throw Failure(
                code: "CATALOG_MISSING", side: .catalog, message: "there is no such catalog file",
                subject: Array(path.utf8))
        }
        guard file.isRegular, file.size > 0 else {
            throw Failure(
                code: "CATALOG_CORRUPT", side: .catalog,
                message: file.isRegular ? "the catalog file is empty" : "the catalog is not a regular file",
                subject: Array(path.utf8), hint: "move it aside; a scan makes a new one")
        }
    }

    static func openWriter(_ path: String, _ kind: FileKind, _ busy: Double, _ at: WallTime) throws -> DatabaseQueue {
        let queue = try DatabaseQueue(path: path, configuration: configuration(busy))
        try queue.inDatabase { db in
            let version = try kind.version(db, path: path)
            try makeDurable(db)
            guard version < kind.newest else { return }
            let copy = try DatabaseQueue(path: "\(path).before-\(kind.newest)")
            try copy.inDatabase { try db.backup(to: $0) }
            try copy.close()
            try kind.migrate(db, from: version, at: at)
        }
        return queue
    }

    static func openReader(_ path: String, _ kind: FileKind, _ busy: Double) throws -> DatabaseQueue {
        var configuration = configuration(busy)
        configuration.readonly = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.read { db in
            guard try kind.version(db, path: path) == kind.newest else {
                throw Failure(
                    code: "CATALOG_TOO_OLD", side: .catalog, message: "the file has an older schema",
                    subject: Array(path.utf8), hint: "run a command that writes once; it brings the file up to date")
            }
        }
        return queue
    }

    /// Sets WAL and FULL and asserts both (B4).
    static func makeDurable(_ db: Database) throws {
        let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
        try db.execute(sql: "PRAGMA synchronous = FULL")
        try assertDurable(journal: journal, synchronous: Int.fetchOne(db, sql: "PRAGMA synchronous"))
        try db.execute(sql: "PRAGMA temp_store = MEMORY")
        try db.execute(sql: "PRAGMA cache_size = -8192")
    }

    static func assertDurable(journal: String?, synchronous: Int?) throws(Failure) {
        guard journal == "wal", let synchronous, synchronous >= 2 else {
            throw Failure(
                code: "CATALOG_NOT_DURABLE", side: .catalog,
                message: "SQLite gave journal \(journal ?? "none") and synchronous \(synchronous ?? -1), "
                    + "not wal and 2",
                hint: "a power cut could undo what was reported done; check the SQLite library")
        }
    }

    private static func configuration(_ busy: Double) -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(busy)
        configuration.label = "catalog"
        return configuration
    }

    private static func openingFailure(_ error: any Error, _ path: String) -> Failure {
        if let failure = error as? Failure { return failure }
        let error = error as? DatabaseError ?? DatabaseError(message: String(describing: error))
        return .catalog(error, path: path, systemErrno: 0)
    }
}

/// The file and its journal as they were when opened; SQLite would go on writing to deleted ones without a word (B8).
struct PinnedFiles: Sendable {
    private let files: [(path: String, identity: FileIdentity)]

    init(_ path: String) throws(Failure) {
        var files: [(path: String, identity: FileIdentity)] = []
        for path in [path, path + "-wal"] {
            if let identity = try FileIdentity.of(path) { files.append((path, identity)) }
        }
        self.files = files
    }

    func check() throws(Failure) {
        for (path, identity) in files where try FileIdentity.of(path) != identity {
            throw Failure(
                code: "CATALOG_REPLACED", side: .catalog,
                message: "the catalog file was deleted or replaced while in use", subject: Array(path.utf8),
                hint: "stop, put the right file back and start again; nothing is written meanwhile")
        }
    }
}

/// The right of one connection in this process to write a file (B5).
final class WriterTenancy: Sendable {
    private static let held = Mutex<Set<FileIdentity>>([])
    private let file: Mutex<FileIdentity?>

    init(_ path: String) throws(Failure) {
        guard let identity = try FileIdentity.of(path) else {
            throw .catalogCall("stat", path: path, errno: ENOENT)
        }
        guard WriterTenancy.held.withLock({ $0.insert(identity).inserted }) else {
            throw Failure(
                code: "CATALOG_IN_USE", side: .catalog, message: "this process writes the catalog already",
                subject: Array(path.utf8))
        }
        file = Mutex(identity)
    }

    func end() {
        guard
            let identity = file.withLock({ held in
                defer { held = nil }
                return held
            })
        else { return }
        WriterTenancy.held.withLock { _ = $0.remove(identity) }
    }

    deinit { end() }
}
