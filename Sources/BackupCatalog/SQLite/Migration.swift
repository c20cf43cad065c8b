import BackupModel
import GRDB

/// One numbered step of a schema. Released steps never change; new ones are added.
struct Migration: Sendable {
    let number: Int
    let sql: String
}

/// What a kind of SQLite file of ours looks like.
struct FileKind: Sendable {
    /// Four letters in the header, which tell it from other people's files.
    let applicationID: Int32
    /// In order, from 1.
    let migrations: [Migration]

    var newest: Int { migrations.last?.number ?? 0 }

    /// The schema's version in a file; 0 when there is none yet.
    func version(_ db: Database, path: String) throws -> Int {
        let foreign = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        guard foreign == applicationID else {
            throw Failure(
                code: "CATALOG_FOREIGN", side: .catalog, message: "this is another program's SQLite file",
                subject: Array(path.utf8), hint: "move it out of the state folder")
        }
        let version = try Int.fetchOne(db, sql: "SELECT max(version) FROM schema") ?? 0
        guard version <= newest else {
            throw Failure(
                code: "CATALOG_TOO_NEW", side: .catalog,
                message: "the file has schema \(version), this program knows up to \(newest)",
                subject: Array(path.utf8), hint: "use the newer program that wrote it")
        }
        return version
    }

    /// Brings a connection from `version` to the newest schema in one transaction.
    func migrate(_ db: Database, from version: Int, at: WallTime) throws {
        try db.inTransaction(.immediate) {
            if version == 0 {
                try db.execute(
                    sql: "CREATE TABLE IF NOT EXISTS schema(version INTEGER PRIMARY KEY, applied_at INTEGER NOT NULL)")
                try db.execute(sql: "PRAGMA application_id = \(applicationID)")
            }
            for step in migrations where step.number > version {
                try db.execute(sql: step.sql)
                try db.execute(
                    sql: "INSERT INTO schema(version, applied_at) VALUES(?, ?)",
                    arguments: [step.number, at.milliseconds])
            }
            return .commit
        }
    }
}
