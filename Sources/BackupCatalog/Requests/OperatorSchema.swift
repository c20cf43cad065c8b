extension Migration {
    /// Questions to the operator, alerts, orders with their results, and the engine's own life.
    static let operatorTables = Migration(
        number: 3,
        sql: """
            CREATE TABLE requests(
                number INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, subject TEXT NOT NULL,
                is_open INTEGER NOT NULL, request TEXT NOT NULL, untaken TEXT NOT NULL);
            CREATE UNIQUE INDEX requests_open ON requests(kind, subject) WHERE is_open = 1;
            CREATE INDEX requests_untaken ON requests(number) WHERE untaken <> '[]';
            CREATE TABLE alerts(
                id INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL, origin TEXT NOT NULL);
            CREATE TABLE audit(
                number INTEGER PRIMARY KEY AUTOINCREMENT, order_id TEXT NOT NULL, at INTEGER NOT NULL,
                order_text TEXT NOT NULL, words TEXT NOT NULL, result TEXT);
            CREATE UNIQUE INDEX audit_order ON audit(order_id);
            CREATE INDEX audit_begun ON audit(number) WHERE result IS NULL;
            CREATE TABLE engine_lives(
                number INTEGER PRIMARY KEY AUTOINCREMENT, started_at INTEGER NOT NULL, ended_at INTEGER);
            """)
}
