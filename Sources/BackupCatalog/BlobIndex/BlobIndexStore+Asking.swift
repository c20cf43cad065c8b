package import BackupModel
import Foundation
import GRDB

extension BlobIndexStore {
    package func tally(volume: String) throws(Failure) -> Tally {
        try file.read { db in try TallyChange.tally(db, volume: try key(db, volume).id) }
    }

    /// 256 cells, by the leading byte of the name.
    package func map(volume: String) throws(Failure) -> [MapCell] {
        try file.read { db in try TallyChange.map(db, volume: try key(db, volume).id) }
    }

    package func record(of blob: BlobID, volume: String) throws(Failure) -> BlobRecord? {
        try file.read { db in
            let select = try Prepared(
                db, "SELECT blob, size, state, attempts FROM blobs WHERE volume = ? AND blob = ?")
            select.bind(try key(db, volume).id, at: 1)
            select.bind(blob, at: 2)
            return try select.first(BlobRecord.init)
        }
    }

    /// Blobs with a reason, in order of name: failed ones, and waiting ones whose last try failed.
    package func failures(volume: String, after: BlobID?, limit: Int) throws(Failure) -> [BlobFailure] {
        try file.read { db in
            try BlobIndexStore.failures(db, volume: try key(db, volume).id, after: after, limit: limit)
        }
    }

    /// Blobs that `failures` lists back to `pending` with no attempts, all or one, except those being copied; returns
    /// how many. Done in steps, each durable, so that a million of them do not hold the file.
    package func requeue(_ blob: BlobID?, volume: String) throws(Failure) -> Int {
        if let blob { return try requeue(from: nil, only: blob, volume: volume).count }
        var total = 0
        var last: BlobID?
        repeat {
            let step = try requeue(from: last, only: nil, volume: volume)
            total += step.count
            last = step.last
        } while last != nil
        return total
    }

    private func requeue(
        from: BlobID?, only: BlobID?, volume: String
    ) throws(Failure) -> (count: Int, last: BlobID?) {
        try file.write { db in
            let id = try key(db, volume).id
            var rows = try BlobRows(db, volume: id)
            let page = try only.map { [$0] } ?? BlobIndexStore.reasons(db, volume: id, after: from)
            var count = 0
            for blob in page {
                guard let old = try rows.find(blob), try only == nil || BlobIndexStore.hasReason(db, id, blob),
                    !old.state.isSafe, old.state != .copying, old.state != .claimed
                else { continue }
                try rows.replace(old, by: BlobRecord(id: blob, size: old.size))
                try rows.forgetReason(of: blob)
                count += 1
            }
            try rows.change.apply(db, volume: id)
            return (count, page.last)
        }
    }

    private static func reasons(_ db: Database, volume: Int64, after: BlobID?) throws -> [BlobID] {
        let select = try Prepared(
            db, "SELECT blob FROM failures WHERE volume = ? AND blob > ? ORDER BY blob LIMIT 10000")
        select.bind(volume, at: 1)
        select.bind(after, at: 2)
        return try select.all { try $0.blob(0) }
    }

    private static func hasReason(_ db: Database, _ volume: Int64, _ blob: BlobID) throws -> Bool {
        let select = try Prepared(db, "SELECT 1 FROM failures WHERE volume = ? AND blob = ?")
        select.bind(volume, at: 1)
        select.bind(blob, at: 2)
        return try select.first { _ in true } ?? false
    }

    private static func failures(
        _ db: Database, volume: Int64, after: BlobID?, limit: Int
    ) throws -> [BlobFailure] {
        let select = try Prepared(db, BlobFailure.failuresSQL)
        select.bind(volume, at: 1)
        select.bind(after, at: 2)
        select.bind(limit, at: 3)
        return try select.all(BlobFailure.init)
    }

    // MARK: Runs

    package func begin(_ run: RunSummary, volume: String) throws(Failure) { try save(run, volume) }

    package func end(_ run: RunSummary, volume: String) throws(Failure) { try save(run, volume) }

    /// The newest first, by the order in which they began; those that died have no result.
    package func runs(volume: String, limit: Int) throws(Failure) -> [RunSummary] {
        try file.read { db in
            let select = try Prepared(db, "SELECT summary FROM runs WHERE volume = ? ORDER BY number DESC LIMIT ?")
            select.bind(try key(db, volume).id, at: 1)
            select.bind(limit, at: 2)
            return try select.all { try JSONDecoder().decode(RunSummary.self, from: Data($0.bytes(0))) }
        }
    }

    /// The newest `keptRuns` of a volume are kept.
    private func save(_ run: RunSummary, _ volume: String) throws(Failure) {
        try file.write { db in
            let id = try key(db, volume).id
            let save = try Prepared(
                db,
                """
                INSERT INTO runs(volume, run, kind, started_at, ended_at, result, summary) VALUES(?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT(volume, run) DO UPDATE SET kind = excluded.kind, started_at = excluded.started_at,
                    ended_at = excluded.ended_at, result = excluded.result, summary = excluded.summary
                """)
            save.bind(id, at: 1)
            save.bind(run.run.text, at: 2)
            save.bind(run.kind.rawValue, at: 3)
            save.bind(run.startedAt.milliseconds, at: 4)
            save.bind(run.endedAt?.milliseconds, at: 5)
            save.bind(run.result?.rawValue, at: 6)
            save.bind(try json(run), at: 7)
            try save.run()
            let prune = try Prepared(
                db,
                """
                DELETE FROM runs WHERE volume = ?1 AND number <= (
                    SELECT number FROM runs WHERE volume = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
                """)
            prune.bind(id, at: 1)
            prune.bind(BlobIndexStore.keptRuns, at: 2)
            try prune.run()
        }
    }

    /// Some 27 years of nightly runs.
    static var keptRuns: Int { 10_000 }
}
