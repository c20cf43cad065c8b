package import BackupModel
import Foundation
import GRDB

/// Tapes in the catalog: pools, volumes, archives with their parts and entries, and the history of drives.
///
/// Calls block: give it a thread of its own. Each is one durable transaction.
package struct TapeCatalog: Sendable {
    let catalog: Catalog

    package init(_ catalog: Catalog) { self.catalog = catalog }

    func write<T>(_ body: (Database) throws -> T) throws(Failure) -> T { try catalog.file.write(body) }
    func read<T>(_ body: (Database) throws -> T) throws(Failure) -> T { try catalog.file.read(body) }

    // MARK: Pools

    /// Pools as the settings have them; those that are gone from the settings stay, for what they hold.
    package func keep(_ pools: [Pool]) throws(Failure) {
        try write { db in
            let insert = try Prepared(
                db,
                "INSERT INTO pools(name, settings) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET settings = excluded.settings"
            )
            for pool in pools {
                insert.bind(pool.name, at: 1)
                insert.bind(try json(pool), at: 2)
                try insert.run()
            }
        }
    }

    package func pools() throws(Failure) -> [Pool] {
        try read { db in
            try Prepared(db, "SELECT settings FROM pools ORDER BY name").all {
                try JSONDecoder().decode(Pool.self, from: Data($0.bytes(0)))
            }
        }
    }

    // MARK: Volumes

    /// A page of volumes in order of label, of one pool or of all.
    package func volumes(
        pool: String? = nil, after: KnownVolume? = nil, limit: Int
    ) throws(Failure) -> [KnownVolume] {
        try read { db in
            let condition = pool == nil ? "" : "pool = ?4 AND "
            let select = try Prepared(
                db,
                """
                SELECT \(VolumeRows.columns) FROM volumes WHERE \(condition)(label, id) > (?1, ?2)
                ORDER BY label, id LIMIT ?3
                """)
            select.bind(after?.volume.label ?? "", at: 1)
            select.bind(after?.id ?? 0, at: 2)
            select.bind(limit, at: 3)
            if let pool { select.bind(pool, at: 4) }
            return try select.all(VolumeRows.volume)
        }
    }

    package func volume(_ id: Int64) throws(Failure) -> KnownVolume? {
        try read { try VolumeRows.find($0, id) }
    }

    /// The volume with that nonce, or about to have it.
    package func volume(nonce: String) throws(Failure) -> KnownVolume? {
        try read { db in
            let select = try Prepared(
                db, "SELECT \(VolumeRows.columns) FROM volumes WHERE nonce = ?1 OR intended_nonce = ?1")
            select.bind(nonce, at: 1)
            return try select.first(VolumeRows.volume)
        }
    }

    /// Volumes with that label or barcode but another nonce (F13, F29); empty words name nobody.
    package func namesakes(label: String, barcode: String, otherThan nonce: String) throws(Failure) -> [KnownVolume] {
        try read { db in
            let select = try Prepared(
                db,
                """
                SELECT \(VolumeRows.columns) FROM volumes
                WHERE ((label = ?1 AND ?1 <> '') OR (barcode = ?2 AND ?2 <> '')) AND ifnull(nonce, '') <> ?3
                    AND ifnull(intended_nonce, '-') <> ?3
                ORDER BY id LIMIT 100
                """)
            select.bind(label, at: 1)
            select.bind(barcode, at: 2)
            select.bind(nonce, at: 3)
            return try select.all(VolumeRows.volume)
        }
    }

    @discardableResult
    package func add(_ volume: Volume) throws(Failure) -> Int64 {
        try write { db in
            try VolumeRows.write(volume, id: nil, db)
            return db.lastInsertedRowID
        }
    }

    /// Reads a volume, changes it and writes it, in one transaction. Fails with `VOLUME_UNKNOWN`.
    @discardableResult
    package func change(_ id: Int64, _ change: (inout Volume) -> Void) throws(Failure) -> KnownVolume {
        try write { db in
            var known = try VolumeRows.known(db, id)
            change(&known.volume)
            try VolumeRows.write(known.volume, id: id, db)
            return known
        }
    }

    // MARK: Labels

    /// Before a label is written: the nonce it will have (F12).
    package func intendLabel(_ id: Int64, nonce: String) throws(Failure) {
        try change(id) { $0.intendedNonce = nonce }
    }

    /// A label is on the tape, and with it all that stood there is gone. What it was before stays in the history.
    ///
    /// For a relabelling that was interrupted too: the label on the tape wins (F12).
    package func confirmLabel(
        _ id: Int64, label: String, nonce: String, pool: String, blockSize: Int, endBlock: Int64?, at: WallTime,
        by: String
    ) throws(Failure) {
        try write { db in
            var known = try VolumeRows.known(db, id)
            try TapeCatalog.remember(known, at: at, by: by, db)
            try TapeCatalog.endParts(db, "volume = ?2", id, as: .gone, backups: .gone)
            known.volume.label = label
            known.volume.nonce = nonce
            known.volume.intendedNonce = ""
            known.volume.pool = pool
            known.volume.state = .empty
            known.volume.reason = ""
            known.volume.blockSize = blockSize
            known.volume.used = 0
            known.volume.tapeFiles = 1
            known.volume.endBlock = endBlock
            known.volume.labelledAt = at
            known.volume.lastWrittenAt = nil
            try VolumeRows.write(known.volume, id: id, db)
        }
    }

    private static func remember(_ known: KnownVolume, at: WallTime, by: String, _ db: Database) throws {
        guard !known.volume.nonce.isEmpty else { return }
        let insert = try Prepared(
            db, "INSERT INTO label_history(volume, at, label, nonce, pool, by) VALUES(?, ?, ?, ?, ?, ?)")
        insert.bind(known.id, at: 1)
        insert.bind(at.milliseconds, at: 2)
        insert.bind(known.volume.label, at: 3)
        insert.bind(known.volume.nonce, at: 4)
        insert.bind(known.volume.pool, at: 5)
        insert.bind(by, at: 6)
        try insert.run()
    }

    /// Labels the volume had before, the newest first, with the time they were overwritten.
    package func formerLabels(of id: Int64) throws(Failure) -> [FormerLabel] {
        try read { db in
            let select = try Prepared(
                db, "SELECT at, label, nonce, pool, by FROM label_history WHERE volume = ? ORDER BY number DESC")
            select.bind(id, at: 1)
            return try select.all {
                FormerLabel(
                    overwrittenAt: WallTime(milliseconds: $0.int64(0)), label: $0.text(1), nonce: $0.text(2),
                    pool: $0.text(3), by: $0.text(4))
            }
        }
    }
}

/// A label that a volume had.
package struct FormerLabel: Hashable, Sendable {
    package var overwrittenAt: WallTime
    package var label: String
    package var nonce: String
    package var pool: String
    /// Who overwrote it.
    package var by: String
}
