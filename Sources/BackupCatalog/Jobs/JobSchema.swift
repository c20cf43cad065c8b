extension Migration {
    /// What jobs remember between runs and engines, every run that ever began, and what holds them.
    static let jobTables = Migration(
        number: 2,
        sql: """
            CREATE TABLE jobs(
                name TEXT PRIMARY KEY, is_enabled INTEGER, skips_next INTEGER NOT NULL, handled_at INTEGER,
                pending TEXT, owed_start TEXT, overlaps INTEGER NOT NULL, interruptions INTEGER NOT NULL);
            CREATE TABLE runs(
                number INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL UNIQUE, job TEXT NOT NULL,
                kind TEXT NOT NULL, cause TEXT NOT NULL, planned_at INTEGER, started_at INTEGER NOT NULL,
                ended_at INTEGER, attempt INTEGER NOT NULL, result TEXT, failure TEXT,
                done_count INTEGER NOT NULL, done_bytes INTEGER NOT NULL, warnings INTEGER NOT NULL);
            CREATE INDEX runs_of ON runs(job, started_at);
            CREATE INDEX runs_begun ON runs(started_at);
            CREATE INDEX runs_good ON runs(job, started_at) WHERE result = 'ok';
            CREATE INDEX runs_open ON runs(number) WHERE result IS NULL;
            CREATE TABLE engine_facts(name TEXT PRIMARY KEY, value TEXT NOT NULL);
            """)
}
