package import BackupModel
import GRDB

// MARK: - What a writer says, in the order in which it happens

extension TapeCatalog {
    /// An archive begins; its number comes back. Entries go to `recorder(for:)`.
    package func begin(_ archive: ArchiveRecord) throws(Failure) -> Int64 {
        try write { db in
            var archive = archive
            archive.id = 0
            archive.state = .writing
            try ArchiveRows.insert(archive, db)
            return db.lastInsertedRowID
        }
    }

    package func recorder(for archive: Int64) -> EntryRecorder { EntryRecorder(catalog, backup: archive) }

    /// Before the first block of a part: after a crash this tells where a torn tape file may be.
    package func beginPart(_ part: PartRecord, of archive: Int64) throws(Failure) {
        try write { db in
            var part = part
            part.state = .writing
            try ArchiveRows.write(part, of: archive, db)
        }
    }

    /// After the synchronous filemark behind a part, of the index too: it counts, and the volume is that much fuller
    /// (F1, F4).
    package func partWritten(
        _ part: PartRecord, of archive: Int64, _ progress: VolumeProgress
    ) throws(Failure) {
        try write { db in
            var part = part
            part.state = .complete
            try ArchiveRows.write(part, of: archive, db)
            try TapeCatalog.apply(progress, db)
        }
    }

    /// A part was not written to its end, and its bytes go elsewhere (F2, F3).
    package func voidPart(
        _ part: Int, isIndex: Bool = false, of archive: Int64, _ progress: VolumeProgress?
    ) throws(Failure) {
        try write { db in
            let update = try Prepared(db, "UPDATE parts SET state = 'void' WHERE backup = ? AND part = ?")
            update.bind(archive, at: 1)
            update.bind(isIndex ? -part : part, at: 2)
            try update.run()
            if let progress { try TapeCatalog.apply(progress, db) }
        }
    }

    /// After the synchronous filemark behind the archive's index: now it counts, not before (F4).
    ///
    /// `archive` has its final facts; `last` is its last part where that was not told before. All parts must be complete then, else this fails with
    /// `ARCHIVE_INCOMPLETE` and nothing is changed.
    package func commit(
        _ archive: ArchiveRecord, last: PartRecord?, frames: [FrameRecord] = [], _ progress: VolumeProgress?
    ) throws(Failure) {
        try write { db in
            if var last {
                last.state = .complete
                try ArchiveRows.write(last, of: archive.id, db)
            }
            let parts = try ArchiveRows.parts(of: archive.id, db).filter { $0.state != .void }
            try TapeCatalog.check(parts, of: archive)
            var archive = archive
            archive.state = .complete
            archive.reason = ""
            try ArchiveRows.update(archive, db)
            try ArchiveRows.write(frames, of: archive.id, db)
            if let progress { try TapeCatalog.apply(progress, db) }
        }
    }

    /// Whole parts, without a gap, as long as the stream where that is not packed.
    private static func check(_ parts: [PartRecord], of archive: ArchiveRecord) throws(Failure) {
        var end: Int64 = 0
        for part in parts {
            guard part.state == .complete, part.offset == end else {
                throw incomplete(archive, "part \(part.part) is not whole, or not where the one before it ends")
            }
            end += part.length
        }
        let isPlain = [.none, .drive].contains(archive.compression) && archive.key.isEmpty
        guard !parts.isEmpty, !isPlain || end == archive.streamBytes else {
            throw incomplete(archive, "its parts have \(end) bytes, its stream \(archive.streamBytes)")
        }
    }

    private static func incomplete(_ archive: ArchiveRecord, _ words: String) -> Failure {
        Failure(
            code: "ARCHIVE_INCOMPLETE", side: .engine, message: words, subject: Array(archive.archive.utf8),
            hint: "the archive stays void; run the job again")
    }

    /// The archive is given up: its parts count for nothing, its entries are swept later.
    package func void(_ archive: Int64, reason: String) throws(Failure) {
        try write { try TapeCatalog.end($0, archive, as: .void, parts: .void, reason: reason) }
    }

    /// An archive was found whole on the tape and is taken over, entries first or afterwards, by a `commit` (F23).
    ///
    /// One that the catalog has begun itself goes on under its number. Fails with `ARCHIVE_KNOWN` when it is complete.
    package func adopt(_ archive: ArchiveRecord, parts: [PartRecord]) throws(Failure) -> Int64 {
        try write { db in
            var archive = archive
            archive.state = .writing
            archive.isAdopted = true
            if let known = try ArchiveRows.find(archive.archive, db) {
                guard known.state != .complete else {
                    throw Failure(
                        code: "ARCHIVE_KNOWN", side: .catalog, message: "the catalog has this archive already",
                        subject: Array(archive.archive.utf8))
                }
                archive.id = known.id
                try ArchiveRows.update(archive, db)
                let delete = try Prepared(db, "DELETE FROM parts WHERE backup = ?")
                delete.bind(known.id, at: 1)
                try delete.run()
            } else {
                try ArchiveRows.insert(archive, db)
                archive.id = db.lastInsertedRowID
            }
            for var part in parts {
                part.state = .complete
                try ArchiveRows.write(part, of: archive.id, db)
            }
            return archive.id
        }
    }

    /// The tape ends before that tape file: parts from there on are lost, and with them their archives, which come back
    /// so that they can be made again (F24).
    package func markLost(
        volume: Int64, from tapeFile: Int, endBlock: Int64?, reason: String
    ) throws(Failure) -> [ArchiveRecord] {
        try write { db in
            let select = try Prepared(
                db,
                """
                SELECT DISTINCT backup FROM parts WHERE volume = ? AND tape_file >= ? AND state IN ('complete', 'writing')
                ORDER BY backup
                """)
            select.bind(volume, at: 1)
            select.bind(tapeFile, at: 2)
            let hit = try select.all { $0.int64(0) }
            let parts = try Prepared(
                db,
                """
                UPDATE parts SET state = 'lost' WHERE volume = ? AND tape_file >= ? AND state IN ('complete', 'writing')
                """)
            parts.bind(volume, at: 1)
            parts.bind(tapeFile, at: 2)
            try parts.run()
            for backup in hit { try TapeCatalog.end(db, backup, as: .lost, parts: nil, reason: reason) }
            var known = try VolumeRows.known(db, volume)
            known.volume.tapeFiles = min(known.volume.tapeFiles, tapeFile)
            known.volume.endBlock = endBlock
            try VolumeRows.write(known.volume, id: volume, db)
            return try hit.compactMap { try ArchiveRows.find($0, db) }
        }
    }

    /// Archive and parts read back and found right, all of them.
    package func verified(_ archive: Int64, at: WallTime) throws(Failure) {
        try write { db in
            let update = try Prepared(db, "UPDATE backups SET verified_at = ? WHERE id = ? AND state = 'complete'")
            update.bind(at.milliseconds, at: 1)
            update.bind(archive, at: 2)
            try update.run()
        }
    }

    /// Removes entries of void archives, at most `limit` directories at a time; false when there is nothing left.
    package func sweep(limit: Int = 2000) throws(Failure) -> Bool {
        try write { db in
            let select = try Prepared(
                db,
                """
                SELECT d.backup, d.dir FROM backups b JOIN backup_dirs d ON d.backup = b.id
                WHERE b.state = 'void' LIMIT ?
                """)
            select.bind(limit, at: 1)
            let places = try select.all { ($0.int64(0), $0.int64(1)) }
            let files = try Prepared(db, "DELETE FROM files WHERE dir = ? AND backup = ?")
            let visits = try Prepared(db, "DELETE FROM backup_dirs WHERE dir = ? AND backup = ?")
            for (backup, dir) in places {
                for statement in [files, visits] {
                    statement.bind(dir, at: 1)
                    statement.bind(backup, at: 2)
                    try statement.run()
                }
            }
            return !places.isEmpty
        }
    }

    // MARK: Steps

    private static func apply(_ progress: VolumeProgress, _ db: Database) throws {
        var known = try VolumeRows.known(db, progress.volume)
        known.volume.tapeFiles = progress.tapeFiles
        known.volume.endBlock = progress.endBlock
        known.volume.used = progress.used
        known.volume.lastWrittenAt = progress.at
        known.volume.state = progress.state
        known.volume.reason = progress.reason
        known.volume.driveSerial = progress.drive.serial
        known.volume.driveFirmware = progress.drive.firmware
        try VolumeRows.write(known.volume, id: known.id, db)
    }

    private static func end(
        _ db: Database, _ backup: Int64, as state: ArchiveRecord.State, parts: PartRecord.State?, reason: String
    ) throws {
        let update = try Prepared(db, "UPDATE backups SET state = ?, reason = ? WHERE id = ?")
        update.bind(state.rawValue, at: 1)
        update.bind(reason, at: 2)
        update.bind(backup, at: 3)
        try update.run()
        if let parts { try endParts(db, "backup = ?2", backup, as: parts, backups: nil) }
    }

    /// Ends the parts of one volume or one archive, and the archives they belong to where asked.
    static func endParts(
        _ db: Database, _ condition: String, _ id: Int64, as state: PartRecord.State, backups: ArchiveRecord.State?
    ) throws {
        if let backups {
            let update = try Prepared(
                db,
                """
                UPDATE backups SET state = ?1 WHERE state IN ('complete', 'writing', 'lost') AND id IN
                    (SELECT backup FROM parts WHERE \(condition) AND state <> 'void')
                """)
            update.bind(backups.rawValue, at: 1)
            update.bind(id, at: 2)
            try update.run()
        }
        let update = try Prepared(db, "UPDATE parts SET state = ?1 WHERE \(condition) AND state <> 'void'")
        update.bind(state.rawValue, at: 1)
        update.bind(id, at: 2)
        try update.run()
    }
}
