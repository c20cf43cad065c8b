package import BackupModel
import GRDB

/// Writes the entries of one archive, batch by batch in the order of the walk.
///
/// Each batch is one durable transaction; tens of thousands of entries are a good one. Entries that are recorded twice
/// are there once, so an archive that is taken over from its index may be recorded again (F23). Rows count for nothing
/// before the archive is committed.
package struct EntryRecorder: Sendable {
    private let catalog: Catalog
    private let backup: Int64
    /// The directories from the top to the one of the last entry.
    private var trail: [(name: [UInt8], id: Int64)] = []

    init(_ catalog: Catalog, backup: Int64) {
        self.catalog = catalog
        self.backup = backup
    }

    package mutating func append(_ entries: [EntryRecord]) throws(Failure) {
        guard !entries.isEmpty else { return }
        let before = trail
        do throws(Failure) {
            trail = try catalog.file.write { db in
                var rows = try EntryRows(db, backup: backup, trail: before)
                for entry in entries { try rows.insert(entry) }
                return rows.trail
            }
        } catch {
            // Ids that were given in the transaction are void with it.
            trail = []
            throw error
        }
    }
}

/// The statements of one batch.
private struct EntryRows {
    private(set) var trail: [(name: [UInt8], id: Int64)]
    private let db: Database
    private let backup: Int64
    private let file: Prepared
    private let makeDirectory: Prepared
    private let findDirectory: Prepared
    private let note: Prepared

    init(_ db: Database, backup: Int64, trail: [(name: [UInt8], id: Int64)]) throws {
        self.db = db
        self.backup = backup
        self.trail = trail
        file = try Prepared(
            db,
            """
            INSERT OR REPLACE INTO files(dir, name, backup, kind, size, mtime, ctime, inode, mode, uid, gid, hash, link,
                start, head, stored, flaw) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        makeDirectory = try Prepared(db, "INSERT OR IGNORE INTO dirs(parent, name) VALUES(?, ?)")
        findDirectory = try Prepared(db, "SELECT id FROM dirs WHERE parent = ? AND name = ?")
        note = try Prepared(db, "INSERT OR IGNORE INTO backup_dirs(backup, dir) VALUES(?, ?)")
        file.bind(backup, at: 3)
        note.bind(backup, at: 1)
    }

    mutating func insert(_ entry: EntryRecord) throws {
        let cut = entry.path.lastIndex(of: 0x2f)
        let directory = try directory(entry.path[..<(cut ?? 0)])
        file.bind(directory, at: 1)
        file.bind(bytes: entry.path[(cut.map { $0 + 1 } ?? 0)...], at: 2)
        file.bind(entry.kind.rawValue, at: 4)
        file.bind(entry.size, at: 5)
        file.bind(entry.modified, at: 6)
        file.bind(entry.changed, at: 7)
        file.bind(Int64(bitPattern: entry.inode), at: 8)
        file.bind(Int(entry.mode), at: 9)
        file.bind(Int(entry.owner), at: 10)
        file.bind(Int(entry.group), at: 11)
        if let hash = entry.hash { file.bind(hash, at: 12) } else { file.bind(nil as Int64?, at: 12) }
        if entry.link.isEmpty { file.bind(nil as Int64?, at: 13) } else { file.bind(bytes: entry.link, at: 13) }
        file.bind(entry.start, at: 14)
        file.bind(entry.headBytes, at: 15)
        file.bind(entry.storedBytes == entry.size ? nil : entry.storedBytes, at: 16)
        file.bind(entry.flaw.rawValue, at: 17)
        try file.run()
    }

    /// The id of a directory, which is made where it is not known yet; 0 is the top. The walk stays close to where it
    /// was, so what the last path and this one share needs no look.
    private mutating func directory(_ path: ArraySlice<UInt8>) throws -> Int64 {
        guard !path.isEmpty else {
            trail.removeAll(keepingCapacity: true)
            try visit(0)
            return 0
        }
        var rest = path
        var depth = 0
        while depth < trail.count, let next = EntryRows.drop(trail[depth].name, from: rest) {
            rest = next
            depth += 1
        }
        // Still in the directory of the entry before.
        if rest.isEmpty, depth == trail.count { return trail[depth - 1].id }
        trail.removeLast(trail.count - depth)
        for name in rest.split(separator: 0x2f) {
            trail.append((Array(name), try find(name, in: trail.last?.id ?? 0)))
            // Those on the way too: they may have no entry of their own.
            try visit(trail[trail.count - 1].id)
        }
        return trail.last?.id ?? 0
    }

    /// What stands behind that first name and its slash; nil where the first name is another.
    private static func drop(_ name: [UInt8], from path: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
        guard path.starts(with: name) else { return nil }
        let rest = path.dropFirst(name.count)
        return rest.isEmpty ? rest : rest.first == 0x2f ? rest.dropFirst() : nil
    }

    private func find(_ name: ArraySlice<UInt8>, in parent: Int64) throws -> Int64 {
        let before = db.totalChangesCount
        makeDirectory.bind(parent, at: 1)
        makeDirectory.bind(bytes: name, at: 2)
        try makeDirectory.run()
        if db.totalChangesCount != before { return db.lastInsertedRowID }
        findDirectory.bind(parent, at: 1)
        findDirectory.bind(bytes: name, at: 2)
        guard let id = try findDirectory.first({ $0.int64(0) }) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a directory is neither there nor new")
        }
        return id
    }

    private func visit(_ directory: Int64) throws {
        note.bind(directory, at: 2)
        try note.run()
    }
}
