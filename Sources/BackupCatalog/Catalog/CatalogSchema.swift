extension FileKind {
    /// `catalog.sqlite`: what is where and what happened. Each room of the house adds numbered steps for its tables.
    static let catalog = FileKind(
        applicationID: 0x4846_6361,  // HFca
        migrations: [
            Migration(
                number: 1,
                sql: """
                    CREATE TABLE events(
                        number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, severity INTEGER NOT NULL,
                        component TEXT NOT NULL, code TEXT NOT NULL, job TEXT NOT NULL, message TEXT NOT NULL,
                        failure TEXT);
                    CREATE INDEX events_grave ON events(number) WHERE severity >= 2;
                    CREATE TABLE evidence(
                        number INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, job TEXT NOT NULL,
                        volume TEXT NOT NULL, run TEXT, method TEXT NOT NULL, result TEXT NOT NULL,
                        proved_count INTEGER NOT NULL, proved_bytes INTEGER NOT NULL,
                        failed_count INTEGER NOT NULL, failed_bytes INTEGER NOT NULL, by TEXT NOT NULL);
                    CREATE INDEX evidence_of ON evidence(job, number);
                    """),
            .jobTables,
            .operatorTables,
            .outbox,
            .tapeTables,
            .indexParts,
        ])
}
