import BackupModel
import GRDB

/// Rows of `backups`, `parts` and `frames`.
enum ArchiveRows {
    static let columns = """
        id, archive, set_id, job, run, pool, base, state, reason, strategy, started_at, finished_at, expires_at,
        verified_at, block_size, compression, key_id, stream_bytes, entries, deletions, drive_serial, drive_firmware,
        is_adopted
        """

    static func find(_ id: Int64, _ db: Database) throws -> ArchiveRecord? {
        let select = try Prepared(db, "SELECT \(columns) FROM backups WHERE id = ?")
        select.bind(id, at: 1)
        return try select.first(archive)
    }

    static func find(_ archive: String, _ db: Database) throws -> ArchiveRecord? {
        let select = try Prepared(db, "SELECT \(columns) FROM backups WHERE archive = ?")
        select.bind(archive, at: 1)
        return try select.first(self.archive)
    }

    static func archive(_ row: Prepared) throws -> ArchiveRecord {
        guard let state = ArchiveRecord.State(rawValue: row.text(7)),
            let strategy = TapeStrategy(rawValue: row.text(9)),
            let packing = Pool.Packing(rawValue: row.text(15))
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the row of an archive cannot be read") }
        var archive = ArchiveRecord(
            archive: row.text(1), set: row.text(2), job: row.text(3), pool: row.text(5),
            startedAt: WallTime(milliseconds: row.int64(10)), blockSize: row.int(14))
        archive.id = row.int64(0)
        archive.run = row.isNull(4) ? nil : RunID(row.text(4))
        archive.base = row.optional(6)
        archive.state = state
        archive.reason = row.text(8)
        archive.strategy = strategy
        archive.finishedAt = row.optional(11).map(WallTime.init(milliseconds:))
        archive.expiresAt = row.optional(12).map(WallTime.init(milliseconds:))
        archive.verifiedAt = row.optional(13).map(WallTime.init(milliseconds:))
        archive.compression = packing
        archive.key = row.text(16)
        archive.streamBytes = row.int64(17)
        archive.entries = row.int64(18)
        archive.deletions = row.int64(19)
        archive.driveSerial = row.text(20)
        archive.driveFirmware = row.text(21)
        archive.isAdopted = row.int(22) != 0
        return archive
    }

    static func insert(_ archive: ArchiveRecord, _ db: Database) throws {
        let places = Array(repeating: "?", count: 23).joined(separator: ", ")
        let insert = try Prepared(db, "INSERT INTO backups(\(columns)) VALUES(\(places))")
        insert.bind(nil as Int64?, at: 1)
        bind(archive, to: insert)
        try insert.run()
    }

    static func update(_ archive: ArchiveRecord, _ db: Database) throws {
        let names = columns.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        let set = names.enumerated().dropFirst().map { "\($1) = ?\($0 + 1)" }.joined(separator: ", ")
        let update = try Prepared(db, "UPDATE backups SET \(set) WHERE id = ?1")
        update.bind(archive.id, at: 1)
        bind(archive, to: update)
        try update.run()
    }

    private static func bind(_ archive: ArchiveRecord, to row: Prepared) {
        row.bind(archive.archive, at: 2)
        row.bind(archive.set, at: 3)
        row.bind(archive.job, at: 4)
        row.bind(archive.run?.text, at: 5)
        row.bind(archive.pool, at: 6)
        row.bind(archive.base, at: 7)
        row.bind(archive.state.rawValue, at: 8)
        row.bind(archive.reason, at: 9)
        row.bind(archive.strategy.rawValue, at: 10)
        row.bind(archive.startedAt.milliseconds, at: 11)
        row.bind(archive.finishedAt?.milliseconds, at: 12)
        row.bind(archive.expiresAt?.milliseconds, at: 13)
        row.bind(archive.verifiedAt?.milliseconds, at: 14)
        row.bind(archive.blockSize, at: 15)
        row.bind(archive.compression.rawValue, at: 16)
        row.bind(archive.key, at: 17)
        row.bind(archive.streamBytes, at: 18)
        row.bind(archive.entries, at: 19)
        row.bind(archive.deletions, at: 20)
        row.bind(archive.driveSerial, at: 21)
        row.bind(archive.driveFirmware, at: 22)
        row.bind(archive.isAdopted ? 1 : 0, at: 23)
    }

    // MARK: Parts

    static let partColumns = """
        part, volume, state, tape_file, first_block, blocks, head_bytes, stream_offset, length, written_at
        """

    /// Of the archive, or of its index, in order. The index's have negative numbers in the table.
    static func parts(of backup: Int64, ofIndex: Bool = false, _ db: Database) throws -> [PartRecord] {
        let select = try Prepared(
            db, "SELECT \(partColumns) FROM parts WHERE backup = ? AND part \(ofIndex ? "<" : ">") 0 ORDER BY abs(part)"
        )
        select.bind(backup, at: 1)
        return try select.all(part)
    }

    static func part(_ row: Prepared) throws -> PartRecord {
        guard let state = PartRecord.State(rawValue: row.text(2)) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "unknown state of a part")
        }
        var part = PartRecord(
            part: abs(row.int(0)), volume: row.int64(1), state: state, tapeFile: row.int(3), offset: row.int64(7),
            writtenAt: WallTime(milliseconds: row.int64(9)))
        part.isIndex = row.int(0) < 0
        part.firstBlock = row.optional(4)
        part.blocks = row.int64(5)
        part.headBytes = row.int64(6)
        part.length = row.int64(8)
        return part
    }

    static func write(_ part: PartRecord, of backup: Int64, _ db: Database) throws {
        let insert = try Prepared(
            db, "INSERT OR REPLACE INTO parts(backup, \(partColumns)) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        insert.bind(backup, at: 1)
        insert.bind(part.isIndex ? -part.part : part.part, at: 2)
        insert.bind(part.volume, at: 3)
        insert.bind(part.state.rawValue, at: 4)
        insert.bind(part.tapeFile, at: 5)
        insert.bind(part.firstBlock, at: 6)
        insert.bind(part.blocks, at: 7)
        insert.bind(part.headBytes, at: 8)
        insert.bind(part.offset, at: 9)
        insert.bind(part.length, at: 10)
        insert.bind(part.writtenAt.milliseconds, at: 11)
        try insert.run()
    }

    static func write(_ frames: [FrameRecord], of backup: Int64, _ db: Database) throws {
        let insert = try Prepared(db, "INSERT OR REPLACE INTO frames(backup, plain, packed) VALUES(?, ?, ?)")
        for frame in frames {
            insert.bind(backup, at: 1)
            insert.bind(frame.plain, at: 2)
            insert.bind(frame.packed, at: 3)
            try insert.run()
        }
    }
}
