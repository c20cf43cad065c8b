package import BackupModel
import Foundation
import GRDB

/// A request with the jobs that have not acted on its end yet; the row as it is kept.
package struct KeptRequest: Hashable, Sendable {
    package var request: Request
    /// Jobs that waited for it and were not told its end before the engine ended.
    package var untaken: Set<String>

    package init(_ request: Request, untaken: Set<String> = []) {
        self.request = request
        self.untaken = untaken
    }
}

/// The requests, numbered for ever: what is open survives every end of the engine.
///
/// Calls block: give it a thread of its own.
package struct RequestStore: Sendable {
    private let catalog: Catalog

    package init(_ catalog: Catalog) { self.catalog = catalog }

    /// What a board begins with: everything open, ended requests that somebody has not acted on, and the newest ended
    /// ones, which tell a late answer who was first; all in order of number.
    package func restore() throws(Failure) -> (kept: [KeptRequest], lastNumber: Int) {
        try catalog.file.read { db in
            let select = try Prepared(
                db,
                """
                SELECT request, untaken FROM requests WHERE is_open = 1 OR untaken <> '[]'
                    OR number > (SELECT coalesce(max(number), 0) - ? FROM requests) ORDER BY number
                """)
            select.bind(RequestStore.rememberedClosed, at: 1)
            let kept = try select.all { row in
                KeptRequest(
                    try JSONDecoder().decode(Request.self, from: Data(row.bytes(0))),
                    untaken: try JSONDecoder().decode(Set<String>.self, from: Data(row.bytes(1))))
            }
            return (kept, try lastUsed(db, "requests"))
        }
    }

    /// Keeps changed requests, and with `finishing` the result of the order that changed them, in one transaction.
    package func save(_ changed: [KeptRequest], finishing order: FinishedOrder? = nil) throws(Failure) {
        guard !changed.isEmpty || order != nil else { return }
        try catalog.file.write { db in
            let save = try Prepared(
                db,
                """
                INSERT INTO requests(number, kind, subject, is_open, request, untaken) VALUES(?, ?, ?, ?, ?, ?)
                ON CONFLICT(number) DO UPDATE SET is_open = excluded.is_open, request = excluded.request,
                    untaken = excluded.untaken
                """)
            for kept in changed {
                save.bind(kept.request.number, at: 1)
                save.bind(kept.request.kind.rawValue, at: 2)
                save.bind(kept.request.subject, at: 3)
                save.bind(kept.request.isOpen ? 1 : 0, at: 4)
                save.bind(try json(kept.request), at: 5)
                save.bind(try json(kept.untaken.sorted()), at: 6)
                try save.run()
            }
            if let order { try order.write(db) }
            if changed.contains(where: { !$0.request.isOpen }) { try prune(db) }
        }
    }

    /// Ended requests, newest first; at most 200 KiB of them, so that a page fits a frame.
    package func history(limit: Int) throws(Failure) -> [Request] {
        try catalog.file.read { db in
            let select = try Prepared(
                db, "SELECT request FROM requests WHERE is_open = 0 ORDER BY number DESC LIMIT ?")
            select.bind(max(0, limit), at: 1)
            var size = PageSize()
            return try select.all { row in
                let bytes = row.bytes(0)
                return size.takes(bytes.count) ? try JSONDecoder().decode(Request.self, from: Data(bytes)) : nil
            }.compactMap { $0 }
        }
    }

    /// The newest `keptClosed` ended requests stay.
    private func prune(_ db: Database) throws {
        let prune = try Prepared(
            db,
            """
            DELETE FROM requests WHERE is_open = 0 AND untaken = '[]'
                AND number <= (SELECT max(number) FROM requests) - ?
            """)
        prune.bind(RequestStore.keptClosed, at: 1)
        try prune.run()
    }

    /// How many of the newest numbers a board knows.
    private static let rememberedClosed = 200
    private static let keptClosed = 10_000
}

/// Bounds an answer by bytes; the first row always fits.
struct PageSize {
    private var used = 0
    private static let limit = 200 << 10

    mutating func takes(_ bytes: Int) -> Bool {
        used += bytes
        return used <= PageSize.limit || used == bytes
    }
}

/// The highest number that an AUTOINCREMENT table ever gave.
func lastUsed(_ db: Database, _ table: String) throws -> Int {
    let select = try Prepared(db, "SELECT seq FROM sqlite_sequence WHERE name = ?")
    select.bind(table, at: 1)
    return try select.first { $0.int(0) } ?? 0
}
