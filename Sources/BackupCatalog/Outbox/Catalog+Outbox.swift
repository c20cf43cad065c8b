package import BackupModel
import Foundation
import GRDB

/// The durable outbox. Each call is one transaction; when it returns, a power cut does not undo it.
extension Catalog {
    /// Keeps messages, and in the same transaction which alerts people now know of and which are settled.
    ///
    /// Messages of `insteadOf` that nobody began to send end with it: these are told in their place.
    /// A message whose id was kept before, waiting or ended, is left out. Returns those that are new.
    package func post(
        _ messages: [Message], telling: [ToldAlert] = [], settling: [String] = [], insteadOf old: [String] = [],
        at now: WallTime = WallTime(milliseconds: 0)
    ) throws(Failure) -> [Message] {
        try file.write { db in
            let new = try messages.filter { try Catalog.insert($0, db) }
            let tell = try Prepared(db, "INSERT OR REPLACE INTO told_alerts(key, told) VALUES(?, ?)")
            for told in telling {
                tell.bind(told.key, at: 1)
                tell.bind(try json(told), at: 2)
                try tell.run()
            }
            let settle = try Prepared(db, "DELETE FROM told_alerts WHERE key = ?")
            for key in settling {
                settle.bind(key, at: 1)
                try settle.run()
            }
            let supersede = try Prepared(
                db,
                """
                UPDATE outbox SET state = 'superseded', ended_at = ?
                WHERE id = ? AND state = 'waiting' AND attempts = 0
                """)
            for id in old {
                supersede.bind(now.milliseconds, at: 1)
                supersede.bind(id, at: 2)
                try supersede.run()
            }
            return new
        }
    }

    /// Notes before a delivery that it begins, so that a crash in it delays the next one and its content stays.
    package func begin(_ message: Message) throws(Failure) {
        try file.write { db in
            let update = try Prepared(db, "UPDATE outbox SET attempts = ?, not_before = ? WHERE id = ?")
            update.bind(message.attempts, at: 1)
            update.bind(message.notBefore.milliseconds, at: 2)
            update.bind(message.id, at: 3)
            try update.run()
        }
    }

    /// Keeps when a message is tried again, and why it was not delivered.
    package func postpone(_ message: Message, problem: String) throws(Failure) {
        try file.write { db in
            let update = try Prepared(db, "UPDATE outbox SET not_before = ?, problem = ? WHERE id = ?")
            update.bind(message.notBefore.milliseconds, at: 1)
            update.bind(problem, at: 2)
            update.bind(message.id, at: 3)
            try update.run()
        }
    }

    /// Makes several waiting messages one: `whole` is kept, new or in place of what had its id, the others end as its
    /// parts.
    package func join(_ ids: [String], into whole: Message) throws(Failure) {
        try file.write { db in
            if try !Catalog.insert(whole, db) { try Catalog.rewrite(whole, db) }
            let join = try Prepared(
                db, "UPDATE outbox SET state = 'joined', joined_to = ? WHERE id = ? AND state = 'waiting'")
            // Parts of a part are parts of the whole.
            let lift = try Prepared(db, "UPDATE outbox SET joined_to = ? WHERE joined_to = ?")
            for id in ids where id != whole.id {
                for statement in [join, lift] {
                    statement.bind(whole.id, at: 1)
                    statement.bind(id, at: 2)
                    try statement.run()
                }
            }
        }
    }

    /// Ends a message and its parts.
    package func end(_ id: String, _ end: MessageEnd, at: WallTime, problem: String = "") throws(Failure) {
        try file.write { db in
            let update = try Prepared(
                db, "UPDATE outbox SET state = ?, ended_at = ?, problem = ? WHERE id = ? AND state = 'waiting'")
            update.bind(end.rawValue, at: 1)
            update.bind(at.milliseconds, at: 2)
            update.bind(problem, at: 3)
            update.bind(id, at: 4)
            try update.run()
            let parts = try Prepared(db, "UPDATE outbox SET ended_at = ? WHERE joined_to = ?")
            parts.bind(at.milliseconds, at: 1)
            parts.bind(id, at: 2)
            try parts.run()
        }
    }

    /// Removes what ended before a time, at most a thousand at once; returns how many.
    @discardableResult
    package func forgetMessages(endedBefore time: WallTime) throws(Failure) -> Int {
        try file.write { db in
            let delete = try Prepared(
                db,
                """
                DELETE FROM outbox WHERE number IN (
                    SELECT number FROM outbox WHERE ended_at IS NOT NULL AND ended_at < ? LIMIT 1000)
                """)
            delete.bind(time.milliseconds, at: 1)
            try delete.run()
            return db.changesCount
        }
    }

    // MARK: Asking

    /// What is not told yet, oldest first.
    package func waitingMessages() throws(Failure) -> [Message] {
        try file.read { db in
            try Prepared(
                db,
                """
                SELECT id, channel, occasion, topic, severity, subject, body, facts, created_at, attempts, not_before
                FROM outbox WHERE state = 'waiting' ORDER BY number
                """
            ).all(Catalog.message)
        }
    }

    /// What went out since a time, alone or as a part.
    package func sentMessages(since: WallTime) throws(Failure) -> [SentMessage] {
        try file.read { db in
            let select = try Prepared(
                db,
                """
                SELECT channel, occasion, topic, severity, ended_at, joined_to FROM outbox
                WHERE ended_at IS NOT NULL AND ended_at >= ? AND state NOT IN ('refused', 'superseded') ORDER BY ended_at
                """)
            select.bind(since.milliseconds, at: 1)
            return try select.all { row in
                SentMessage(
                    channel: row.text(0), occasion: try Catalog.occasion(row.text(1)), topic: row.text(2),
                    severity: Severity(rawValue: row.int(3)) ?? .error, at: WallTime(milliseconds: row.int64(4)),
                    wasJoined: !row.isNull(5))
            }
        }
    }

    /// When the newest digest was made.
    package func newestDigest() throws(Failure) -> WallTime? {
        try file.read { db in
            try Prepared(
                db,
                """
                SELECT created_at FROM outbox WHERE occasion = 'digest' ORDER BY created_at DESC LIMIT 1
                """
            ).first { WallTime(milliseconds: $0.int64(0)) }
        }
    }

    /// The alerts that people know of and whose end they were not told.
    package func toldAlerts() throws(Failure) -> [ToldAlert] {
        try file.read { db in
            try Prepared(db, "SELECT told FROM told_alerts ORDER BY key").all { row in
                try JSONDecoder().decode(ToldAlert.self, from: Data(row.bytes(0)))
            }
        }
    }

    // MARK: Rows

    /// False when its id is there already.
    private static func insert(_ message: Message, _ db: Database) throws -> Bool {
        let insert = try Prepared(
            db,
            """
            INSERT OR IGNORE INTO outbox(id, channel, occasion, topic, severity, subject, body, facts, created_at,
                attempts, not_before, state, problem) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', '')
            """)
        insert.bind(message.id, at: 1)
        insert.bind(message.channel, at: 2)
        insert.bind(message.occasion.rawValue, at: 3)
        insert.bind(message.topic, at: 4)
        insert.bind(message.severity.rawValue, at: 5)
        insert.bind(message.subject, at: 6)
        insert.bind(message.body, at: 7)
        insert.bind(try json(message.facts), at: 8)
        insert.bind(message.createdAt.milliseconds, at: 9)
        insert.bind(message.attempts, at: 10)
        insert.bind(message.notBefore.milliseconds, at: 11)
        try insert.run()
        return db.changesCount > 0
    }

    private static func rewrite(_ message: Message, _ db: Database) throws {
        let update = try Prepared(
            db,
            """
            UPDATE outbox SET subject = ?, body = ?, facts = ?, severity = ?, not_before = ?
            WHERE id = ? AND state = 'waiting'
            """)
        update.bind(message.subject, at: 1)
        update.bind(message.body, at: 2)
        update.bind(try json(message.facts), at: 3)
        update.bind(message.severity.rawValue, at: 4)
        update.bind(message.notBefore.milliseconds, at: 5)
        update.bind(message.id, at: 6)
        try update.run()
    }

    private static func message(_ row: Prepared) throws -> Message {
        var message = Message(
            id: row.text(0), channel: row.text(1), occasion: try occasion(row.text(2)), topic: row.text(3),
            subject: row.text(5), body: row.text(6), severity: Severity(rawValue: row.int(4)) ?? .error,
            facts: try JSONDecoder().decode([Message.Fact].self, from: Data(row.bytes(7))),
            createdAt: WallTime(milliseconds: row.int64(8)), notBefore: WallTime(milliseconds: row.int64(10)))
        message.attempts = row.int(9)
        return message
    }

    private static func occasion(_ text: String) throws -> Message.Occasion {
        guard let occasion = Message.Occasion(rawValue: text) else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "unknown occasion of a message")
        }
        return occasion
    }
}
