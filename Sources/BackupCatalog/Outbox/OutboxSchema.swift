extension Migration {
    /// What is to be told, what was told, and which alerts people know of.
    ///
    /// Ended messages are kept for a time: their ids keep the same thing from being told again after a restart.
    static let outbox = Migration(
        number: 4,
        sql: """
            CREATE TABLE outbox(
                number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, channel TEXT NOT NULL,
                occasion TEXT NOT NULL, topic TEXT NOT NULL, severity INTEGER NOT NULL, subject TEXT NOT NULL,
                body TEXT NOT NULL, facts TEXT NOT NULL, created_at INTEGER NOT NULL, attempts INTEGER NOT NULL,
                not_before INTEGER NOT NULL, state TEXT NOT NULL, ended_at INTEGER, problem TEXT NOT NULL,
                joined_to TEXT);
            CREATE INDEX outbox_waiting ON outbox(number) WHERE state = 'waiting';
            CREATE INDEX outbox_ended ON outbox(ended_at) WHERE ended_at IS NOT NULL;
            CREATE INDEX outbox_joined ON outbox(joined_to) WHERE joined_to IS NOT NULL;
            CREATE INDEX outbox_digests ON outbox(created_at) WHERE occasion = 'digest';
            CREATE TABLE told_alerts(key TEXT PRIMARY KEY, told TEXT NOT NULL) WITHOUT ROWID;
            """)
}
