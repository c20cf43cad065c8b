package import BackupModel
import GRDB

extension BlobIndexStore {
    /// What the last finished listing of each bucket was; missing for buckets never listed.
    package func stamps(volume: String) throws(Failure) -> [Int: BucketStamp] {
        try file.read { db in
            let select = try Prepared(
                db, "SELECT bucket, modified, changed, settled, count FROM buckets WHERE volume = ?")
            select.bind(try key(db, volume).id, at: 1)
            var stamps: [Int: BucketStamp] = [:]
            defer { select.reset() }
            while try select.step() {
                stamps[select.int(0)] = BucketStamp(
                    modified: select.int64(1), changed: select.int64(2), isSettled: select.int(3) != 0,
                    count: select.int(4))
            }
            return stamps
        }
    }

    /// Adds new blobs as pending and notes the vanished ones; resumable, since each bucket's stamp goes with its rows.
    ///
    /// A `source_missing` blob that is listed again becomes pending. A listed size replaces that of a blob without a
    /// safe copy.
    package func record(_ buckets: [ScannedBucket], volume: String) throws(Failure) -> ScanDelta {
        try file.write { db in
            let key = try key(db, volume)
            var recorder = try BucketRecorder(db, key)
            for bucket in buckets { try recorder.record(bucket) }
            try recorder.rows.change.apply(db, volume: key.id)
            return recorder.delta
        }
    }

    /// Blobs noted as vanished and not yet applied, in order of name.
    package func vanished(volume: String, after: BlobID?, limit: Int) throws(Failure) -> [BlobID] {
        try file.read { db in
            try BlobIndexStore.vanished(db, volume: try key(db, volume).id, after: after, limit: limit)
        }
    }

    /// Ends a scan: vanished blobs that had no safe copy become `source_missing`, except those in `stillThere`; safe
    /// copies stay safe. Blobs that a run has begun wait for the next scan: what the run left must be settled first.
    ///
    /// Done in steps, each durable; a step that was not reached is done by the next scan.
    package func finishScan(
        volume: String, stillThere: Set<BlobID>, fullWalkAt: WallTime?
    ) throws(Failure) {
        var last: BlobID?
        repeat {
            last = try applyVanished(volume: volume, after: last, stillThere: stillThere)
        } while last != nil
        guard let fullWalkAt else { return }
        try file.write { db in
            let update = try Prepared(db, "UPDATE volumes SET last_full_walk = ? WHERE id = ?")
            update.bind(fullWalkAt.milliseconds, at: 1)
            update.bind(try key(db, volume).id, at: 2)
            try update.run()
        }
    }

    /// Forgets the noted vanished blobs, when the scan was refused, and the stamps of their buckets, so that the next
    /// scan lists them again.
    package func abandonScan(volume: String) throws(Failure) {
        try file.write { db in
            let id = try key(db, volume).id
            for sql in [
                """
                DELETE FROM buckets WHERE volume = ?1 AND bucket IN (
                    SELECT bucket FROM vanished WHERE volume = ?1 AND applied = 0)
                """,
                "DELETE FROM vanished WHERE volume = ?1 AND applied = 0",
            ] {
                let delete = try Prepared(db, sql)
                delete.bind(id, at: 1)
                try delete.run()
            }
        }
    }

    package func lastFullWalk(volume: String) throws(Failure) -> WallTime? {
        try file.read { db in
            let select = try Prepared(db, "SELECT last_full_walk FROM volumes WHERE id = ?")
            select.bind(try key(db, volume).id, at: 1)
            return try select.first { $0.isNull(0) ? nil : WallTime(milliseconds: $0.int64(0)) } ?? nil
        }
    }

    private func applyVanished(
        volume: String, after: BlobID?, stillThere: Set<BlobID>
    ) throws(Failure) -> BlobID? {
        try file.write { db in
            let id = try key(db, volume).id
            let page = try BlobIndexStore.vanished(db, volume: id, after: after, limit: 10_000)
            var rows = try BlobRows(db, volume: id)
            let apply = try Prepared(db, "UPDATE vanished SET applied = 1 WHERE volume = ? AND blob = ?")
            let drop = try Prepared(db, "DELETE FROM vanished WHERE volume = ? AND blob = ?")
            for blob in page {
                let old = try rows.find(blob)
                if old?.state == .copying || old?.state == .claimed { continue }
                let isGone = old != nil && !stillThere.contains(blob)
                let mark = isGone ? apply : drop
                mark.bind(id, at: 1)
                mark.bind(blob, at: 2)
                try mark.run()
                guard isGone, let old, !old.state.isSafe, old.state != .sourceMissing else { continue }
                var missing = old
                missing.state = .sourceMissing
                try rows.replace(old, by: missing)
                try rows.note(.sourceMissing, of: blob, at: now())
            }
            try rows.change.apply(db, volume: id)
            return page.last
        }
    }

    private static func vanished(
        _ db: Database, volume: Int64, after: BlobID?, limit: Int
    ) throws -> [BlobID] {
        let select = try Prepared(
            db,
            """
            SELECT blob FROM vanished INDEXED BY vanished_noted
            WHERE volume = ? AND blob > ? AND applied = 0 ORDER BY blob LIMIT ?
            """)
        select.bind(volume, at: 1)
        select.bind(after, at: 2)
        select.bind(limit, at: 3)
        return try select.all { try $0.blob(0) }
    }
}

extension Failure {
    /// A blob whose source file went away before there was a copy (A2).
    fileprivate static let sourceMissing = Failure(
        code: "SOURCE_MISSING", side: .source, message: "the source listed it once and does not have it now",
        hint: "restore it to the source, then scan again")
}
