import BackupModel
import GRDB
import GRDBSQLite

/// A prepared statement bound and read through SQLite's own calls, for loops over millions of rows.
///
/// It belongs to one connection and its cache: two nested uses of one text on one connection are forbidden.
struct Prepared {
    private let statement: Statement
    private let handle: OpaquePointer

    init(_ db: Database, _ sql: String) throws {
        statement = try db.cachedStatement(sql: sql)
        handle = statement.sqliteStatement
        sqlite3_reset(handle)
        sqlite3_clear_bindings(handle)
    }

    // MARK: Binding, counted from 1

    func bind(_ value: Int64?, at index: Int32) {
        if let value { sqlite3_bind_int64(handle, index, value) } else { sqlite3_bind_null(handle, index) }
    }

    func bind(_ value: Int, at index: Int32) { sqlite3_bind_int64(handle, index, Int64(value)) }

    func bind(_ text: String?, at index: Int32) {
        guard let text else {
            sqlite3_bind_null(handle, index)
            return
        }
        sqlite3_bind_text(handle, index, text, Int32(text.utf8.count), Prepared.copied)
    }

    func bind(bytes: [UInt8], at index: Int32) {
        // A null pointer would bind NULL.
        if bytes.isEmpty { sqlite3_bind_zeroblob(handle, index, 0) }
        if !bytes.isEmpty { sqlite3_bind_blob(handle, index, bytes, Int32(bytes.count), Prepared.copied) }
    }

    func bind(bytes: ArraySlice<UInt8>, at index: Int32) {
        bytes.withUnsafeBufferPointer { buffer in
            guard let start = buffer.baseAddress, !buffer.isEmpty else {
                sqlite3_bind_zeroblob(handle, index, 0)
                return
            }
            sqlite3_bind_blob(handle, index, start, Int32(buffer.count), Prepared.copied)
        }
    }

    /// Nil binds the empty blob, which sorts before every name.
    func bind(_ blob: BlobID?, at index: Int32) {
        guard let words = blob?.words else {
            sqlite3_bind_zeroblob(handle, index, 0)
            return
        }
        let raw = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
        withUnsafeBytes(of: raw) { bytes in
            _ = sqlite3_bind_blob(handle, index, bytes.baseAddress, 32, Prepared.copied)
        }
    }

    // MARK: Running

    /// True when there is a row.
    func step() throws -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw failure(code)
    }

    /// Runs it to its end and makes it ready for the next binding.
    func run() throws {
        while try step() {}
        reset()
    }

    func reset() { sqlite3_reset(handle) }

    /// All rows, as `row` makes them.
    func all<Row>(_ row: (Prepared) throws -> Row) throws -> [Row] {
        defer { reset() }
        var rows: [Row] = []
        while try step() { rows.append(try row(self)) }
        return rows
    }

    /// The first row, if there is one.
    func first<Row>(_ row: (Prepared) throws -> Row) throws -> Row? {
        defer { reset() }
        return try step() ? try row(self) : nil
    }

    // MARK: Reading, counted from 0

    func int64(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(handle, column)) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func isBlob(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_BLOB }

    func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }

    /// The 32 bytes of a name; anything else in its place is damage.
    func blob(_ column: Int32) throws -> BlobID {
        guard sqlite3_column_bytes(handle, column) == 32, let start = sqlite3_column_blob(handle, column) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a blob name is not 32 bytes")
        }
        func word(_ index: Int) -> UInt64 {
            UInt64(bigEndian: start.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        }
        return BlobID(words: (word(0), word(1), word(2), word(3)))
    }

    /// A state's raw value; an unknown one is damage.
    func state(_ column: Int32) throws -> BlobState {
        guard let state = BlobState(rawValue: int(column)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "unknown blob state \(int(column))")
        }
        return state
    }

    private func failure(_ code: Int32) -> DatabaseError {
        let connection = sqlite3_db_handle(handle)
        let message = String(cString: sqlite3_errmsg(connection))
        let extended = sqlite3_extended_errcode(connection)
        sqlite3_reset(handle)
        return DatabaseError(
            resultCode: ResultCode(rawValue: extended == SQLITE_OK ? code : extended), message: message)
    }

    /// SQLITE_TRANSIENT: SQLite copies what is bound.
    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}

extension Database {
    /// The system's error number behind the last failed call, or 0.
    var systemErrorNumber: Int32 { sqliteConnection.map { sqlite3_system_errno($0) } ?? 0 }
}
