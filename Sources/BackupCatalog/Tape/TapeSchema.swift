extension Migration {
    /// Tapes: pools, volumes, what lies where on them, and what drives and media did on the way.
    ///
    /// A file's row says where it is in its archive's stream; the parts say where the stream is. `extents` joins the
    /// two, so that a part written anew elsewhere moves its files by one row. Names are bytes. `files` goes without a
    /// rowid: versions of a name lie together, in the order of the walk.
    static let tapeTables = Migration(
        number: 5,
        sql: """
            CREATE TABLE pools(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, settings TEXT NOT NULL);
            CREATE TABLE volumes(
                id INTEGER PRIMARY KEY, label TEXT NOT NULL, nonce TEXT UNIQUE, intended_nonce TEXT UNIQUE,
                barcode TEXT NOT NULL, pool TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
                generation TEXT, is_worm INTEGER NOT NULL, is_worn INTEGER NOT NULL, serial TEXT NOT NULL,
                block_size INTEGER NOT NULL, capacity INTEGER, used INTEGER NOT NULL, tape_files INTEGER NOT NULL,
                end_block INTEGER, labelled_at INTEGER, last_written_at INTEGER, loads INTEGER NOT NULL,
                soft_errors INTEGER NOT NULL, hard_errors INTEGER NOT NULL, place TEXT NOT NULL,
                drive_serial TEXT NOT NULL, drive_firmware TEXT NOT NULL);
            CREATE INDEX volumes_label ON volumes(label, id);
            CREATE INDEX volumes_barcode ON volumes(barcode) WHERE barcode <> '';
            CREATE TABLE label_history(
                number INTEGER PRIMARY KEY AUTOINCREMENT, volume INTEGER NOT NULL, at INTEGER NOT NULL,
                label TEXT NOT NULL, nonce TEXT, pool TEXT NOT NULL, by TEXT NOT NULL);
            CREATE INDEX label_history_of ON label_history(volume);
            CREATE TABLE backups(
                id INTEGER PRIMARY KEY AUTOINCREMENT, archive TEXT NOT NULL UNIQUE, set_id TEXT NOT NULL,
                job TEXT NOT NULL, run TEXT, pool TEXT NOT NULL, base INTEGER, state TEXT NOT NULL,
                reason TEXT NOT NULL, strategy TEXT NOT NULL, started_at INTEGER NOT NULL, finished_at INTEGER,
                expires_at INTEGER, verified_at INTEGER, block_size INTEGER NOT NULL, compression TEXT NOT NULL,
                key_id TEXT NOT NULL, stream_bytes INTEGER NOT NULL, entries INTEGER NOT NULL,
                deletions INTEGER NOT NULL, drive_serial TEXT NOT NULL, drive_firmware TEXT NOT NULL,
                is_adopted INTEGER NOT NULL);
            CREATE INDEX backups_of ON backups(job, started_at);
            CREATE INDEX backups_on ON backups(base) WHERE base IS NOT NULL;
            CREATE TABLE parts(
                backup INTEGER NOT NULL, part INTEGER NOT NULL, volume INTEGER NOT NULL, state TEXT NOT NULL,
                tape_file INTEGER NOT NULL, first_block INTEGER, blocks INTEGER NOT NULL,
                head_bytes INTEGER NOT NULL, stream_offset INTEGER NOT NULL, length INTEGER NOT NULL,
                written_at INTEGER NOT NULL, PRIMARY KEY(backup, part)) WITHOUT ROWID;
            CREATE INDEX parts_on ON parts(volume, tape_file);
            CREATE TABLE frames(
                backup INTEGER NOT NULL, plain INTEGER NOT NULL, packed INTEGER NOT NULL,
                PRIMARY KEY(backup, plain)) WITHOUT ROWID;
            CREATE TABLE dirs(id INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name BLOB NOT NULL,
                UNIQUE(parent, name));
            CREATE TABLE backup_dirs(
                backup INTEGER NOT NULL, dir INTEGER NOT NULL, PRIMARY KEY(backup, dir)) WITHOUT ROWID;
            CREATE TABLE files(
                dir INTEGER NOT NULL, name BLOB NOT NULL, backup INTEGER NOT NULL, kind INTEGER NOT NULL,
                size INTEGER NOT NULL, mtime, ctime, inode INTEGER NOT NULL, mode INTEGER NOT NULL,
                uid INTEGER NOT NULL, gid INTEGER NOT NULL, hash BLOB, link BLOB, start INTEGER NOT NULL,
                head INTEGER NOT NULL, stored INTEGER, flaw INTEGER NOT NULL,
                PRIMARY KEY(dir, name, backup)) WITHOUT ROWID;
            CREATE VIEW extents AS
                SELECT f.dir, f.name, f.backup, p.part, p.volume, p.tape_file,
                    (p.head_bytes + max(f.start, p.stream_offset) - p.stream_offset) / b.block_size AS block,
                    (p.head_bytes + max(f.start, p.stream_offset) - p.stream_offset) % b.block_size AS block_offset,
                    min(f.start + f.head + ifnull(f.stored, f.size), p.stream_offset + p.length)
                        - max(f.start, p.stream_offset) AS length
                FROM files f JOIN backups b ON b.id = f.backup
                    JOIN parts p ON p.backup = f.backup AND p.stream_offset < f.start + f.head + ifnull(f.stored, f.size)
                        AND p.stream_offset + p.length > f.start
                WHERE p.state = 'complete' AND b.compression IN ('none', 'drive') AND b.key_id = '' AND f.kind <> 15;
            CREATE TABLE tape_errors(
                number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, drive TEXT NOT NULL, volume INTEGER,
                job TEXT NOT NULL, run TEXT, kind TEXT NOT NULL, operation TEXT NOT NULL, detail TEXT NOT NULL,
                tape_file INTEGER, block INTEGER, sense TEXT, errno INTEGER NOT NULL);
            CREATE INDEX tape_errors_volume ON tape_errors(volume, number) WHERE volume IS NOT NULL;
            CREATE INDEX tape_errors_drive ON tape_errors(drive, number);
            CREATE TABLE drive_history(
                number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, drive TEXT NOT NULL,
                firmware TEXT NOT NULL, volume INTEGER, job TEXT NOT NULL, run TEXT, health TEXT NOT NULL,
                flow TEXT NOT NULL);
            CREATE INDEX drive_history_drive ON drive_history(drive, number);
            CREATE INDEX drive_history_volume ON drive_history(volume, number) WHERE volume IS NOT NULL;
            """)

    /// The tape files of indexes stand among the parts, with negative numbers: they keep a volume from being written
    /// anew and are lost with it like all others, but hold nothing of an archive's stream.
    static let indexParts = Migration(
        number: 6,
        sql: """
            DROP VIEW extents;
            CREATE VIEW extents AS
                SELECT f.dir, f.name, f.backup, p.part, p.volume, p.tape_file,
                    (p.head_bytes + max(f.start, p.stream_offset) - p.stream_offset) / b.block_size AS block,
                    (p.head_bytes + max(f.start, p.stream_offset) - p.stream_offset) % b.block_size AS block_offset,
                    min(f.start + f.head + ifnull(f.stored, f.size), p.stream_offset + p.length)
                        - max(f.start, p.stream_offset) AS length
                FROM files f JOIN backups b ON b.id = f.backup
                    JOIN parts p ON p.backup = f.backup AND p.stream_offset < f.start + f.head + ifnull(f.stored, f.size)
                        AND p.stream_offset + p.length > f.start
                WHERE p.part > 0 AND p.state = 'complete' AND b.compression IN ('none', 'drive') AND b.key_id = '' AND f.kind <> 15;
            """)
}
