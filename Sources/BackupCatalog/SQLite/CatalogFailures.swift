import BackupModel
import Foundation
import GRDB

#if canImport(Glibc)
    import Glibc
#endif

extension Failure {
    /// A system call on a catalog file that failed.
    static func catalogCall(_ operation: String, path: String, errno: Int32) -> Failure {
        let isFull = errno == ENOSPC || errno == EDQUOT
        return Failure(
            code: isFull ? "CATALOG_FULL" : "CATALOG_IO", side: .catalog,
            message: "\(operation) of a catalog file: \(printable(String(cString: strerror(errno)).utf8).lowercased())",
            subject: Array(path.utf8), errno: errno, operation: operation,
            hint: isFull ? fullHint : "", isTransient: isFull)
    }

    /// What SQLite said, by cause. `systemErrno` is `sqlite3_system_errno`, which lags behind: it counts only for I/O.
    static func catalog(_ error: DatabaseError, path: String, systemErrno: Int32) -> Failure {
        let isIO = error.resultCode == .SQLITE_IOERR
        let isFull =
            error.resultCode == .SQLITE_FULL || (isIO && (systemErrno == ENOSPC || systemErrno == EDQUOT))
        let (code, words, hint) = isFull ? ("CATALOG_FULL", "no space for the catalog", fullHint) : meaning(of: error)
        let said = printable((error.message ?? "").utf8)
        return Failure(
            code: code, side: .catalog,
            message: "\(words) (SQLite \(error.extendedResultCode.rawValue): \(said))", subject: Array(path.utf8),
            errno: isIO ? systemErrno : 0, operation: "sqlite", hint: hint,
            isTransient: isFull || code == "CATALOG_BUSY")
    }

    /// True when nothing more may be written to the file by this process.
    var stopsWriting: Bool {
        ["CATALOG_CORRUPT", "CATALOG_REPLACED", "CATALOG_IO"].contains(code)
    }

    private static let fullHint = "free space on the file system of the state folder; nothing advanced meanwhile"

    private static func meaning(of error: DatabaseError) -> (code: String, words: String, hint: String) {
        switch error.resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            ("CATALOG_BUSY", "another program holds the catalog", "find it with: fuser -v FILE")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            (
                "CATALOG_CORRUPT", "the catalog file is damaged; it is kept and no longer written",
                "move it aside and rebuild it with a scan; never repair it in place"
            )
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CANTOPEN:
            ("CATALOG_DENIED", "the catalog cannot be opened or written", "check owner and mode of the state folder")
        case .SQLITE_IOERR:
            ("CATALOG_IO", "the disk of the catalog failed", "check the kernel log")
        default:
            ("CATALOG_ERROR", "the catalog refused", "")
        }
    }
}
