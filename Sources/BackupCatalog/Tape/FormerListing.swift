package import BackupModel
import GRDB

/// What a former backup held, its whole chain merged: directory by directory, each in the order of its names' bytes.
///
/// For incrementals and for browsing. Memory is one page of one directory.
package struct FormerListing: Sendable {
    /// A directory within the listing.
    package struct Directory: Hashable, Sendable {
        let id: Int64
        /// Rows of links of the chain before this one are hidden: the directory was away in between.
        let floor: Int

        /// Where the archive's names begin.
        package static let top = Directory(id: 0, floor: 0)
    }

    package struct Entry: Hashable, Sendable {
        /// Its `path` is the name within the directory.
        package var record: EntryRecord
        /// The archive of the chain that holds it.
        package var archive: Int64
        /// What is in it; nil for all but directories.
        package var directory: Directory?
        /// A directory without an entry of its own, above something that has one: its facts are unknown.
        package var isImplied = false
    }

    /// From the whole archive to the one that was asked for.
    package let chain: [ArchiveRecord]
    private let catalog: Catalog
    private let ranks: [Int64: Int]

    /// Fails with `CHAIN_BROKEN` where a link of the chain is not complete.
    package init(_ tapes: TapeCatalog, asOf archive: Int64) throws(Failure) {
        chain = try tapes.chain(of: archive)
        catalog = tapes.catalog
        ranks = Dictionary(chain.enumerated().map { ($1.id, $0) }) { first, _ in first }
    }

    /// Of one archive by itself, without what it builds on.
    package init(_ tapes: TapeCatalog, alone archive: ArchiveRecord) {
        chain = [archive]
        catalog = tapes.catalog
        ranks = [archive.id: 0]
    }

    /// At most `limit` entries behind a name, in order.
    package func entries(
        in directory: Directory, after name: [UInt8] = [], limit: Int = 10_000
    ) throws(Failure) -> [Entry] {
        try catalog.file.read { db in
            let select = try Prepared(
                db,
                """
                SELECT name, backup, kind, size, mtime, ctime, inode, mode, uid, gid, hash, link, start, head, stored, flaw
                FROM files WHERE dir = ? AND name > ? ORDER BY name, backup
                """)
            select.bind(directory.id, at: 1)
            select.bind(bytes: name, at: 2)
            let find = try Prepared(db, "SELECT id FROM dirs WHERE parent = ? AND name = ?")
            find.bind(directory.id, at: 1)
            let own = try collect(select, directory, limit) { name in
                find.bind(bytes: name, at: 2)
                return try find.first { $0.int64(0) }
            }
            let implied = try implied(db, in: directory, after: name, limit)
            guard !implied.isEmpty else { return own }
            let all = (own + implied).sorted { $0.record.path.lexicographicallyPrecedes($1.record.path) }
            return Array(all.prefix(limit))
        }
    }

    /// Directories of the chain that have no entry, or none since they were deleted.
    private func implied(
        _ db: Database, in directory: Directory, after name: [UInt8], _ limit: Int
    ) throws -> [Entry] {
        let links = chain.map { String($0.id) }.joined(separator: ", ")
        let select = try Prepared(
            db,
            """
            SELECT d.id, d.name, v.backup FROM dirs d CROSS JOIN backup_dirs v
            WHERE d.parent = ? AND d.name > ? AND v.dir = d.id AND v.backup IN (\(links)) ORDER BY d.name
            """)
        select.bind(directory.id, at: 1)
        select.bind(bytes: name, at: 2)
        let own = try Prepared(db, "SELECT backup, kind FROM files WHERE dir = ? AND name = ?")
        own.bind(directory.id, at: 1)
        defer { select.reset() }
        var entries: [Entry] = []
        while entries.count < limit, try select.step() {
            let path = select.bytes(1)
            guard let rank = ranks[select.int64(2)], rank >= directory.floor, entries.last?.record.path != path else {
                continue
            }
            own.bind(bytes: path, at: 2)
            let rows = try own.all { (rank: ranks[$0.int64(0)] ?? -1, kind: $0.int(1)) }
                .filter { $0.rank >= directory.floor }
            guard let newest = rows.max(by: { $0.rank < $1.rank }) else {
                entries.append(
                    Entry(impliedAt: path, select.int64(2), Directory(id: select.int64(0), floor: directory.floor)))
                continue
            }
            guard newest.kind != EntryKind.directory.rawValue, rank > newest.rank else { continue }
            entries.append(Entry(impliedAt: path, select.int64(2), Directory(id: select.int64(0), floor: newest.rank)))
        }
        return entries
    }

    /// Of the rows of one name the newest of the chain counts.
    private func collect(
        _ rows: Prepared, _ directory: Directory, _ limit: Int, find: ([UInt8]) throws -> Int64?
    ) throws -> [Entry] {
        defer { rows.reset() }
        var entries: [Entry] = []
        var best: (entry: Entry, rank: Int)?
        var floor = directory.floor
        func close() throws {
            guard let (entry, _) = best, entry.record.kind != .deleted else { return }
            var whole = entry
            if entry.record.kind == .directory, let id = try find(entry.record.path) {
                whole.directory = Directory(id: id, floor: floor)
            }
            entries.append(whole)
        }
        while entries.count < limit, try rows.step() {
            guard let rank = ranks[rows.int64(1)], rank >= directory.floor else { continue }
            let record = try EntryRecord(rows)
            if let last = best?.entry.record.path, last != record.path {
                try close()
                (best, floor) = (nil, directory.floor)
                if entries.count == limit { return entries }
            }
            // What is no directory at that link hides what a directory of that name held before.
            if record.kind != .directory { floor = max(floor, rank) }
            if rank >= best?.rank ?? 0 {
                best = (Entry(record: record, archive: rows.int64(1), directory: nil), rank)
            }
        }
        if entries.count < limit { try close() }
        return entries
    }
}

/// A former backup as one stream: an entry, then what is in it, each directory in the order of its names' bytes.
///
/// Paths are whole. Directories without an entry of their own are passed, not told. Memory is one page for each level of the tree.
package struct FormerWalk: Sendable {
    private struct Level {
        var directory: FormerListing.Directory
        var path: [UInt8]
        var page: ArraySlice<FormerListing.Entry> = []
        var last: [UInt8] = []
        var isEnd = false
    }

    private let listing: FormerListing
    private let page: Int
    private var levels: [Level]

    package init(_ listing: FormerListing, page: Int = 1000) {
        self.listing = listing
        self.page = page
        levels = [Level(directory: .top, path: [])]
    }

    /// Nil at the end.
    package mutating func next() throws(Failure) -> EntryRecord? {
        while let depth = levels.indices.last {
            if levels[depth].page.isEmpty, !levels[depth].isEnd {
                let more = try listing.entries(
                    in: levels[depth].directory, after: levels[depth].last, limit: page)
                levels[depth].page = more[...]
                levels[depth].last = more.last?.record.path ?? []
                levels[depth].isEnd = more.count < page
            }
            guard let entry = levels[depth].page.popFirst() else {
                levels.removeLast()
                continue
            }
            var record = entry.record
            record.path = levels[depth].path + record.path
            if let directory = entry.directory {
                levels.append(Level(directory: directory, path: record.path + [0x2f]))
            }
            if !entry.isImplied { return record }
        }
        return nil
    }
}

extension FormerListing.Entry {
    fileprivate init(impliedAt name: [UInt8], _ archive: Int64, _ directory: FormerListing.Directory) {
        self.init(record: EntryRecord(.directory, name), archive: archive, directory: directory, isImplied: true)
    }
}

extension EntryRecord {
    /// From the columns of `FormerListing.entries`.
    fileprivate init(_ row: Prepared) throws {
        guard let kind = EntryKind(rawValue: row.int(2)), let flaw = Flaw(rawValue: row.int(15)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "unknown kind or flaw of an entry")
        }
        self.init(kind, row.bytes(0), size: row.int64(3))
        modified = row.entryTime(4)
        changed = row.entryTime(5)
        inode = UInt64(bitPattern: row.int64(6))
        mode = UInt32(truncatingIfNeeded: row.int64(7))
        owner = UInt32(truncatingIfNeeded: row.int64(8))
        group = UInt32(truncatingIfNeeded: row.int64(9))
        hash = try row.isNull(10) ? nil : row.blob(10)
        link = row.bytes(11)
        start = row.int64(12)
        headBytes = row.int64(13)
        storedBytes = row.optional(14) ?? size
        self.flaw = flaw
    }
}
