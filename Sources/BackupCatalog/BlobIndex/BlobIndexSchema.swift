extension FileKind {
    /// One mirror's index: `mirrors/NAME.sqlite`. Column and table names are read by auditors; keep them.
    ///
    /// Two partial indexes shrink as the work does, so the next page costs the same at 1 % and at 99 % done (N12).
    /// Their WHERE texts are repeated word for word in the queries that use them.
    static let blobIndex = FileKind(
        applicationID: 0x4846_6269,  // HFbi
        migrations: [
            Migration(
                number: 1,
                sql: """
                    CREATE TABLE volumes(
                        id INTEGER PRIMARY KEY, uuid TEXT UNIQUE NOT NULL, identity TEXT, capabilities TEXT,
                        generation INTEGER, nonce TEXT, intended_generation INTEGER, intended_nonce TEXT,
                        last_full_walk INTEGER);
                    CREATE TABLE blobs(
                        volume INTEGER, blob BLOB, size INTEGER, state INTEGER, attempts INTEGER, run TEXT,
                        proved_at INTEGER, PRIMARY KEY(volume, blob)) WITHOUT ROWID;
                    CREATE INDEX blobs_waiting ON blobs(volume, blob) WHERE state IN (0, 9);
                    CREATE INDEX blobs_begun ON blobs(volume, blob) WHERE state IN (1, 2);
                    CREATE INDEX blobs_proved ON blobs(volume, proved_at, blob) WHERE state IN (3, 4);
                    CREATE TABLE failures(
                        volume INTEGER, blob BLOB, code TEXT, side TEXT, message TEXT, subject BLOB, errno INTEGER,
                        operation TEXT, hint TEXT, transient INTEGER, at INTEGER,
                        PRIMARY KEY(volume, blob)) WITHOUT ROWID;
                    CREATE TABLE tallies(
                        volume INTEGER, state INTEGER, count INTEGER, bytes INTEGER,
                        PRIMARY KEY(volume, state)) WITHOUT ROWID;
                    CREATE TABLE cells(
                        volume INTEGER, cell INTEGER, state INTEGER, count INTEGER,
                        PRIMARY KEY(volume, cell, state)) WITHOUT ROWID;
                    CREATE TABLE buckets(
                        volume INTEGER, bucket INTEGER, modified INTEGER, changed INTEGER, settled INTEGER,
                        count INTEGER, PRIMARY KEY(volume, bucket)) WITHOUT ROWID;
                    CREATE TABLE vanished(
                        volume INTEGER, blob BLOB, bucket INTEGER, applied INTEGER,
                        PRIMARY KEY(volume, blob)) WITHOUT ROWID;
                    CREATE INDEX vanished_noted ON vanished(volume, blob) WHERE applied = 0;
                    CREATE TABLE runs(
                        number INTEGER PRIMARY KEY, volume INTEGER, run TEXT, kind TEXT, started_at INTEGER,
                        ended_at INTEGER, result TEXT, summary TEXT, UNIQUE(volume, run));
                    CREATE INDEX runs_newest ON runs(volume, number);
                    """)
        ])
}
